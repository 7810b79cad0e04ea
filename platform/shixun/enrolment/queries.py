"""Reads about runs and who takes part. Every one names the center; other centers' ids are not found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager, selectinload

from shixun.accounts.models import Membership, Person, RoleAssignment
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import GRANTS, Actor, Permission, Role
from shixun.curriculum.models import CourseItem, CourseVersion
from shixun.enrolment.models import Attendance, Enrolment, ItemProgress, Meeting, Run

_NO_RUN = _l("There is no such run in this center.")
_NOT_IN = _l("You do not take part in this run.")


class RunState(StrEnum):
    """Where a run stands by the clock."""

    DRAFT = "draft"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


def state_of(run: Run, instant: datetime | None = None) -> RunState:
    """Draft until opened; then by the dates."""
    instant = instant or now()
    if run.opened_at is None:
        return RunState.DRAFT
    if instant < run.starts_at:
        return RunState.PLANNED
    return RunState.RUNNING if instant < run.ends_at else RunState.ENDED


def _is_in(state: RunState) -> ColumnElement[bool]:
    instant = now()
    if state is RunState.DRAFT:
        return Run.opened_at.is_(None)
    opened = Run.opened_at.is_not(None)
    if state is RunState.PLANNED:
        return opened & (Run.starts_at > instant)
    if state is RunState.RUNNING:
        return opened & (Run.starts_at <= instant) & (Run.ends_at > instant)
    return opened & (Run.ends_at <= instant)


def run(center_id: str, run_id: str) -> Run:
    """A run of the center, with its course. Raises `NotFound`."""
    found = db.session.scalar(
        select(Run)
        .where(Run.center_id == center_id, Run.id == run_id)
        .options(selectinload(Run.version).selectinload(CourseVersion.items))
    )
    if found is None:
        raise NotFound(_NO_RUN)
    return found


def runs(center_id: str, state: RunState) -> list[tuple[Run, int]]:
    """The center's runs in a state with how many take part, latest start first."""
    taken = (
        select(func.count())
        .where(Enrolment.run_id == Run.id, Enrolment.ended_at.is_(None))
        .correlate(Run)
        .scalar_subquery()
    )
    query = select(Run, taken).where(Run.center_id == center_id, _is_in(state)).order_by(Run.starts_at.desc(), Run.id)
    query = query.options(selectinload(Run.version), selectinload(Run.instructors))
    return [(found, count) for found, count in db.session.execute(query)]


def run_counts(center_id: str) -> dict[RunState, int]:
    """How many runs of the center are in each state."""
    return {
        state: db.session.scalar(select(func.count()).where(Run.center_id == center_id, _is_in(state))) or 0
        for state in RunState
    }


def joinable(center_id: str, course_id: str) -> list[tuple[Run, int]]:
    """Opened runs of a course that are not over, with how many take part, by start."""
    found = [
        (run, count)
        for state in (RunState.RUNNING, RunState.PLANNED)
        for run, count in runs(center_id, state)
        if run.version.course_id == course_id
    ]
    return sorted(found, key=lambda pair: pair[0].starts_at)


def own_enrolment(actor: Actor, center_id: str, run_id: str) -> Enrolment:
    """The actor's part in an opened run of the center. Raises `NotFound`."""
    return _own(actor, center_id, Enrolment.run_id == run_id)


def own_enrolment_by_id(actor: Actor, center_id: str, enrolment_id: str) -> Enrolment:
    """The same by the enrolment's id. Raises `NotFound` for other people's."""
    return _own(actor, center_id, Enrolment.id == enrolment_id)


def _own(actor: Actor, center_id: str, which: ColumnElement[bool]) -> Enrolment:
    found = db.session.scalar(
        select(Enrolment)
        .join(Enrolment.run)
        .where(which, Enrolment.center_id == center_id, Enrolment.person_id == actor.person_id)
        .where(Enrolment.ended_at.is_(None), Run.opened_at.is_not(None))
        .options(contains_eager(Enrolment.run).selectinload(Run.version).selectinload(CourseVersion.items))
    )
    if found is None:
        raise NotFound(_NOT_IN)
    return found


def own_enrolments(actor: Actor, center_id: str) -> list[Enrolment]:
    """Everything that the actor takes part in here: running first, then planned, then ended."""
    found = db.session.scalars(
        select(Enrolment)
        .join(Enrolment.run)
        .where(Enrolment.center_id == center_id, Enrolment.person_id == actor.person_id)
        .where(Enrolment.ended_at.is_(None), Run.opened_at.is_not(None))
        .options(contains_eager(Enrolment.run).selectinload(Run.version).selectinload(CourseVersion.items))
        .order_by(Run.starts_at)
    ).all()
    order = [RunState.RUNNING, RunState.PLANNED, RunState.ENDED]
    return sorted(found, key=lambda enrolment: order.index(state_of(enrolment.run)))


def enrolment(center_id: str, run_id: str, enrolment_id: str) -> Enrolment:
    """Somebody's part in a run of the center, for instructors. Raises `NotFound`."""
    found = db.session.scalar(
        select(Enrolment).where(
            Enrolment.id == enrolment_id, Enrolment.run_id == run_id, Enrolment.center_id == center_id
        )
    )
    if found is None:
        raise NotFound(_l("This person does not take part in this run."))
    return found


def enrolments(run: Run) -> list[Enrolment]:
    """Everybody who takes part in a run, by name."""
    return list(
        db.session.scalars(
            select(Enrolment)
            .join(Enrolment.person)
            .where(Enrolment.run_id == run.id, Enrolment.ended_at.is_(None))
            .options(contains_eager(Enrolment.person))
            .order_by(Person.name, Person.username)
        )
    )


def candidates(run: Run, search: str = "", limit: int = 200) -> list[Person]:
    """Trainees of the center who don't take part yet, by name."""
    inside = select(Enrolment.person_id).where(Enrolment.run_id == run.id, Enrolment.ended_at.is_(None))
    query = _with_roles(run.center_id, [Role.TRAINEE]).where(Person.id.not_in(inside)).limit(limit)
    if part := search.strip():
        query = query.where(
            Person.name.icontains(part, autoescape=True) | Person.username.icontains(part, autoescape=True)
        )
    return list(db.session.scalars(query))


def teachers(center_id: str) -> list[Person]:
    """Who may teach in the center, by name."""
    teaching = [role for role, granted in GRANTS.items() if Permission.RUN_MANAGE in granted]
    return list(db.session.scalars(_with_roles(center_id, teaching)))


def trainees(center_id: str, ids: Sequence[str]) -> list[Person]:
    """Those of `ids` who are trainees of the center now."""
    return list(db.session.scalars(_with_roles(center_id, [Role.TRAINEE]).where(Person.id.in_(ids))))


def _with_roles(center_id: str, roles: Sequence[Role]) -> Select[Person]:
    holders = select(RoleAssignment.person_id).where(
        RoleAssignment.center_id == center_id, RoleAssignment.role.in_(roles)
    )
    return (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.center_id == center_id, Membership.ended_at.is_(None), Person.id.in_(holders))
        .order_by(Person.name, Person.username)
    )


@dataclass(frozen=True)
class Standing:
    """How far one enrolment is: items done of all, and the row of each item that was opened."""

    done: int
    items: int
    rows: Mapping[str, ItemProgress]

    @property
    def share(self) -> float:
        return self.done / self.items if self.items else 0.0


def standings(version: CourseVersion, enrolment_ids: Sequence[str]) -> dict[str, Standing]:
    """The progress of several enrolments in one course version, by enrolment."""
    rows: dict[str, dict[str, ItemProgress]] = {enrolment_id: {} for enrolment_id in enrolment_ids}
    for row in db.session.scalars(select(ItemProgress).where(ItemProgress.enrolment_id.in_(enrolment_ids))):
        rows[row.enrolment_id][row.item] = row
    slugs = {item.slug for item in version.items}
    return {
        key: Standing(sum(row.done_at is not None and row.item in slugs for row in own.values()), len(slugs), own)
        for key, own in rows.items()
    }


def next_item(version: CourseVersion, standing: Standing) -> CourseItem | None:
    """The first item that is not done yet."""
    for item in version.items:
        row = standing.rows.get(item.slug)
        if row is None or row.done_at is None:
            return item
    return None


def meetings(run: Run) -> list[Meeting]:
    """The class meetings of a run, in order."""
    return list(db.session.scalars(select(Meeting).where(Meeting.run_id == run.id).order_by(Meeting.starts_at)))


def meeting(center_id: str, run_id: str, meeting_id: str) -> Meeting:
    """A class meeting of a run of the center. Raises `NotFound`."""
    found = db.session.scalar(
        select(Meeting).where(Meeting.id == meeting_id, Meeting.run_id == run_id, Meeting.center_id == center_id)
    )
    if found is None:
        raise NotFound(_l("There is no such class meeting."))
    return found


def attendance_of(enrolment_id: str) -> dict[str, list[Attendance]]:
    """Somebody's stays by meeting, in order of time."""
    found: dict[str, list[Attendance]] = {}
    query = select(Attendance).where(Attendance.enrolment_id == enrolment_id).order_by(Attendance.checked_in_at)
    for row in db.session.scalars(query):
        found.setdefault(row.meeting_id, []).append(row)
    return found


def attendance_in(meeting: Meeting) -> dict[str, list[Attendance]]:
    """Everybody's stays in a meeting by enrolment, in order of time."""
    found: dict[str, list[Attendance]] = {}
    query = select(Attendance).where(Attendance.meeting_id == meeting.id).order_by(Attendance.checked_in_at)
    for row in db.session.scalars(query):
        found.setdefault(row.enrolment_id, []).append(row)
    return found


def attendance_counts(run: Run) -> dict[str, int]:
    """How many came to each meeting of a run."""
    query = (
        select(Attendance.meeting_id, func.count(Attendance.enrolment_id.distinct()))
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .where(Meeting.run_id == run.id)
        .group_by(Attendance.meeting_id)
    )
    return dict(db.session.execute(query).all())
