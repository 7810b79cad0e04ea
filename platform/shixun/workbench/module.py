"""The workbench: labs through JupyterHub, and nbgrader's exchange over HTTP."""

from shixun.core.module import Module
from shixun.workbench.exchange_api import bp as exchange_bp

MODULE = Module(
    name="shixun.workbench",
    exchange=[exchange_bp],
    imports=["shixun.workbench.models", "shixun.workbench.tasks"],
)
