"""Submissions, the jobs that grade them, the verdicts that came back, and what instructors add by hand.

Nothing here is ever changed into something else: a regrade adds a verdict, a new manual grade adds a row, the latest counts.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.core.clock import now
from shixun.core.db import Identified, Model


class Submission(Identified, Model):
    """Files that a trainee (or a team's member) handed in for one lab, in a run or a contest; or an author's trial of a draft.

    `created_at` is the server's receive time: the submission time. `key` comes from the sender, so that a repeated request
    after a lost answer is the same submission.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        CheckConstraint("context IN ('run', 'contest', 'trial')", name="context"),
        Index("ix_submission_place", "center_id", "context", "context_id", "item", "owner_id"),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    context: Mapped[str] = mapped_column(String(10))
    context_id: Mapped[str] = mapped_column(String(20))  # the run, the contest or the trial
    item: Mapped[str] = mapped_column(String(64))  # the item's or the challenge's slug
    owner_id: Mapped[str] = mapped_column(String(20))  # whose score it is: the person, or the contest entry
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)  # who sent it
    key: Mapped[str] = mapped_column(String(64))
    lab: Mapped[str] = mapped_column(String(64))
    pack_digest: Mapped[str] = mapped_column(String(71))
    files_digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"))
    max_points: Mapped[float]
    counts: Mapped[bool] = mapped_column(default=True)  # False: practice, whatever the verdict
    map_seed: Mapped[str] = mapped_column(String(64))

    verdicts: Mapped[list["Verdict"]] = relationship(back_populates="submission", order_by="Verdict.number")
    jobs: Mapped[list["GradingJob"]] = relationship(back_populates="submission", order_by="GradingJob.created_at")
    manual_grades: Mapped[list["ManualGrade"]] = relationship(
        back_populates="submission", order_by="ManualGrade.created_at"
    )


class GradingJob(Identified, Model):
    """Work for a grader. Leased over HTTP; a lease that runs out goes to the next grader, a job that keeps failing is given up."""

    __tablename__ = "grading_job"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    why: Mapped[str] = mapped_column(String(20), default="submitted")  # or "regrade", "trial"
    available_at: Mapped[datetime] = mapped_column(default=now, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[str | None] = mapped_column(String(20))
    worker: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    given_up_at: Mapped[datetime | None]
    last_failure: Mapped[str | None] = mapped_column(String(40))
    last_detail: Mapped[str | None] = mapped_column(String(200))

    submission: Mapped[Submission] = relationship(back_populates="jobs")


class Verdict(Identified, Model):
    """What a grader found. One per job; `number` counts from 1 within the submission; the highest is in force."""

    __tablename__ = "verdict"
    __table_args__ = (UniqueConstraint("submission_id", "number"), UniqueConstraint("job_id"))

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("grading_job.id"))
    number: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10))  # graded | refused
    reason: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(200))
    notes: Mapped[list[Any]] = mapped_column(default=list)
    cells: Mapped[list[Any]]  # CellGrade as dict, every grade cell
    points: Mapped[float]  # of the automatic cells
    feedback_digest: Mapped[str | None] = mapped_column(ForeignKey("blob.digest"))
    environment: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seconds: Mapped[dict[str, Any]] = mapped_column(default=dict)
    plant_log_digest: Mapped[str | None] = mapped_column(String(71))

    submission: Mapped[Submission] = relationship(back_populates="verdicts")


class ManualGrade(Identified, Model):
    """Points that an instructor gave for one manual cell; the latest counts, the earlier ones stay readable."""

    __tablename__ = "manual_grade"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    grade_id: Mapped[str] = mapped_column(String(128))
    points: Mapped[float]
    comment: Mapped[str] = mapped_column(String(2000), default="")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))

    submission: Mapped[Submission] = relationship(back_populates="manual_grades")
