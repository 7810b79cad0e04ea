"""Assessment: quizzes, submissions, grading, the gradebook."""

from shixun.core.module import Module

MODULE = Module(name="shixun.assessment", imports=["shixun.assessment.quiz_models"])
