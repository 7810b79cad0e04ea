"""Entry of the run sandbox: `python -P -m shixun_graders.run`."""

from shixun_graders.run.supervisor import supervise

supervise()
