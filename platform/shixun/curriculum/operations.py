"""What a center does with courses: it offers them, or no longer."""

from sqlalchemy import delete, select

from shixun.core import audit
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.models import Course, Offer


def offer(actor: Actor, center_id: str, course: Course) -> Offer:
    """Let the center teach this course. Offering it again changes nothing."""
    actor.require(Permission.COURSE_OFFER, center_id)
    if course.center_id not in {None, center_id}:
        raise NotFound(_l("There is no such course in this center."))
    found = db.session.scalar(select(Offer).where(Offer.center_id == center_id, Offer.course_id == course.id))
    if found is None:
        found = Offer(center_id=center_id, course_id=course.id)
        db.session.add(found)
        db.session.flush()
        audit.record(actor, "curriculum.course.offered", course.slug)
    return found


def withdraw_offer(actor: Actor, center_id: str, course: Course) -> None:
    """Take the course out of the center's catalogue. Runs that there are go on."""
    actor.require(Permission.COURSE_OFFER, center_id)
    gone = db.session.execute(
        delete(Offer).where(Offer.center_id == center_id, Offer.course_id == course.id).returning(Offer.id)
    ).all()
    if gone:
        audit.record(actor, "curriculum.course.withdrawn", course.slug)
