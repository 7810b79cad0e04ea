"""Enrolment: runs, who takes part, class meetings, progress, learning time."""

from flask import Flask

from shixun.accounts.audit_labels import LABELS
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun.curriculum import panels
from shixun.enrolment import cards, learning_views, meeting_views, run_views
from shixun.enrolment.labels import AUDIT
from shixun.web import home

LABELS.update(AUDIT)


def init(app: Flask) -> None:
    home.add_source(app, cards.for_trainees)
    home.add_source(app, cards.for_instructors)
    panels.add_source(app, panels.Place.COURSE, cards.course_panel)


MODULE = Module(
    name="shixun.enrolment",
    web=[learning_views.bp, run_views.bp, meeting_views.bp],
    navigation=[
        NavItem(_l("My courses"), "learning.index", Permission.COURSE_LEARN, "graduation-cap", 10),
        NavItem(_l("Runs"), "runs.index", Permission.RUN_MANAGE, "calendar", 30),
    ],
    imports=[
        "shixun.enrolment.models",
        "shixun.enrolment.attention_models",
        "shixun.enrolment.progress",
        "shixun.enrolment.tasks",
    ],
    init=init,
)
