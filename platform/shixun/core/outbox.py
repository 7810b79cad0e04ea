"""Work that must follow a commit, kept in the same transaction as its cause.

The outbox alone owns leases and retries. The queue in Valkey only wakes workers early and carries nothing but an entry's id, so
whoever writes to it can at most make a worker look at an entry that is due anyway.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shixun.core.clock import now
from shixun.core.db import Identified, Model, db
from shixun.core.ids import new_id
from shixun.core.unit_of_work import after_commit, unit_of_work
from shixun.core.wakeup import wake

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=2)
GIVE_UP_AFTER = 12  # attempts: with doubling pauses that is about two days
Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, Handler] = {}


class OutboxEntry(Identified, Model):
    """One piece of work. `done_at` set: finished; `failed_at` set: given up, an operator must look."""

    __tablename__ = "outbox_entry"

    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    available_at: Mapped[datetime] = mapped_column(default=now, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[str | None] = mapped_column(String(20))
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))


@dataclass(frozen=True)
class Leased:
    """An entry that this worker may run until `available_at` of the row has passed."""

    id: str
    lease_id: str
    kind: str
    payload: dict[str, Any]
    attempts: int


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Decorator: the function does the work of `kind`. It must be idempotent: a worker can die after its commit."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def enqueue(kind: str, payload: dict[str, Any], *, delay: timedelta = timedelta()) -> None:
    """Add work to the present unit of work; workers see it after the commit."""
    db.session.add(OutboxEntry(kind=kind, payload=payload, available_at=now() + delay))
    after_commit(lambda: wake("outbox"))


def lease_next() -> Leased | None:
    """Lease the entry that has been due longest, in a transaction of its own."""
    with unit_of_work():
        due = (
            select(OutboxEntry)
            .where(OutboxEntry.done_at.is_(None), OutboxEntry.failed_at.is_(None), OutboxEntry.available_at <= now())
            .order_by(OutboxEntry.available_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        entry = db.session.scalar(due)
        if entry is None:
            return None
        entry.lease_id = new_id()
        entry.attempts += 1
        entry.available_at = now() + LEASE  # past that, another worker takes it
        return Leased(entry.id, entry.lease_id, entry.kind, entry.payload, entry.attempts)


def run(leased: Leased) -> bool:
    """Do the work and mark it done in one transaction; on an error put it back with a doubling pause. True if it is done."""
    try:
        with unit_of_work():
            _handlers[leased.kind](leased.payload)
            done = db.session.scalar(
                update(OutboxEntry)
                .where(OutboxEntry.id == leased.id, OutboxEntry.lease_id == leased.lease_id)
                .values(done_at=now(), error=None)
                .returning(OutboxEntry.id)
            )
            if done is None:  # the lease ran out and another worker has it: leave the effect to that one
                raise LostLease(leased.id)
    except LostLease:
        log.warning("outbox lease lost", entry=leased.id, kind=leased.kind)
        return False
    except Exception as error:
        log.exception("outbox entry failed", entry=leased.id, kind=leased.kind, attempts=leased.attempts)
        _put_back(leased, f"{type(error).__name__}: {error}"[:500])
        return False
    return True


class LostLease(Exception):
    """Another worker holds the entry by now."""


def _put_back(leased: Leased, error: str) -> None:
    pause = timedelta(seconds=min(2**leased.attempts, 6 * 3600))
    with unit_of_work():
        db.session.execute(
            update(OutboxEntry)
            .where(OutboxEntry.id == leased.id, OutboxEntry.lease_id == leased.lease_id)
            .values(
                available_at=now() + pause,
                error=error,
                failed_at=now() if leased.attempts >= GIVE_UP_AFTER else None,
            )
        )


def pending(kind: str | None = None) -> int:
    """How many entries still wait, for `/readyz` and tests."""
    query = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.done_at.is_(None))
    if kind is not None:
        query = query.where(OutboxEntry.kind == kind)
    return db.session.scalar(query) or 0


def drain() -> int:
    """Run everything that is due, here and now (tests, commands). Returns how many entries were done."""
    count = 0
    while (leased := lease_next()) is not None:
        count += run(leased)
    return count
