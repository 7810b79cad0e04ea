"""The sealer: puts waiting entries into their center's chain. It alone gives out sequence numbers, under one lock per chain.

A batch is one transaction: seals appear and the entries stop waiting together, so a kill at any moment leaves either both or
neither, and the next run goes on.
"""

from sqlalchemy import delete, func, insert, select

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.unit_of_work import unit_of_work
from shixun.ledger.chain import genesis, link
from shixun.ledger.models import LedgerChain, LedgerEntry, LedgerPending, LedgerSeal
from shixun.ledger.operations import insert_once

BATCH = 2000


def waiting_centers() -> list[str]:
    """Ids of the centers that have entries without a seal."""
    return list(db.session.scalars(select(LedgerPending.center_id).distinct().order_by(LedgerPending.center_id)))


def waiting(center_id: str) -> int:
    """How many of a center's entries have no seal yet."""
    query = select(func.count()).select_from(LedgerPending).where(LedgerPending.center_id == center_id)
    return db.session.scalar(query) or 0


def head(center_id: str) -> tuple[int, str]:
    """Length and last hash of a center's chain; of an empty one 0 and its genesis."""
    row = db.session.execute(
        select(LedgerSeal.seq, LedgerSeal.hash)
        .where(LedgerSeal.center_id == center_id)
        .order_by(LedgerSeal.seq.desc())
        .limit(1)
    ).first()
    return (row.seq, row.hash) if row is not None else (0, genesis(center_id))


def seal_pending(center_id: str, batch: int = BATCH) -> int:
    """Seal everything of a center that waits, in units of work of its own. Returns how many entries were sealed.

    Call it from a job or a command, not from within another unit of work: it commits after each batch.
    """
    total = 0
    while True:
        with unit_of_work():
            count = seal_batch(center_id, batch)
        total += count
        if count < batch:
            return total


def seal_batch(center_id: str, limit: int = BATCH) -> int:
    """Seal at most `limit` waiting entries of a center in the present unit of work; returns how many."""
    _lock(center_id)
    # No order among all that waits: sorting a long backlog for each batch would hold the write lock for seconds.
    waiting_ids = select(LedgerPending.entry_id).where(LedgerPending.center_id == center_id).limit(limit).subquery()
    rows = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.canonical)
        .join(waiting_ids, waiting_ids.c.entry_id == LedgerEntry.id)
        .order_by(LedgerEntry.recorded_at, LedgerEntry.id)
    ).all()
    if not rows:
        return 0
    seq, previous = head(center_id)
    sealed_at, seals = now(), []
    for entry_id, canonical in rows:
        seq, previous = seq + 1, link(previous, canonical)
        seals.append(
            {"center_id": center_id, "seq": seq, "entry_id": entry_id, "hash": previous, "sealed_at": sealed_at}
        )
    db.session.execute(insert(LedgerSeal), seals)
    db.session.execute(delete(LedgerPending).where(LedgerPending.entry_id.in_([row.id for row in rows])))
    return len(rows)


def _lock(center_id: str) -> None:
    """Hold the chain until the commit. On SQLite the transaction holds the one write lock already."""
    insert_once(LedgerChain, {"center_id": center_id}, ["center_id"])
    db.session.execute(select(LedgerChain).where(LedgerChain.center_id == center_id).with_for_update())
