"""Reads about labs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shixun.assessment.models import Submission
from shixun.core.db import db
from shixun.enrolment.models import Enrolment
from shixun.workbench.models import LabSession, LabWork


def submissions_of(work: LabWork) -> Sequence[Submission]:
    """What was handed in for this work's owner and item, newest first."""
    return db.session.scalars(
        select(Submission)
        .where(
            Submission.center_id == work.center_id,
            Submission.context == work.context,
            Submission.context_id == work.context_id,
            Submission.item == work.item,
            Submission.owner_id == work.owner_id,
        )
        .options(
            selectinload(Submission.verdicts), selectinload(Submission.jobs), selectinload(Submission.manual_grades)
        )
        .order_by(Submission.created_at.desc())
    ).all()


def ready_session(person_id: str, context_id: str, item: str) -> LabSession | None:
    """The person's lab of this item if it is up at this moment: only then its time may count."""
    return db.session.scalar(
        select(LabSession)
        .join(LabWork, LabWork.id == LabSession.work_id)
        .where(
            LabSession.person_id == person_id,
            LabSession.ready_at.is_not(None),
            LabSession.ended_at.is_(None),
            LabSession.stopping_at.is_(None),
            LabWork.context_id == context_id,
            LabWork.item == item,
        )
    )


def may_count(enrolment: Enrolment, item: str) -> bool:
    """Whether lab time of this item counts now: the trainee's server is ready, and isolated."""
    session = ready_session(enrolment.person_id, enrolment.run_id, item)
    return session is not None and session.counts


def last_ending(work: LabWork) -> str | None:
    """How the last session of this lab ended; None before the first, and while one goes on."""
    last = db.session.scalar(
        select(LabSession).where(LabSession.work_id == work.id).order_by(LabSession.created_at.desc()).limit(1)
    )
    return last.why_ended if last is not None else None
