"""Corrections: nothing is ever changed; a wrong entry is reversed by a new one, and two people have to want it."""

from sqlalchemy import select

from shixun.accounts.queries import subject_of
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.ledger import operations, queries
from shixun.ledger.models import LedgerCorrection

REASON_LENGTH = 500


def request(actor: Actor, entry_id: str, reason: str) -> LedgerCorrection:
    """Ask for the reversal of an entry. Raises `NotFound`, `Invalid` (field `reason`), `Conflict`."""
    center_id, person_id = _person(actor)
    entry = queries.entry(center_id, entry_id)
    reason = " ".join(reason.split())
    if not 5 <= len(reason) <= REASON_LENGTH:
        message = _l("Give the reason in 5 to 500 characters, without names: it stays in the ledger for good.")
        raise Invalid(message, {"reason": message})
    if entry.kind == "entry.reversed":
        raise Conflict(_l("A reversal can't be reversed. Record what is right as a new entry."))
    if operations.find(center_id, "entry.reversed", entry.id) is not None:
        raise Conflict(_l("This entry is reversed already."))
    open_ = select(LedgerCorrection).where(LedgerCorrection.entry_id == entry.id, LedgerCorrection.decided_by.is_(None))
    if db.session.scalar(open_) is not None:
        raise Conflict(_l("A reversal of this entry waits for its second person already."))
    correction = LedgerCorrection(center_id=center_id, entry_id=entry.id, reason=reason, requested_by=person_id)
    db.session.add(correction)
    db.session.flush()
    audit.record(actor, "ledger.correction.requested", correction.id, entry=entry.id)
    return correction


def decide(actor: Actor, correction_id: str, *, approve: bool) -> LedgerCorrection:
    """Approve or refuse a reversal, as somebody other than who asked. Approval writes the reversing entry."""
    center_id, person_id = _person(actor)
    correction = db.session.scalar(
        select(LedgerCorrection)
        .where(LedgerCorrection.center_id == center_id, LedgerCorrection.id == correction_id)
        .with_for_update()
    )
    if correction is None:
        raise NotFound(_l("There is no such request."))
    if correction.decided_by is not None:
        raise Conflict(_l("This request was decided already."))
    if correction.requested_by == person_id:
        raise Forbidden(_l("A second person has to decide: you made this request yourself."))
    correction.decided_by, correction.decided_at, correction.approved = person_id, now(), approve
    db.session.flush()
    audit.record(
        actor,
        "ledger.correction.approved" if approve else "ledger.correction.refused",
        correction.id,
        entry=correction.entry_id,
    )
    if approve:
        operations.record(
            actor,
            "entry.reversed",
            subject_id=correction.entry.subject_id,
            key=correction.entry_id,
            occurred_at=correction.decided_at,
            data={
                "entry": correction.entry_id,
                "reason": correction.reason,
                "requested_by": subject_of(correction.requested_by, center_id),
                "approved_by": subject_of(person_id, center_id),
            },
        )
    return correction


def _person(actor: Actor) -> tuple[str, str]:
    """Center and person of an actor who may correct. The system may not: corrections are people's."""
    actor.require(Permission.LEDGER_CORRECT, actor.center_id)
    if actor.person_id is None or actor.center_id is None:
        raise Forbidden(_l("Corrections of the ledger are made by people of the center."))
    return actor.center_id, actor.person_id
