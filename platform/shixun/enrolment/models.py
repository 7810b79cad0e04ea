"""Runs of courses, who takes part, class meetings, and how far everybody has come."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.accounts.models import Person
from shixun.core.db import Identified, Model
from shixun.curriculum.models import SLUG, CourseVersion


def _new_secret() -> str:
    return secrets.token_hex(32)


class Run(Identified, Model):
    """A course version delivered to people at a time (班期).

    From draft to open; what opening wrote to the ledger (plan, pass share, field) never changes after it.
    """

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("planned_minutes > 0", name="planned"),
        CheckConstraint("pass_share > 0 AND pass_share <= 1", name="share"),
        CheckConstraint("starts_at < ends_at", name="dates"),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    course_version_id: Mapped[str] = mapped_column(ForeignKey("course_version.id"), index=True)
    title: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    planned_minutes: Mapped[int]
    class_hour_minutes: Mapped[int]
    pass_share: Mapped[float]  # part of the planned minutes that a trainee must reach
    capacity: Mapped[int | None]
    self_enrolment: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(10), default="full")  # full; demo may plan minutes instead of class hours
    opened_at: Mapped[datetime | None]
    opened_meetings: Mapped[int | None]  # how many meetings the ledger knows of
    created_by: Mapped[str | None] = mapped_column(String(20))

    version: Mapped[CourseVersion] = relationship()
    instructors: Mapped[list[Person]] = relationship(secondary="run_instructor", order_by=Person.name)

    @property
    def last_instant(self) -> datetime:
        """The last moment of the run, for showing its last day: `ends_at` itself is the midnight after it."""
        return self.ends_at - timedelta(microseconds=1)

    @property
    def counts(self) -> bool:
        """Whether learning in this run is written to the ledger."""
        return self.opened_at is not None


class RunInstructor(Model):
    """Who teaches a run."""

    __tablename__ = "run_instructor"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)


class Enrolment(Identified, Model):
    """A person takes part in a run. `ended_at` set: withdrawn; coming back clears it."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("run_id", "person_id"),)

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    enrolled_by: Mapped[str | None] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]

    run: Mapped[Run] = relationship()
    person: Mapped[Person] = relationship()


class ItemProgress(Identified, Model):
    """How far an enrolment has come with one item: opened, then done. Points are the best so far."""

    __tablename__ = "item_progress"
    __table_args__ = (UniqueConstraint("enrolment_id", "item"),)

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    item: Mapped[str] = mapped_column(String(SLUG))
    done_at: Mapped[datetime | None]
    points: Mapped[float | None]
    max_points: Mapped[float | None]


class Meeting(Identified, Model):
    """A class meeting (课次) of a run. Codes for checking in derive from `secret`, which only the server knows."""

    __tablename__ = "meeting"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="dates"),)

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    secret: Mapped[str] = mapped_column(String(64), default=_new_secret)

    run: Mapped[Run] = relationship()


class Attendance(Identified, Model):
    """One stay of a trainee in a meeting. Leaving and coming back makes a second one; only one is open at a time."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index(
            "uq_attendance_open",
            "meeting_id",
            "enrolment_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    checked_in_at: Mapped[datetime]
    started_at: Mapped[datetime]  # not before the meeting
    ended_at: Mapped[datetime | None]
    by_hand: Mapped[bool] = mapped_column(default=False)  # an instructor checked the trainee in

    meeting: Mapped[Meeting] = relationship()
    enrolment: Mapped[Enrolment] = relationship()


class CheckInFailure(Identified, Model):
    """A wrong code, kept to slow guessing down; swept after a day."""

    __tablename__ = "check_in_failure"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)


class CheckAnswer(Identified, Model):
    """The latest answer to a lesson check; whether the first one was right stays known."""

    __tablename__ = "check_answer"
    __table_args__ = (UniqueConstraint("enrolment_id", "question"),)

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    item: Mapped[str] = mapped_column(String(SLUG))
    question: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]  # {"given": …}, see curriculum.questions
    right: Mapped[bool]
    first_right: Mapped[bool]
    tries: Mapped[int] = mapped_column(default=1)
    answered_at: Mapped[datetime]
