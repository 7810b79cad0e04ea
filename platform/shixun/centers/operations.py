"""What a center declares about itself."""

from shixun.core import audit
from shixun.core.clock import now
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.ledger.models import LedgerEntry
from shixun.ledger.operations import evidence_is_kept, find, record

MOST_PLACES = 100_000
BASIS_LENGTH = 300


def declare_places(actor: Actor, places: int, basis: str, key: str) -> LedgerEntry:
    """Declare how many people can practise at once, and on what basis, from now on.

    The same `key` again is the same declaration. Raises `Invalid` (fields `places`, `basis`). A wrong declaration is mended by the next
    one; past years keep what stood at their end.
    """
    actor.require(Permission.CAPACITY_DECLARE, actor.center_id)
    basis = " ".join(basis.split())
    fields = {}
    if not 0 <= places <= MOST_PLACES:
        fields["places"] = _l("Give a whole number from 0 to %(most)d.", most=MOST_PLACES)
    if not 5 <= len(basis) <= BASIS_LENGTH:
        fields["basis"] = _l("Say in 5 to 300 characters what the number rests on, like rooms and machines.")
    if fields:
        raise Invalid(_l("Please mend the fields marked below."), fields)
    assert actor.center_id is not None
    if not evidence_is_kept():
        raise Conflict(_l("In practice mode nothing counts, so no declaration is kept."), code="practice")
    first = find(actor.center_id, "capacity.places", key) is None
    entry = record(
        actor,
        "capacity.places",
        subject_id=None,
        key=key,
        occurred_at=now(),
        data={"places": places, "basis": basis},
    )
    assert entry is not None
    if first:
        audit.record(actor, "centers.places.declared", entry.id, places=places)
    return entry
