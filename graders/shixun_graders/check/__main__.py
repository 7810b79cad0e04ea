"""Entry of the check sandbox: `python -P -m shixun_graders.check`."""

from shixun_graders.check.judging import serve

serve()
