"""Reads about submissions and scores. Every one names the center."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shixun.accounts.models import Person
from shixun.assessment.models import Submission
from shixun.assessment.scores import Score, score
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.models import CourseItem, LabVersion
from shixun.enrolment.models import Enrolment, ItemProgress, Run

_WHOLE = (
    selectinload(Submission.verdicts),
    selectinload(Submission.jobs),
    selectinload(Submission.manual_grades),
)


def visible_submission(actor: Actor, submission_id: str) -> Submission:
    """A submission that the actor sent, or any of the center for who grades there. Else `NotFound`.

    Trials of labs that are being written have a page of their own, for their author.
    """
    found = db.session.scalar(
        select(Submission)
        .where(Submission.id == submission_id, Submission.center_id == actor.center_id, Submission.context != "trial")
        .options(*_WHOLE)
    )
    if found is None or (found.person_id != actor.person_id and not actor.may(Permission.GRADE)):
        raise NotFound(_l("There is no such submission."))
    return found


def lab_of(submission: Submission) -> LabVersion | None:
    """The lab version that the submission is graded by."""
    return db.session.scalar(select(LabVersion).where(LabVersion.digest == submission.pack_digest))


def grading_state(submission: Submission) -> str:
    """`queued`, `running`, `graded`, `manual` (an instructor's part is missing), `refused` or `failed` (our fault)."""
    found = score(submission)
    job = submission.jobs[-1] if submission.jobs else None
    if job is not None and job.done_at is None:
        if job.given_up_at is not None:
            return "graded" if found else "failed"
        return "running" if job.lease_id is not None else "queued"
    if found is None:
        return "queued"
    if submission.verdicts[-1].outcome == "refused":
        return "refused"
    return "graded" if found.complete else "manual"


@dataclass(frozen=True)
class BookCell:
    """One trainee's best result for one item."""

    points: float | None
    max_points: float | None
    state: str  # "" | queued | running | manual | graded | refused | failed | done
    submission_id: str | None


@dataclass(frozen=True)
class BookRow:
    """One trainee of a run."""

    person: Person
    cells: Sequence[BookCell]
    points: float


@dataclass(frozen=True)
class Gradebook:
    """All graded items of a run and all its trainees, in six queries whatever their number."""

    run: Run
    items: Sequence[CourseItem]
    rows: Sequence[BookRow]


def run_of(center_id: str, run_id: str) -> Run:
    """A run of the center, or `NotFound`."""
    found = db.session.scalar(select(Run).where(Run.id == run_id, Run.center_id == center_id))
    if found is None:
        raise NotFound(_l("There is no such run."))
    return found


def submissions_in_run(center_id: str, run_id: str) -> Sequence[Submission]:
    """All submissions of a run, oldest first."""
    return db.session.scalars(
        select(Submission)
        .where(Submission.center_id == center_id, Submission.context == "run", Submission.context_id == run_id)
        .options(*_WHOLE)
        .order_by(Submission.created_at)
    ).all()


def best(submissions: Sequence[Submission]) -> tuple[Submission, Score] | None:
    """The submission with the most points (the earliest of equals); None while nothing has a score."""
    scored = [(submission, found) for submission in submissions if (found := score(submission)) is not None]
    return max(scored, key=lambda pair: pair[1].points, default=None)


def gradebook(center_id: str, run_id: str) -> Gradebook:
    """The gradebook of a run of the center."""
    run = run_of(center_id, run_id)
    items = db.session.scalars(
        select(CourseItem)
        .where(CourseItem.version_id == run.course_version_id, CourseItem.kind.in_(["quiz", "lab"]))
        .order_by(CourseItem.position)
    ).all()
    enrolments = db.session.scalars(
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.run_id == run.id, Enrolment.center_id == center_id, Enrolment.ended_at.is_(None))
        .options(selectinload(Enrolment.person))
        .order_by(Person.name)
    ).all()
    progress = {
        (found.enrolment_id, found.item): found
        for found in db.session.scalars(
            select(ItemProgress).where(
                ItemProgress.center_id == center_id, ItemProgress.enrolment_id.in_([e.id for e in enrolments])
            )
        )
    }
    sent: dict[tuple[str, str], list[Submission]] = {}
    for submission in submissions_in_run(center_id, run_id):
        sent.setdefault((submission.owner_id, submission.item), []).append(submission)
    rows = []
    for enrolment in enrolments:
        cells = []
        for item in items:
            if item.kind == "lab":
                cells.append(_lab_cell(sent.get((enrolment.person_id, item.slug), [])))
            else:
                found = progress.get((enrolment.id, item.slug))
                done = found is not None and found.points is not None
                cells.append(
                    BookCell(
                        found.points if found else None,
                        found.max_points if found else None,
                        "done" if done else "",
                        None,
                    )
                )
        rows.append(BookRow(enrolment.person, cells, sum(cell.points or 0.0 for cell in cells)))
    return Gradebook(run, items, rows)


def _lab_cell(submissions: Sequence[Submission]) -> BookCell:
    if not submissions:
        return BookCell(None, None, "", None)
    leading = best(submissions)
    if leading is None:
        last = submissions[-1]
        return BookCell(None, last.max_points, grading_state(last), last.id)
    submission, found = leading
    return BookCell(found.points, found.max_points, grading_state(submission), submission.id)


def waiting_for_instructor(center_id: str, run_id: str) -> Sequence[Submission]:
    """Submissions of a run with a manual cell that has no grade yet, oldest first."""
    return [s for s in submissions_in_run(center_id, run_id) if grading_state(s) == "manual"]
