"""Assessment: quizzes, submissions, grading, the gradebook."""

from flask import Flask

from shixun.accounts.audit_labels import LABELS
from shixun.assessment import cards, grader_api, quiz_views, views
from shixun.assessment.labels import AUDIT
from shixun.core.module import Module
from shixun.curriculum import panels

LABELS.update(AUDIT)


def init(app: Flask) -> None:
    panels.add_source(app, panels.Place.RUN, cards.run_panel)


MODULE = Module(
    name="shixun.assessment",
    web=[views.bp, quiz_views.bp],
    grader=[grader_api.bp],
    imports=[
        "shixun.assessment.models",
        "shixun.assessment.quiz_models",
        "shixun.assessment.progress",
        "shixun.assessment.quiz_tasks",
    ],
    init=init,
)
