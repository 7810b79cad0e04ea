"""Evidence enters here, with the transaction of the deed it proves. `sealing` and `corrections` follow later."""

from datetime import datetime
from typing import Any

import rfc8785
from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from shixun.core.clock import now
from shixun.core.db import Model, db
from shixun.core.ids import new_id
from shixun.core.permissions import Actor
from shixun.ledger import kinds
from shixun.ledger.models import LedgerEntry, LedgerPending

RECORD_VERSION = 1


def record(
    actor: Actor, kind: str, *, subject_id: str | None, key: str, occurred_at: datetime, data: dict[str, Any]
) -> LedgerEntry | None:
    """Write one piece of evidence into the actor's center, in the present unit of work.

    The same (center, kind, key) again returns the first entry and changes nothing. None in practice mode: labs are
    processes of the platform's own user there, so what its database says may have been written by them. Raises `ValueError` where the data
    does not have the shape of its kind (`kinds`): that is an error of the calling code, not of a person. The actor
    needs no permission of the ledger: whoever may do the deed leaves its evidence.
    """
    if actor.center_id is None:
        raise ValueError("evidence belongs to a center")
    if not key or len(key) > 200:
        raise ValueError("a key has 1 to 200 characters")
    kinds.check(kind, subject_id, data)
    if not evidence_is_kept():
        return None
    found = find(actor.center_id, kind, key)
    if found is not None:
        return found
    entry_id, recorded_at = new_id(), now()
    values = {
        "id": entry_id,
        "center_id": actor.center_id,
        "kind": kind,
        "key": key,
        "subject_id": subject_id,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "canonical": rfc8785.dumps(
            {
                "v": RECORD_VERSION,
                "id": entry_id,
                "center": actor.center_id,
                "kind": kind,
                "key": key,
                "subject": subject_id,
                "occurred_at": kinds.instant_text(occurred_at),
                "recorded_at": kinds.instant_text(recorded_at),
                "data": data,
            }
        ),
    }
    db.session.flush()
    if insert_once(LedgerEntry, values, ["center_id", "kind", "key"]):
        db.session.add(LedgerPending(entry_id=entry_id, center_id=actor.center_id))
        db.session.flush()
    return find(actor.center_id, kind, key)


def evidence_is_kept() -> bool:
    """Whether this installation's labs are isolated from its database, so that evidence means something."""
    return bool(current_app.config["SETTINGS"].lab_backend != "practice")


def find(center_id: str, kind: str, key: str) -> LedgerEntry | None:
    """The entry of this kind and key in a center, sealed or not."""
    return db.session.scalar(
        select(LedgerEntry).where(LedgerEntry.center_id == center_id, LedgerEntry.kind == kind, LedgerEntry.key == key)
    )


def insert_once(model: type[Model], values: dict[str, Any], unique: list[str]) -> bool:
    """Insert a row unless another transaction was first with the same `unique` columns; True if this one was.

    A savepoint around a plain insert would do as well, were it not that its end fires the after-commit actions.
    """
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(model).values(**values).on_conflict_do_nothing(index_elements=unique)
    return db.session.execute(statement.returning(getattr(model, unique[0]))).first() is not None
