"""What the worker does for quizzes every 20 seconds."""

from shixun.assessment.quiz_operations import close_expired

TICKS = [close_expired]
