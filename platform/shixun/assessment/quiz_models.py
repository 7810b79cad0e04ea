"""Sittings of quizzes and the answers given in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.core.db import Identified, Model
from shixun.curriculum.models import SLUG
from shixun.enrolment.models import Enrolment


class QuizAttempt(Identified, Model):
    """One sitting of a quiz. The draw and its order are fixed at the start, the deadline is the server's."""

    __tablename__ = "quiz_attempt"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "item", "number"),
        Index(
            "uq_quiz_attempt_open",
            "enrolment_id",
            "item",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    item: Mapped[str] = mapped_column(String(SLUG))
    number: Mapped[int]  # from 1
    seed: Mapped[str] = mapped_column(String(64))
    layout: Mapped[list[Any]]  # [{id: question, order: shown place → place in the bank}]
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]  # the end of the run where the quiz has no limit
    finished_at: Mapped[datetime | None]
    points: Mapped[float | None]
    max_points: Mapped[float]
    passed: Mapped[bool | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {question: {points, max, right}}
    stretch_started_at: Mapped[datetime]  # of the present stretch, which has no pause longer than the idle limit
    last_proof_at: Mapped[datetime]
    proofs: Mapped[int] = mapped_column(default=0)
    stretches: Mapped[int] = mapped_column(default=0)  # closed ones

    enrolment: Mapped[Enrolment] = relationship()
    answers: Mapped[list["QuizAnswer"]] = relationship(back_populates="attempt")


class QuizAnswer(Identified, Model):
    """The latest saved answer to one question of a sitting."""

    __tablename__ = "quiz_answer"
    __table_args__ = (UniqueConstraint("attempt_id", "question"),)

    attempt_id: Mapped[str] = mapped_column(ForeignKey("quiz_attempt.id"), index=True)
    question: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]  # {"given": …}, see curriculum.questions
    saved_at: Mapped[datetime]

    attempt: Mapped[QuizAttempt] = relationship(back_populates="answers")
