"""A lab's score becomes progress in the run, and a record in the ledger where the lab counts."""

from sqlalchemy import select

from shixun.accounts.queries import subject_of
from shixun.assessment import queries
from shixun.assessment.events import SubmissionGraded
from shixun.assessment.models import Submission
from shixun.core.db import db
from shixun.core.events import emit, subscribe
from shixun.core.permissions import system_actor
from shixun.enrolment.events import ItemScored
from shixun.enrolment.models import Enrolment, Run
from shixun.ledger.operations import record

PASSED = 0.6  # of the points; a lab below stays open on the course page


@subscribe(SubmissionGraded)
def on_graded(event: SubmissionGraded) -> None:
    """Note the best result that stands; write the verdict to the ledger once per submission, verdict and manual grade."""
    submission = event.submission
    if submission.context != "run":
        return
    found = _enrolment_and_run(submission)
    if found is None:
        return
    enrolment, run = found
    best, most = _best(submission)
    emit(ItemScored(enrolment.id, submission.item, best, most, best >= PASSED * most))
    if not (run.counts and submission.counts):
        return
    record(
        system_actor(submission.center_id),
        "lab.graded",
        subject_id=subject_of(submission.owner_id, submission.center_id),
        key=f"{submission.id}:{event.verdict.number}:{len(submission.manual_grades)}",
        occurred_at=event.verdict.created_at,
        data={
            "run_id": run.id,
            "item": submission.item,
            "submission_id": submission.id,
            "verdict": event.verdict.number,
            "points": event.points,
            "max_points": submission.max_points,
        },
    )


def _enrolment_and_run(submission: Submission) -> tuple[Enrolment, Run] | None:
    enrolment = db.session.scalar(
        select(Enrolment).where(
            Enrolment.run_id == submission.context_id,
            Enrolment.person_id == submission.owner_id,
            Enrolment.center_id == submission.center_id,
        )
    )
    return (enrolment, db.session.get_one(Run, submission.context_id)) if enrolment is not None else None


def _best(submission: Submission) -> tuple[float, float]:
    """(points, of how many) of the best submission of this owner for this item, each under its verdict in force."""
    query = select(Submission).where(
        Submission.center_id == submission.center_id,
        Submission.context_id == submission.context_id,
        Submission.item == submission.item,
        Submission.owner_id == submission.owner_id,
    )
    found = queries.best(db.session.scalars(query.order_by(Submission.created_at)).all())
    assert found is not None  # there is the one that was graded
    return found[1].points, found[1].max_points
