"""Stretches of learning time on lesson and lab pages, measured by heartbeats that the server receives."""

import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.core.db import Identified, Model
from shixun.curriculum.models import SLUG
from shixun.enrolment.models import Enrolment


def _new_key() -> str:
    return secrets.token_hex(32)


class Attention(Identified, Model):
    """One stretch of presence at one page: open until `ended_at`.

    Every beat carries the nonce of the present `beats` count and raises it: each nonce counts once, and a thief of an
    old one gains nothing. All instants are the server's own at receipt.
    """

    __tablename__ = "attention"
    __table_args__ = (
        Index(
            "ix_attention_open",
            "last_beat_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), index=True)
    item: Mapped[str] = mapped_column(String(SLUG))
    source: Mapped[str] = mapped_column(String(10))  # lesson, lab
    opened_with: Mapped[str] = mapped_column(String(64), unique=True)  # the page's start token, or the stretch before
    key: Mapped[str] = mapped_column(String(64), default=_new_key)  # of the nonces
    beats: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    last_beat_at: Mapped[datetime]
    last_proof_at: Mapped[datetime]  # the start, until there is a proof
    proofs: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    enrolment: Mapped[Enrolment] = relationship()
