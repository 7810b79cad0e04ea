"""A center's chain as a file that the offline verifier reads: JSON lines, one record a line (see `verifier`)."""

import json
from collections.abc import Iterator
from typing import IO, Any

from sqlalchemy import select

from shixun.accounts.models import Center
from shixun.core.clock import now
from shixun.core.db import db
from shixun.ledger import heads, sealing
from shixun.ledger.kinds import instant_text
from shixun.ledger.models import LedgerEntry, LedgerSeal
from shixun.ledger.verifier import EXPORT_FORMAT


def sealed(center_id: str, *, after: int = 0, until: int | None = None) -> Iterator[tuple[int, str, bytes | None]]:
    """(sequence number, hash, canonical bytes) of a center's chain in order; no bytes where the entry is gone."""
    query = (
        select(LedgerSeal.seq, LedgerSeal.hash, LedgerEntry.canonical)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerSeal.entry_id)
        .where(LedgerSeal.center_id == center_id, LedgerSeal.seq > after)
        .order_by(LedgerSeal.seq)
        .execution_options(yield_per=1000)
    )
    if until is not None:
        query = query.where(LedgerSeal.seq <= until)
    for row in db.session.execute(query):
        yield row.seq, row.hash, row.canonical


def write(center: Center, file: IO[bytes]) -> int:
    """Write a center's export; returns the number of records. Needs the space of one record, whatever the length."""
    length, last = sealing.head(center.id)
    header = {
        "type": "header",
        "format": EXPORT_FORMAT,
        "center": {"id": center.id, "slug": center.slug, "name": center.name, "timezone": center.timezone},
        "exported_at": instant_text(now()),
        "length": length,
        "head": last,
    }
    _line(file, header)
    for seq, hash_, canonical in sealed(center.id, until=length):
        if canonical is not None:
            _line(file, {"type": "record", "seq": seq, "hash": hash_, "record": canonical.decode()})
    signed = heads.latest()
    if signed is not None:
        _line(file, {"type": "head-list", **heads.document(signed)})
    return length


def _line(file: IO[bytes], item: dict[str, Any]) -> None:
    file.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
