"""The ledger's tables. `ledger_entry`, `ledger_seal` and `ledger_head_list` only grow: the database refuses to change
or delete their rows (`protection`).

An entry is evidence from the moment its transaction commits; its canonical bytes are the truth, the other columns are
there to search by. Its place in the chain stands in a seal of its own, since the entry can't be updated any more.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.core.clock import now
from shixun.core.db import Identified, Model
from shixun.core.ids import new_id


class LedgerEntry(Model):
    """One piece of evidence. `key` names what it is evidence of, once per center and kind."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("center_id", "kind", "key"),
        Index("ix_ledger_entry_center_id_subject_id", "center_id", "subject_id"),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True, default=new_id)
    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"))
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    subject_id: Mapped[str | None] = mapped_column(String(20))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    canonical: Mapped[bytes] = mapped_column(LargeBinary)  # RFC 8785

    seal: Mapped["LedgerSeal | None"] = relationship(back_populates="entry", viewonly=True)

    @property
    def record(self) -> dict[str, Any]:
        """The whole record as the chain covers it."""
        found: dict[str, Any] = json.loads(self.canonical)
        return found

    @property
    def data(self) -> dict[str, Any]:
        """The facts, in the shape that `kinds` gives for this kind."""
        found: dict[str, Any] = self.record["data"]
        return found


class LedgerPending(Model):
    """An entry that waits for its seal; the row leaves when that is made. It saves a search of the ledger."""

    __tablename__ = "ledger_pending"

    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    center_id: Mapped[str] = mapped_column(String(20), index=True)


class LedgerChain(Model):
    """One row per center: what the sealer locks. It holds no state; the last seal is the head."""

    __tablename__ = "ledger_chain"

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), primary_key=True)


class LedgerSeal(Model):
    """An entry's place in its center's chain, `seq` from 1. hash_n = SHA-256(hash_{n-1} ‖ canonical bytes), in hex."""

    __tablename__ = "ledger_seal"

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(default=now)

    entry: Mapped[LedgerEntry] = relationship(back_populates="seal")


class LedgerHeadList(Model):
    """A signed list of the heads of all chains at one instant; each list covers the one before."""

    __tablename__ = "ledger_head_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issued_at: Mapped[datetime]
    canonical: Mapped[bytes] = mapped_column(LargeBinary)  # RFC 8785, what the signature is over
    signature: Mapped[str] = mapped_column(String(88))  # Ed25519, base64
    public_key: Mapped[str] = mapped_column(String(200))  # PEM: the web process holds no key, and hands lists out


class LedgerCorrection(Identified, Model):
    """A request to reverse an entry. Only another person's approval writes the reversing entry."""

    __tablename__ = "ledger_correction"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> requested_by", name="second_person"),
        CheckConstraint("(decided_by IS NULL) = (approved IS NULL)", name="decision"),
        Index(
            "ix_ledger_correction_open",
            "entry_id",
            unique=True,
            sqlite_where=text("decided_by IS NULL"),
            postgresql_where=text("decided_by IS NULL"),
        ),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    requested_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]

    entry: Mapped[LedgerEntry] = relationship()
