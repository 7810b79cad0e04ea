"""Reads about quizzes and their sittings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select

from shixun.assessment.quiz_models import QuizAnswer, QuizAttempt
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun.curriculum import queries as curriculum
from shixun.curriculum.models import CourseItem
from shixun.curriculum.questions import Question
from shixun.enrolment.models import Enrolment


@dataclass(frozen=True)
class Quiz:
    """A quiz of a course version: its rules and questions, answers included. `0` means no limit."""

    item: CourseItem
    pass_percent: float
    draw: int
    minutes: int
    attempts: int
    questions: Sequence[Question]

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        return {question["id"]: question for question in self.questions}

    @property
    def shown(self) -> int:
        """How many questions a sitting has."""
        return self.draw or len(self.questions)


def quiz(enrolment: Enrolment, item: str) -> Quiz:
    """The quiz as the run's course version has it. Raises `NotFound`."""
    found = curriculum.item(enrolment.run.course_version_id, item, "quiz")
    bank = curriculum.bank(found.version_id, "quiz", found.slug)
    return Quiz(item=found, questions=bank.questions, **bank.rules)


def attempts(enrolment: Enrolment, item: str) -> list[QuizAttempt]:
    """All sittings of one trainee, in order."""
    query = select(QuizAttempt).where(QuizAttempt.enrolment_id == enrolment.id, QuizAttempt.item == item)
    return list(db.session.scalars(query.order_by(QuizAttempt.number)))


def own_attempt(actor: Actor, enrolment: Enrolment, item: str, attempt_id: str) -> QuizAttempt:
    """One sitting of the actor's. Raises `NotFound`."""
    found = db.session.scalar(
        select(QuizAttempt).where(
            QuizAttempt.id == attempt_id, QuizAttempt.enrolment_id == enrolment.id, QuizAttempt.item == item
        )
    )
    if found is None or enrolment.person_id != actor.person_id:
        raise NotFound(_l("There is no such attempt."))
    return found


def saved(attempt: QuizAttempt) -> dict[str, QuizAnswer]:
    """The saved answers of a sitting, by question."""
    query = select(QuizAnswer).where(QuizAnswer.attempt_id == attempt.id)
    return {answer.question: answer for answer in db.session.scalars(query)}


def best(found: Sequence[QuizAttempt]) -> QuizAttempt | None:
    """The finished sitting with the most points; the earlier of two equal ones."""
    finished = [attempt for attempt in found if attempt.points is not None]
    return max(finished, key=lambda attempt: (attempt.points or 0.0, -attempt.number), default=None)


def may_see_answers(quiz: Quiz, found: Sequence[QuizAttempt], *, run_is_over: bool) -> bool:
    """Right answers are shown once they help nobody in another try: passed, no attempts left, or the run is over.

    A quiz without a limit of attempts shows them from the first pass on.
    """
    if run_is_over or any(attempt.passed for attempt in found):
        return True
    return bool(quiz.attempts) and len([a for a in found if a.finished_at is not None]) >= quiz.attempts
