"""Counted figures, kept so that pages need not count. All of it can be thrown away and counted again from the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shixun.core.clock import now
from shixun.core.db import Model


class VolumeState(Model):
    """How far a center's figures go: the head of the chain they were counted from, and by which rule and settings."""

    __tablename__ = "volume_state"

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), primary_key=True)
    head_seq: Mapped[int]
    head_hash: Mapped[str] = mapped_column(String(64))
    head_at: Mapped[datetime]  # when that entry was sealed: figures stand as of then
    rule: Mapped[str] = mapped_column(String(80))
    basis: Mapped[str] = mapped_column(
        String(200)
    )  # rule digest, cap and zone: a change means counting everything again
    daily_cap_minutes: Mapped[int]
    timezone: Mapped[str] = mapped_column(String(40))
    counted_at: Mapped[datetime] = mapped_column(default=now)


class VolumeLine(Model):
    """One trainee in one run in one year (`counting.Line`); `entries` are sequence numbers as `book.ranges`."""

    __tablename__ = "volume_line"
    __table_args__ = (Index("ix_volume_line_center_id_year", "center_id", "year"),)

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted: Mapped[int] = mapped_column(BigInteger)  # microseconds
    class_hours: Mapped[int]  # hundredths
    person_times: Mapped[int]
    credited_at: Mapped[datetime | None]
    entries: Mapped[str] = mapped_column(Text)


class VolumeYear(Model):
    """The figures of one year as of the state's head: name → value."""

    __tablename__ = "volume_year"

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head_seq: Mapped[int]
    figures: Mapped[dict[str, Any]]


class VolumeRun(Model):
    """A run as its opening told the ledger (`run.opened`), for titles beside the lines."""

    __tablename__ = "volume_run"

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    seq: Mapped[int]
    facts: Mapped[dict[str, Any]]
