"""The workbench: labs through JupyterHub, and nbgrader's exchange over HTTP."""

from flask import Flask

from shixun.accounts.audit_labels import LABELS
from shixun.core.module import Module
from shixun.enrolment import items
from shixun.enrolment.attention import register_may_count
from shixun.workbench import exchange_api, queries, views
from shixun.workbench.labels import AUDIT

LABELS.update(AUDIT)


def init(_app: Flask) -> None:
    items.register("lab", "workbench.lab")
    register_may_count("lab", queries.may_count)


MODULE = Module(
    name="shixun.workbench",
    web=[views.bp],
    exchange=[exchange_api.bp],
    imports=["shixun.workbench.models", "shixun.workbench.tasks"],
    init=init,
)
