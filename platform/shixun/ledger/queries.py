"""Reads of the ledger. Each names the center."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from shixun.accounts.models import Membership, Person
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.ledger.models import LedgerCorrection, LedgerEntry, LedgerSeal


def entry(center_id: str, entry_id: str) -> LedgerEntry:
    """One entry with its seal, or `NotFound`."""
    found = db.session.scalar(
        select(LedgerEntry)
        .options(joinedload(LedgerEntry.seal))
        .where(LedgerEntry.center_id == center_id, LedgerEntry.id == entry_id)
    )
    if found is None:
        raise NotFound(_l("There is no such entry."))
    return found


def by_seq(center_id: str, numbers: Sequence[int]) -> list[LedgerEntry]:
    """Sealed entries by their sequence numbers, in order of them."""
    return list(
        db.session.scalars(
            select(LedgerEntry)
            .join(LedgerSeal, LedgerSeal.entry_id == LedgerEntry.id)
            .options(joinedload(LedgerEntry.seal))
            .where(LedgerSeal.center_id == center_id, LedgerSeal.seq.in_(numbers))
            .order_by(LedgerSeal.seq)
        )
    )


def page(center_id: str, number: int, size: int) -> tuple[list[LedgerEntry], int]:
    """One page (from 1) of a center's sealed entries, newest first, and how many there are in all."""
    total = db.session.scalar(select(func.max(LedgerSeal.seq)).where(LedgerSeal.center_id == center_id)) or 0
    last = total - (number - 1) * size
    found = by_seq(center_id, range(max(last - size, 0) + 1, last + 1)) if last > 0 else []
    return list(reversed(found)), total


def corrections(center_id: str, entry_id: str | None = None, limit: int = 50) -> list[LedgerCorrection]:
    """Requests for reversals, undecided ones first, then the newest; of one entry or of all."""
    query = (
        select(LedgerCorrection)
        .where(LedgerCorrection.center_id == center_id)
        .order_by(LedgerCorrection.decided_at.is_not(None), LedgerCorrection.created_at.desc())
        .limit(limit)
    )
    if entry_id is not None:
        query = query.where(LedgerCorrection.entry_id == entry_id)
    return list(db.session.scalars(query))


def open_corrections(center_id: str) -> int:
    """How many reversals wait for a second person."""
    query = select(func.count()).select_from(LedgerCorrection)
    return (
        db.session.scalar(query.where(LedgerCorrection.center_id == center_id, LedgerCorrection.decided_by.is_(None)))
        or 0
    )


def people_of(center_id: str, subject_ids: Iterable[str]) -> dict[str, Person]:
    """The people behind subjects of a center, for those who may see names; an erased person is not in it."""
    wanted = list(set(subject_ids))
    rows = db.session.execute(
        select(Membership.subject_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.center_id == center_id, Membership.subject_id.in_(wanted))
    )
    return {row.subject_id: row.Person for row in rows}


def names_of(person_ids: Iterable[str]) -> dict[str, str]:
    """Names by person id."""
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(list(set(person_ids)))))
    return {row.id: row.name for row in rows}


def people_in(center_id: str) -> dict[str, str]:
    """Subject → name of everybody who belongs or belonged to a center."""
    rows = db.session.execute(
        select(Membership.subject_id, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.center_id == center_id)
    )
    return {row.subject_id: row.name for row in rows}
