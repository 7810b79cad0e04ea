"""What enrolment writes to the ledger: one function for each kind, called in the transaction of the deed."""

from datetime import datetime

from shixun.accounts.queries import subject_of
from shixun.core.permissions import Actor, system_actor
from shixun.enrolment.models import Attendance, Enrolment, Run
from shixun.ledger.kinds import instant_text
from shixun.ledger.operations import record


def run_opened(actor: Actor, run: Run, meetings: int) -> None:
    """The plan of a run, as figures will be counted by it."""
    assert run.opened_at is not None
    version = run.version
    record(
        actor,
        "run.opened",
        subject_id=None,
        key=run.id,
        occurred_at=run.opened_at,
        data={
            "run_id": run.id,
            "course": version.course.slug,
            "course_version": version.digest,
            "title": {"zh": run.title["zh"], "en": run.title["en"]},
            "planned_minutes": run.planned_minutes,
            "class_hour_minutes": run.class_hour_minutes,
            "pass_share": run.pass_share,
            "field": version.field,
            "audience": list(version.audience),
            "meetings": meetings,
        },
    )


def run_enrolled(actor: Actor, enrolment: Enrolment, at: datetime) -> None:
    """A trainee takes part."""
    record(
        actor,
        "run.enrolled",
        subject_id=subject_of(enrolment.person_id, enrolment.center_id),
        key=enrolment.id,
        occurred_at=at,
        data={"run_id": enrolment.run_id},
    )


def checked_in(actor: Actor, attendance: Attendance) -> None:
    """A trainee came to a class meeting; the first time counts."""
    enrolment = attendance.enrolment
    record(
        actor,
        "meeting.checkin",
        subject_id=subject_of(enrolment.person_id, enrolment.center_id),
        key=f"{attendance.meeting_id}:{enrolment.id}",
        occurred_at=attendance.checked_in_at,
        data={"run_id": enrolment.run_id, "meeting_id": attendance.meeting_id},
    )


def interval(
    enrolment: Enrolment, *, item: str, source: str, key: str, start: datetime, end: datetime, proofs: int
) -> None:
    """A stretch of learning time that is over. Nothing is written for an empty one, or in a run that is no run yet."""
    if end <= start or not enrolment.run.counts:
        return
    record(
        system_actor(enrolment.center_id),
        "time.interval",
        subject_id=subject_of(enrolment.person_id, enrolment.center_id),
        key=f"{source}:{key}",
        occurred_at=end,
        data={
            "run_id": enrolment.run_id,
            "item": item,
            "source": source,
            "start": instant_text(start),
            "end": instant_text(end),
            "proofs": proofs,
        },
    )
