"""Signed head lists: the length and last hash of every chain at one instant, signed, and published as files.

A chain alone only shows that it is consistent; whoever owns the database could write a new one. A list that somebody else
keeps ends that: mirror the folder of published lists to a place that the operator can't change. Lists are public: they call
a chain by its hash_0, which names its center only to those who know the center's random id.

Before a list is signed, what was added since the last one is checked. A chain that fails keeps its last signed head.
"""

import base64
import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import rfc8785
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from shixun.core.clock import now
from shixun.core.db import db
from shixun.ledger.chain import genesis, link
from shixun.ledger.keys import fingerprint, public_pem
from shixun.ledger.kinds import instant_text
from shixun.ledger.models import LedgerEntry, LedgerHeadList, LedgerSeal
from shixun.ledger.signatures import HEADS_FORMAT

log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=10)  # at most one list in this time: each is a file that somebody keeps


def latest() -> LedgerHeadList | None:
    """The newest signed list."""
    return db.session.scalar(select(LedgerHeadList).order_by(LedgerHeadList.number.desc()).limit(1))


def issue(key: Ed25519PrivateKey, *, force: bool = False) -> LedgerHeadList | None:
    """Sign the present heads in the present unit of work. None where nothing has grown or the last list is too young.

    `force` signs whatever the age of the last list is.
    """
    last = latest()
    if last is not None and not force and last.issued_at > now() - EVERY:
        return None
    before = {item["chain"]: item for item in json.loads(last.canonical)["heads"]} if last is not None else {}
    heads = [_checked_head(center, length, before.get(genesis(center))) for center, length in _lengths()]
    signed = [head for head in heads if head is not None]
    if last is not None and signed == list(before.values()):
        return None
    number = last.number + 1 if last is not None else 1
    issued_at = now()
    canonical = rfc8785.dumps(
        {
            "format": HEADS_FORMAT,
            "number": number,
            "issued_at": instant_text(issued_at),
            "previous": hashlib.sha256(last.canonical).hexdigest() if last is not None else None,
            "key": fingerprint(key.public_key()),
            "heads": signed,
        }
    )
    row = LedgerHeadList(
        number=number,
        issued_at=issued_at,
        canonical=canonical,
        signature=base64.b64encode(key.sign(canonical)).decode(),
        public_key=public_pem(key.public_key()).decode(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _lengths() -> list[tuple[str, int]]:
    query = select(LedgerSeal.center_id, func.max(LedgerSeal.seq)).group_by(LedgerSeal.center_id)
    return [(center, length) for center, length in db.session.execute(query.order_by(LedgerSeal.center_id))]


def _checked_head(center_id: str, length: int, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """The head to sign for a center: the present one if everything since `before` holds, else `before` again."""
    start = before["length"] if before is not None else 0
    current = before["head"] if before is not None else genesis(center_id)
    stored = db.session.scalar(
        select(LedgerSeal.hash).where(LedgerSeal.center_id == center_id, LedgerSeal.seq == start)
    )
    sound = start == 0 or stored == current
    expected = start
    query = (
        select(LedgerSeal.seq, LedgerSeal.hash, LedgerEntry.canonical)
        .join(LedgerEntry, LedgerEntry.id == LedgerSeal.entry_id)
        .where(LedgerSeal.center_id == center_id, LedgerSeal.seq > start)
        .order_by(LedgerSeal.seq)
        .execution_options(yield_per=1000)
    )
    with db.session.execute(query) as rows:
        for seq, hash_, canonical in rows:
            expected += 1
            current = link(current, canonical)
            if seq != expected or hash_ != current:
                sound = False
                break
    if not sound or expected != length:
        log.error("ledger chain is broken; its last signed head stays", center=center_id, after=start)
        return before
    return {"chain": genesis(center_id), "length": length, "head": current}


def document(row: LedgerHeadList) -> dict[str, str]:
    """A list as its file holds it: the signed text as it stands, so that nobody needs to format it again to check."""
    return {"list": row.canonical.decode(), "signature": row.signature, "public_key": row.public_key}


def publish(folder: Path) -> int:
    """Write every list that `folder` does not hold yet, newest last as `latest.json`. Returns how many were written.

    Files are `<year>/<month>/heads-<number>.json`, with the public key as `public-key.pem` beside them.
    """
    missing: list[LedgerHeadList] = []
    row = latest()
    while row is not None and not file_of(folder, row).exists():  # they are written in order: what follows is there
        missing.append(row)
        row = db.session.get(LedgerHeadList, row.number - 1)
    for row in reversed(missing):
        text = json.dumps(document(row), ensure_ascii=False, indent=1).encode()
        _write(file_of(folder, row), text)
        _write(folder / "latest.json", text)
    if missing:
        _write(folder / "public-key.pem", missing[0].public_key.encode())
    return len(missing)


def file_of(folder: Path, row: LedgerHeadList) -> Path:
    """Where a list is published."""
    return folder / f"{row.issued_at:%Y}" / f"{row.issued_at:%m}" / f"heads-{row.number:08d}.json"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a reader never sees half a file, a kill leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
