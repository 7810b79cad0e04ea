"""How far everybody has come: one row per enrolment and item, written by lessons, quizzes and labs."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.events import emit, subscribe
from shixun.enrolment.events import ItemDone, ItemScored
from shixun.enrolment.models import Enrolment, ItemProgress


def one_at_a_time(enrolment: Enrolment) -> None:
    """Let the requests of one learner follow one another from here to the commit: a double click is no race."""
    db.session.execute(select(Enrolment.id).where(Enrolment.id == enrolment.id).with_for_update())


def touch(enrolment: Enrolment, item: str) -> ItemProgress:
    """The row of this item, made if the trainee opens it for the first time."""
    query = select(ItemProgress).where(ItemProgress.enrolment_id == enrolment.id, ItemProgress.item == item)
    found = db.session.scalar(query)
    if found is None:  # two tabs may open it at once: the second finds the first one's row
        insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {"center_id": enrolment.center_id, "enrolment_id": enrolment.id, "item": item}
        db.session.execute(
            insert(ItemProgress).values(**values).on_conflict_do_nothing(index_elements=["enrolment_id", "item"])
        )
        found = db.session.scalars(query).one()
    return found


def finish(enrolment: Enrolment, item: str) -> ItemProgress:
    """The trainee is through with the item. Again changes nothing."""
    found = touch(enrolment, item)
    if found.done_at is None:
        found.done_at = now()
        db.session.flush()
        emit(ItemDone(enrolment.id, item))
    return found


@subscribe(ItemScored)
def take_score(event: ItemScored) -> None:
    """Keep the score as it stands; a pass finishes the item, a pass that a regrade took back opens it again."""
    enrolment = db.session.get_one(Enrolment, event.enrolment_id)
    found = touch(enrolment, event.item)
    found.points, found.max_points = event.points, event.max_points
    if event.passed:
        finish(enrolment, event.item)
    else:
        found.done_at = None
    db.session.flush()


def of_enrolment(enrolment: Enrolment) -> Mapping[str, ItemProgress]:
    """All rows of an enrolment, by item."""
    rows = db.session.scalars(select(ItemProgress).where(ItemProgress.enrolment_id == enrolment.id))
    return {row.item: row for row in rows}
