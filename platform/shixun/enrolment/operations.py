"""What happens to runs and to who takes part in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import LazyString
from sqlalchemy import func, select

from shixun.accounts.models import Person
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum import queries as curriculum
from shixun.curriculum.models import CourseVersion
from shixun.enrolment import checks, evidence, progress, queries
from shixun.enrolment.models import Enrolment, Meeting, Run

LONGEST_RUN = timedelta(days=2 * 366)
MOST_PLACES = 5000
_CHECK = _l("Please check the fields below.")


@dataclass(frozen=True)
class RunPlan:
    """What an instructor decides about a run. Instants are aware; `planned_minutes` None: the course's class hours."""

    title_zh: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    planned_minutes: int | None = None
    pass_share: float = 0.6
    capacity: int | None = None
    self_enrolment: bool = False
    instructor_ids: Sequence[str] = ()
    kind: str = "full"


def one_line(text: str) -> str:
    """A typed title: one line, no control characters, no doubled spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def default_minutes(version: CourseVersion) -> int:
    """The planned minutes of a course: its class hours at the platform's length of one."""
    return round(version.class_hours * int(current_app.config["SETTINGS"].class_hour_minutes))


def create_run(actor: Actor, center_id: str, version: CourseVersion, plan: RunPlan) -> Run:
    """Plan a run of a course that the center offers; a draft until `open_run`. Raises `Invalid` with fields."""
    actor.require(Permission.RUN_MANAGE, center_id)
    curriculum.current_version(version.course.slug, center_id)
    run = Run(
        center_id=center_id,
        version=version,
        class_hour_minutes=current_app.config["SETTINGS"].class_hour_minutes,
        created_by=actor.person_id,
        kind=plan.kind,
    )
    _fill(actor, run, plan)
    db.session.add(run)
    db.session.flush()
    audit.record(actor, "enrolment.run.created", run.id, course=version.course.slug, digest=version.digest)
    return run


def edit_run(actor: Actor, run: Run, plan: RunPlan) -> None:
    """Change a run. Once it is open, the plan that hours are counted by stays. Raises `Invalid` with fields."""
    actor.require(Permission.RUN_MANAGE, run.center_id)
    if run.opened_at is not None:
        fixed = _l("This is fixed since the run was opened: hours are counted by it.")
        minutes = plan.planned_minutes or default_minutes(run.version)
        if minutes != run.planned_minutes:
            raise Invalid(_CHECK, {"planned_minutes": fixed})
        if abs(plan.pass_share - run.pass_share) > 1e-9:
            raise Invalid(_CHECK, {"pass_share": fixed})
        if run.starts_at <= now() and plan.starts_at != run.starts_at:
            raise Invalid(_CHECK, {"starts_at": _l("The run has begun: its first day stays.")})
    _fill(actor, run, plan)
    db.session.flush()
    audit.record(actor, "enrolment.run.changed", run.id)


def _fill(actor: Actor, run: Run, plan: RunPlan) -> None:
    """Check a plan and put it into the run."""
    minutes = plan.planned_minutes or default_minutes(run.version)
    fields: dict[str, str | LazyString] = {}
    for name, text in (("title_zh", plan.title_zh), ("title_en", plan.title_en)):
        if not 1 <= len(one_line(text)) <= 120:
            fields[name] = _l("Give a title of 1 to 120 characters.")
    if not plan.starts_at < plan.ends_at:
        fields["ends_at"] = _l("The end must be after the start.")
    elif plan.ends_at - plan.starts_at > LONGEST_RUN:
        fields["ends_at"] = _l("A run lasts two years at most.")
    if not 0 < plan.pass_share <= 1:
        fields["pass_share"] = _l("Give a number from 1 to 100.")
    if plan.kind == "demo" and actor.person_id is not None:
        fields["kind"] = _l("Demo runs are made by the platform's demo command only.")
    if plan.kind == "full" and not run.class_hour_minutes <= minutes <= 100_000:
        fields["planned_minutes"] = _l("Plan at least one class hour (%(num)s minutes).", num=run.class_hour_minutes)
    taken = places_taken(run) if run.id else 0
    if plan.capacity is not None and not max(1, taken) <= plan.capacity <= MOST_PLACES:
        fields["capacity"] = _l("Give a number from %(low)s to %(high)s.", low=max(1, taken), high=MOST_PLACES)
    instructors = [one for one in queries.teachers(run.center_id) if one.id in set(plan.instructor_ids)]
    if len(instructors) != len(set(plan.instructor_ids)):
        fields["instructor_ids"] = _l("Choose instructors of this center.")
    if fields:
        raise Invalid(_CHECK, fields)
    run.title = {"zh": one_line(plan.title_zh), "en": one_line(plan.title_en)}
    run.starts_at, run.ends_at = plan.starts_at, plan.ends_at
    run.planned_minutes, run.pass_share = minutes, plan.pass_share
    run.capacity, run.self_enrolment = plan.capacity, plan.self_enrolment
    run.instructors = instructors


def open_run(actor: Actor, run: Run) -> None:
    """Open a planned run: from now on learning in it counts, by the plan as it stands. Opening twice changes nothing."""
    actor.require(Permission.RUN_MANAGE, run.center_id)
    if run.opened_at is not None:
        return
    if run.ends_at <= now():
        raise Conflict(_l("This run would be over already. Move its end first."))
    meetings = db.session.scalar(select(func.count()).where(Meeting.run_id == run.id)) or 0
    run.opened_at = now()
    run.opened_meetings = meetings
    db.session.flush()
    evidence.run_opened(actor, run, meetings)
    enrolled = select(Enrolment).where(Enrolment.run_id == run.id, Enrolment.ended_at.is_(None))
    for enrolment in db.session.scalars(enrolled).all():
        evidence.run_enrolled(actor, enrolment, run.opened_at)
    audit.record(actor, "enrolment.run.opened", run.id, meetings=meetings, minutes=run.planned_minutes)


def places_taken(run: Run) -> int:
    """How many take part in the run."""
    query = select(func.count()).where(Enrolment.run_id == run.id, Enrolment.ended_at.is_(None))
    return db.session.scalar(query) or 0


def enrol(actor: Actor, run: Run, person_ids: Sequence[str]) -> list[Enrolment]:
    """Let trainees of the center take part. Raises `Conflict` if there are not enough places; then nobody is added."""
    actor.require(Permission.RUN_MANAGE, run.center_id)
    people = queries.trainees(run.center_id, person_ids)
    if len(people) != len(set(person_ids)):
        raise Invalid(_l("Choose trainees of this center."))
    return _add(actor, run, people)


def enrol_self(actor: Actor, run: Run) -> Enrolment:
    """Join a run that is open for it. Joining again changes nothing. Raises `Conflict` where one can't (any more)."""
    actor.require(Permission.COURSE_LEARN, run.center_id)
    if actor.person_id is None or run.opened_at is None:
        raise NotFound(_l("There is no such run in this center."))
    if not run.self_enrolment:
        raise Conflict(_l("This run is by invitation. Ask its instructor to add you."))
    if run.ends_at <= now():
        raise Conflict(_l("This run is over."))
    return _add(actor, run, [db.session.get_one(Person, actor.person_id)])[0]


def _add(actor: Actor, run: Run, people: Sequence[Person]) -> list[Enrolment]:
    db.session.execute(select(Run.id).where(Run.id == run.id).with_for_update())  # one at a time counts the places
    query = select(Enrolment).where(Enrolment.run_id == run.id, Enrolment.person_id.in_([p.id for p in people]))
    known = {enrolment.person_id: enrolment for enrolment in db.session.scalars(query)}
    coming = [person for person in people if person.id not in known or known[person.id].ended_at is not None]
    if run.capacity is not None and places_taken(run) + len(coming) > run.capacity:
        raise Conflict(_l("There are not enough places left in this run."), code="full")
    for person in coming:
        enrolment = known.get(person.id)
        if enrolment is None:
            enrolment = Enrolment(center_id=run.center_id, run=run, person=person, enrolled_by=actor.person_id)
            known[person.id] = enrolment
            db.session.add(enrolment)
        enrolment.ended_at = None
        db.session.flush()
        if run.counts:
            evidence.run_enrolled(actor, enrolment, now())
        audit.record(actor, "enrolment.trainee.enrolled", enrolment.id, run=run.id, person=person.id)
    return [known[person.id] for person in people]


def withdraw(actor: Actor, enrolment: Enrolment) -> None:
    """End somebody's part in a run. What was learned stays learned; enrolling again goes on from there."""
    actor.require(Permission.RUN_MANAGE, enrolment.center_id)
    if enrolment.ended_at is None:
        enrolment.ended_at = now()
        audit.record(actor, "enrolment.trainee.withdrawn", enrolment.id, run=enrolment.run_id)
        db.session.flush()


def finish_lesson(actor: Actor, enrolment: Enrolment, item: str) -> None:
    """The trainee says that a lesson is read. Raises `Conflict` while a check in it has no answer."""
    actor.require(Permission.COURSE_LEARN, enrolment.center_id)
    lesson = curriculum.item(enrolment.run.course_version_id, item, "lesson")
    missing = checks.open_checks(enrolment, lesson)
    if missing:
        raise Conflict(_l("Answer the questions in the text first."), code=missing[0])
    progress.finish(enrolment, item)
