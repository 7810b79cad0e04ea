"""Class meetings: planned by instructors, attended by trainees who type the code that the class sees.

A code lives for 30 s on the instructor's page and is taken for another 30 s, so that it can be typed; what it proves is
that somebody in the room had it. Times are the server's; nobody is checked in for a time that has passed.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import LazyString
from sqlalchemy import delete, func, select, update

from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.enrolment import evidence, progress
from shixun.enrolment.models import Attendance, CheckInFailure, Enrolment, Meeting, Run
from shixun.enrolment.operations import one_line

CODE_SECONDS = 30
EARLY = timedelta(minutes=30)  # before the start, people can check in; time counts from the start
LONGEST = timedelta(hours=12)
TRIES = 5
TRIES_WINDOW = timedelta(minutes=10)
_CHECK = _l("Please check the fields below.")


@dataclass(frozen=True)
class MeetingPlan:
    """What an instructor decides about a meeting. Instants are aware."""

    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""


class WrongCode(Invalid):
    """The code is not the present one. The failure itself must be kept: commit before answering."""


def plan_meeting(actor: Actor, run: Run, plan: MeetingPlan) -> Meeting:
    """Add a meeting to a run. Raises `Invalid` with fields, `Conflict` where the run's kind would change by it."""
    actor.require(Permission.RUN_MANAGE, run.center_id)
    if run.opened_meetings == 1:
        raise Conflict(_l("This run was opened as a single meeting and is counted as one. Plan another run instead."))
    meeting = Meeting(center_id=run.center_id, run=run)
    _fill(meeting, run, plan)
    db.session.add(meeting)
    db.session.flush()
    audit.record(actor, "enrolment.meeting.planned", meeting.id, run=run.id)
    return meeting


def change_meeting(actor: Actor, meeting: Meeting, plan: MeetingPlan) -> None:
    """Move or rename a meeting. One that has begun keeps its start; one that is over stays as it was."""
    actor.require(Permission.RUN_MANAGE, meeting.center_id)
    instant = now()
    if meeting.ends_at <= instant:
        raise Conflict(_l("This meeting is over and stays as it was."))
    if meeting.starts_at <= instant and plan.starts_at != meeting.starts_at:
        raise Invalid(_CHECK, {"starts_at": _l("The meeting has begun: its start stays.")})
    if meeting.starts_at <= instant and plan.ends_at < instant:
        raise Invalid(_CHECK, {"ends_at": _l("A running meeting can't end in the past.")})
    if plan.starts_at > meeting.starts_at and _is_attended(meeting):
        raise Invalid(_CHECK, {"starts_at": _l("Trainees have checked in: the start stays.")})
    before = {"starts_at": meeting.starts_at.isoformat(), "ends_at": meeting.ends_at.isoformat()}
    _fill(meeting, meeting.run, plan)
    db.session.flush()
    audit.record(actor, "enrolment.meeting.changed", meeting.id, before=before)


def remove_meeting(actor: Actor, meeting: Meeting) -> None:
    """Take a meeting out of the plan, as long as nobody was there."""
    actor.require(Permission.RUN_MANAGE, meeting.center_id)
    if _is_attended(meeting):
        raise Conflict(_l("Trainees have checked in: the meeting stays."))
    opened = meeting.run.opened_meetings or 0
    count = db.session.scalar(select(func.count()).where(Meeting.run_id == meeting.run_id)) or 0
    if opened == 1 or (opened > 1 and count <= 2):
        raise Conflict(_l("The run is counted by its meetings since it was opened. Move this one instead."))
    db.session.execute(delete(CheckInFailure).where(CheckInFailure.meeting_id == meeting.id))
    db.session.delete(meeting)
    db.session.flush()
    audit.record(actor, "enrolment.meeting.removed", meeting.id, run=meeting.run_id)


def _is_attended(meeting: Meeting) -> bool:
    return db.session.scalar(select(Attendance.id).where(Attendance.meeting_id == meeting.id).limit(1)) is not None


def _fill(meeting: Meeting, run: Run, plan: MeetingPlan) -> None:
    fields: dict[str, str | LazyString] = {}
    if not 1 <= len(one_line(plan.title)) <= 120:
        fields["title"] = _l("Give a title of 1 to 120 characters.")
    if len(one_line(plan.place)) > 120:
        fields["place"] = _l("Use 120 characters at most.")
    if not plan.starts_at < plan.ends_at:
        fields["ends_at"] = _l("The end must be after the start.")
    elif plan.ends_at - plan.starts_at > LONGEST:
        fields["ends_at"] = _l("A meeting lasts 12 hours at most.")
    elif not (run.starts_at <= plan.starts_at and plan.ends_at <= run.ends_at):
        fields["starts_at"] = _l("A meeting lies within the dates of its run.")
    elif plan.ends_at <= now():
        fields["ends_at"] = _l("A meeting that is over can't be planned.")
    if fields:
        raise Invalid(_CHECK, fields)
    meeting.title, meeting.place = one_line(plan.title), one_line(plan.place)
    meeting.starts_at, meeting.ends_at = plan.starts_at, plan.ends_at


def code(meeting: Meeting, instant: datetime) -> tuple[str, int]:
    """The code of this moment (6 digits) and for how many seconds it stays on the page."""
    counter = int(instant.timestamp()) // CODE_SECONDS
    return _code(meeting, counter), CODE_SECONDS - int(instant.timestamp()) % CODE_SECONDS


def _code(meeting: Meeting, counter: int) -> str:
    digest = hmac.new(bytes.fromhex(meeting.secret), str(counter).encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def is_open(meeting: Meeting, instant: datetime | None = None) -> bool:
    """Whether one can check in now."""
    instant = instant or now()
    return meeting.starts_at - EARLY <= instant < meeting.ends_at


def check_in(actor: Actor, enrolment: Enrolment, meeting: Meeting, typed: str) -> Attendance:
    """The trainee is here. Again while being here changes nothing. Raises `WrongCode`, or `Conflict` at a wrong time."""
    actor.require(Permission.COURSE_LEARN, enrolment.center_id)
    instant = now()
    _check_open(enrolment, meeting, instant)
    progress.one_at_a_time(enrolment)
    here = _open_stay(enrolment, meeting)
    if here is not None:
        return here
    failures = db.session.scalar(
        select(func.count()).where(
            CheckInFailure.meeting_id == meeting.id,
            CheckInFailure.person_id == enrolment.person_id,
            CheckInFailure.created_at >= instant - TRIES_WINDOW,
        )
    )
    if (failures or 0) >= TRIES:
        raise Conflict(
            _l("Too many wrong codes. Wait ten minutes, or ask the instructor to check you in."), code="tries"
        )
    counter = int(instant.timestamp()) // CODE_SECONDS
    plain = "".join(typed.split())
    if not any(hmac.compare_digest(plain.encode(), _code(meeting, counter - age).encode()) for age in (0, 1)):
        db.session.add(CheckInFailure(meeting_id=meeting.id, person_id=enrolment.person_id))
        db.session.flush()
        message = _l("This is not the present code. It changes every 30 seconds: look at the screen and type it again.")
        raise WrongCode(message, {"code": message})
    return _arrive(actor, enrolment, meeting, instant, by_hand=False)


def check_in_by_hand(actor: Actor, enrolment: Enrolment, meeting: Meeting) -> Attendance:
    """An instructor sees the trainee in the room: counts from this moment, never from before it."""
    actor.require(Permission.RUN_MANAGE, enrolment.center_id)
    instant = now()
    _check_open(enrolment, meeting, instant)
    progress.one_at_a_time(enrolment)
    here = _open_stay(enrolment, meeting)
    return here if here is not None else _arrive(actor, enrolment, meeting, instant, by_hand=True)


def check_out(actor: Actor, enrolment: Enrolment, meeting: Meeting) -> None:
    """The trainee leaves, or an instructor saw them leave. Without a stay nothing happens."""
    if actor.person_id != enrolment.person_id:
        actor.require(Permission.RUN_MANAGE, enrolment.center_id)
    here = _open_stay(enrolment, meeting)
    if here is not None:
        _leave(here, now())
        audit.record(actor, "enrolment.meeting.left", meeting.id, enrolment=enrolment.id)


def close_meetings() -> None:
    """End the stays in meetings that are over. For the worker's tick."""
    query = (
        select(Attendance)
        .join(Attendance.meeting)
        .where(Attendance.ended_at.is_(None), Meeting.ends_at <= now())
        .limit(500)
        .with_for_update(skip_locked=True, of=Attendance)
    )
    for stay in db.session.scalars(query).all():
        _leave(stay, stay.meeting.ends_at)


def sweep_failures() -> None:
    """Forget wrong codes of yesterday. For the worker's tick."""
    db.session.execute(delete(CheckInFailure).where(CheckInFailure.created_at < now() - timedelta(days=1)))


def _check_open(enrolment: Enrolment, meeting: Meeting, instant: datetime) -> None:
    if not enrolment.run.counts or enrolment.run_id != meeting.run_id:
        raise Conflict(_l("This run is not open yet."))
    if instant < meeting.starts_at - EARLY:
        raise Conflict(_l("Check-in opens 30 minutes before the meeting."), code="early")
    if instant >= meeting.ends_at:
        raise Conflict(_l("This meeting is over."), code="over")


def _open_stay(enrolment: Enrolment, meeting: Meeting) -> Attendance | None:
    return db.session.scalar(
        select(Attendance).where(
            Attendance.meeting_id == meeting.id,
            Attendance.enrolment_id == enrolment.id,
            Attendance.ended_at.is_(None),
        )
    )


def _arrive(actor: Actor, enrolment: Enrolment, meeting: Meeting, instant: datetime, *, by_hand: bool) -> Attendance:
    stay = Attendance(
        center_id=enrolment.center_id,
        meeting=meeting,
        enrolment=enrolment,
        checked_in_at=instant,
        started_at=max(instant, meeting.starts_at),
        by_hand=by_hand,
    )
    db.session.add(stay)
    db.session.flush()
    evidence.checked_in(actor, stay)
    audit.record(actor, "enrolment.meeting.checked-in", meeting.id, enrolment=enrolment.id, by_hand=by_hand)
    return stay


def _leave(stay: Attendance, instant: datetime) -> None:
    """End a stay once, whoever comes first: the trainee, an instructor or the end of the meeting."""
    end = max(stay.started_at, min(instant, stay.meeting.ends_at))
    mine = update(Attendance).where(Attendance.id == stay.id, Attendance.ended_at.is_(None)).values(ended_at=end)
    if not db.session.execute(mine.returning(Attendance.id)).all():
        return
    db.session.refresh(stay)
    evidence.interval(
        stay.enrolment,
        item=stay.meeting_id,
        source="meeting",
        key=stay.id,
        start=stay.started_at,
        end=end,
        proofs=1,
    )
