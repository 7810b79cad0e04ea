"""Assessment: quizzes, submissions, grading, the gradebook."""

from shixun.assessment import grader_api, quiz_views, views
from shixun.core.module import Module

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
)
