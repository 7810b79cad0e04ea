"""Who may sit down at which lab of a run. Contests bring their own rule and use the same operations."""

from sqlalchemy import select

from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun.curriculum.models import CourseItem, LabVersion
from shixun.curriculum.queries import current_lab
from shixun.enrolment.models import Enrolment, Run
from shixun.workbench.operations import Seat


def run_item(center_id: str, run_id: str, item: str) -> tuple[Run, CourseItem]:
    """A lab item of a run of the center, or `NotFound`."""
    found = db.session.execute(
        select(Run, CourseItem)
        .join(CourseItem, CourseItem.version_id == Run.course_version_id)
        .where(Run.id == run_id, Run.center_id == center_id, CourseItem.slug == item, CourseItem.kind == "lab")
    ).first()
    if found is None:
        raise NotFound(_l("There is no such lab."))
    return found[0], found[1]


def enrolment_of(actor: Actor, run_id: str) -> Enrolment:
    """The actor's enrolment in a run of their center, or `NotFound`."""
    found = db.session.scalar(
        select(Enrolment).where(
            Enrolment.run_id == run_id,
            Enrolment.center_id == actor.center_id,
            Enrolment.person_id == actor.person_id,
            Enrolment.ended_at.is_(None),
        )
    )
    if found is None:
        raise NotFound(_l("You do not take part in this run."))
    return found


def seat_in_run(actor: Actor, run_id: str, item: str) -> Seat:
    """The actor's seat at a lab of a run that they are enrolled in, or `NotFound`."""
    assert actor.center_id is not None
    assert actor.person_id is not None
    run, course_item = run_item(actor.center_id, run_id, item)
    enrolment_of(actor, run.id)
    lab = lab_version(course_item.lab_slug or "", course_item.version.course.center_id)
    return Seat(actor.center_id, "run", run.id, item, actor.person_id, lab)


def lab_version(slug: str, center_id: str | None = None) -> LabVersion:
    """The present version of a lab as `curriculum.queries.current_lab` finds it, or `NotFound` in a trainee's words."""
    try:
        return current_lab(slug, center_id)
    except NotFound:
        raise NotFound(_l("The lab of this item is not installed. Tell your instructor.")) from None
