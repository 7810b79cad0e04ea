"""`shixun demo`: a demo center with one sign-in per role, and runs to start at once: one plans three minutes only."""

from datetime import timedelta

import click
from sqlalchemy import select

from shixun.accounts import operations as accounts
from shixun.accounts.demo import CENTER, SIGN_INS
from shixun.accounts.models import Center, Person
from shixun.commands.database import application
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.permissions import Actor, Role, system_actor
from shixun.core.unit_of_work import unit_of_work
from shixun.curriculum.models import Course, CourseVersion
from shixun.curriculum.operations import offer
from shixun.enrolment import operations as enrolment
from shixun.enrolment.models import Run

# (course, title, kind): the first one plans three minutes, so that it can earn its credit while somebody watches.
RUNS = [
    ("demo-first-steps", ("平台入门 · 演示班", "First steps, demo class"), "demo"),
    ("industrial-internet-foundations", ("工业互联网导论 · 演示班", "Industrial internet, demo class"), "full"),
    ("automation-control", ("自动化与控制基础 · 演示班", "Automation and control, demo class"), "full"),
    ("industrial-networks", ("工业网络与协议 · 演示班", "Industrial networks, demo class"), "full"),
]
DEMO_MINUTES = 3
LENGTH = timedelta(days=365)


def ensure_people() -> Center:
    """The demo center and its people; what is there stays as it is."""
    center = db.session.scalar(select(Center).where(Center.slug == CENTER))
    if center is None:
        center = accounts.create_center(system_actor(), CENTER, "示范工业互联网人才促进中心", "Demo talent center")
    actor = system_actor(center.id)
    for known in SIGN_INS:
        if _person(known.username) is not None:
            continue
        person = accounts.create_person(actor, known.username, known.name, known.password, must_change=False)
        if known.kind is Role.PLATFORM_ADMINISTRATOR:
            accounts.grant_platform_role(actor, person)
        else:
            accounts.add_member(actor, person, center, {known.kind})
    return center


def _person(username: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.username == username))


def ensure_run(actor: Actor, slug: str, title: tuple[str, str], kind: str) -> None:
    """An open run of the course with the demo trainee in it, unless the center has one by now."""
    course = db.session.scalar(select(Course).where(Course.slug == slug, Course.center_id.is_(None)))
    if course is None:
        return
    assert actor.center_id is not None
    offer(actor, actor.center_id, course)
    existing = (
        select(Run.id)
        .join(CourseVersion, CourseVersion.id == Run.course_version_id)
        .where(Run.center_id == actor.center_id, CourseVersion.course_id == course.id)
    )
    if db.session.scalar(existing) is not None:
        return
    version = db.session.scalars(
        select(CourseVersion).where(CourseVersion.course_id == course.id, CourseVersion.digest == course.current_digest)
    ).one()
    trainee, teacher = _person("xueyuan"), _person("jiaoshi")
    assert trainee is not None
    assert teacher is not None
    plan = enrolment.RunPlan(
        title_zh=title[0],
        title_en=title[1],
        starts_at=now(),
        ends_at=now() + LENGTH,
        planned_minutes=DEMO_MINUTES if kind == "demo" else None,
        self_enrolment=True,
        instructor_ids=[teacher.id],
        kind=kind,
    )
    run = enrolment.create_run(actor, actor.center_id, version, plan)
    enrolment.open_run(actor, run)
    enrolment.enrol(actor, run, [trainee.id])


@click.command()
def demo() -> None:
    """Make the demo center, its sign-ins and its runs; safe to repeat."""
    with application().app_context(), unit_of_work():
        actor = system_actor(ensure_people().id)
        for slug, title, kind in RUNS:
            ensure_run(actor, slug, title, kind)
