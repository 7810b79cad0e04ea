"""Checking the chains where they stand, in the database, with the same arithmetic as the offline verifier."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from shixun.core.db import db
from shixun.ledger import heads, signatures
from shixun.ledger.findings import Finding
from shixun.ledger.kinds import instant_text
from shixun.ledger.models import LedgerEntry, LedgerHeadList, LedgerPending, LedgerSeal
from shixun.ledger.signatures import SignedList
from shixun.ledger.verifier import ChainCheck, Report, lengths


def known_lists(folder: Path | None = None) -> list[SignedList]:
    """The head lists in the database and those published in `folder`: they should be the same, so both are asked."""
    stored = [
        signatures.parse(dict(heads.document(row)))
        for row in db.session.scalars(select(LedgerHeadList).order_by(LedgerHeadList.number))
    ]
    published = signatures.read(folder) if folder is not None and folder.is_dir() else []
    return signatures.unique([*stored, *published])


def verify_center(center_id: str, lists: Iterable[SignedList] = (), key: Ed25519PublicKey | None = None) -> Report:
    """Check one center's chain against itself, against head lists, and against the columns that queries search by."""
    every = list(lists)
    trusted, findings = signatures.check(every, key)
    report = Report(center=center_id, lists=len(every), key_pinned=key is not None)
    check = ChainCheck(center_id, lengths(trusted, center_id))
    rows = db.session.execute(
        select(LedgerSeal.seq, LedgerSeal.hash, LedgerEntry)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerSeal.entry_id)
        .where(LedgerSeal.center_id == center_id)
        .order_by(LedgerSeal.seq)
        .execution_options(yield_per=1000)
    )
    columns: list[Finding] = []
    for seq, hash_, entry in rows:
        record = check.feed(seq, hash_, entry.canonical if entry is not None else None)
        if record is not None and not columns:
            columns += _columns(seq, entry, record)
        if entry is not None:
            db.session.expunge(entry)
    report.length, report.head = check.length, check.head
    if trusted:
        report.key = trusted[-1].key
        report.signed_length = lengths(trusted, center_id)[-1]
    report.findings = [*check.hold_against(trusted), *columns, *_lost(center_id), *findings]
    return report


def _columns(seq: int, entry: LedgerEntry, record: dict[str, Any]) -> list[Finding]:
    """The chain covers the canonical text; a search column that says something else would mislead every query."""
    said = {
        "id": entry.id,
        "center": entry.center_id,
        "kind": entry.kind,
        "key": entry.key,
        "subject": entry.subject_id,
        "occurred_at": instant_text(entry.occurred_at),
        "recorded_at": instant_text(entry.recorded_at),
    }
    return [
        Finding("column", seq=seq, entry=entry.id, values={"column": name})
        for name, value in said.items()
        if record.get(name) != value
    ]


def _lost(center_id: str) -> list[Finding]:
    """Entries that nobody will ever seal."""
    query = (
        select(LedgerEntry.id)
        .outerjoin(LedgerSeal, LedgerSeal.entry_id == LedgerEntry.id)
        .outerjoin(LedgerPending, LedgerPending.entry_id == LedgerEntry.id)
        .where(LedgerEntry.center_id == center_id, LedgerSeal.seq.is_(None), LedgerPending.entry_id.is_(None))
        .limit(20)
    )
    return [Finding("unsealed", entry=entry_id) for entry_id in db.session.scalars(query)]
