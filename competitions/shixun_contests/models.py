"""Contests, entries, attempts, score cells and published boards."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.accounts.models import Person
from shixun.core.db import Identified, Model


class ContestPack(Identified, Model):
    """One state of a contest pack; the bundle (flag templates included) is the blob `digest`."""

    __tablename__ = "contest_pack"

    slug: Mapped[str] = mapped_column(String(41), index=True)
    digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"), unique=True)
    title: Mapped[dict[str, Any]]
    current: Mapped[bool] = mapped_column(default=True)


class Contest(Identified, Model):
    """A contest (赛事) of a center: a pack, a window on the server's clock, and how far it has come."""

    __tablename__ = "contest"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="window"),
        CheckConstraint("freeze_at IS NULL OR (freeze_at >= starts_at AND freeze_at <= ends_at)", name="freeze"),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    pack_digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"))
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    field: Mapped[str] = mapped_column(String(41))
    format: Mapped[str] = mapped_column(String(41))
    team_min: Mapped[int]
    team_max: Mapped[int]
    divisions: Mapped[list[Any]]  # [{slug, title}]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    freeze_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]  # teams may sign up from here on
    published_at: Mapped[datetime | None]  # results are final and in the ledger
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))  # keys the values of every team
    board_due_at: Mapped[datetime | None]  # a publishing of the board is on its way
    board_version: Mapped[int] = mapped_column(default=0)

    challenges: Mapped[list["ContestChallenge"]] = relationship(order_by="ContestChallenge.position")


class ContestChallenge(Identified, Model):
    """A challenge within a contest. Flags are made from the pack when an answer comes in; no row holds one."""

    __tablename__ = "contest_challenge"
    __table_args__ = (UniqueConstraint("contest_id", "slug"),)

    contest_id: Mapped[str] = mapped_column(ForeignKey("contest.id"), index=True)
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(41))
    kind: Mapped[str] = mapped_column(String(10))  # flag | notebook
    title: Mapped[dict[str, Any]]
    points: Mapped[float]
    lab_slug: Mapped[str | None] = mapped_column(String(41))


class Entry(Identified, Model):
    """A team in a contest (参赛队伍). Whoever has the invite code may join until the contest begins."""

    __tablename__ = "contest_entry"
    __table_args__ = (
        UniqueConstraint("contest_id", "name"),
        Index("ix_contest_entry_rank", "contest_id", "division", "key"),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    contest_id: Mapped[str] = mapped_column(ForeignKey("contest.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    division: Mapped[str] = mapped_column(String(41))
    invite: Mapped[str] = mapped_column(String(20), unique=True)
    captain_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    points: Mapped[float] = mapped_column(default=0.0)
    key: Mapped[str] = mapped_column(String(30), default="")  # restricted: everything that is known
    public_points: Mapped[float] = mapped_column(default=0.0)
    public_key: Mapped[str] = mapped_column(String(30), default="")  # as of the freeze
    withdrawn_at: Mapped[datetime | None]

    contest: Mapped[Contest] = relationship()
    members: Mapped[list["EntryMember"]] = relationship(back_populates="entry", order_by="EntryMember.created_at")


class EntryMember(Identified, Model):
    """A person in a team: in one team of a contest only."""

    __tablename__ = "contest_entry_member"
    __table_args__ = (UniqueConstraint("contest_id", "person_id"),)

    contest_id: Mapped[str] = mapped_column(ForeignKey("contest.id"), index=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("contest_entry.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)

    entry: Mapped[Entry] = relationship(back_populates="members")
    person: Mapped[Person] = relationship()


class Attempt(Identified, Model):
    """An answer to a flag challenge; `created_at` is its receipt. `foreign_entry_id`: it was another team's flag."""

    __tablename__ = "contest_attempt"
    __table_args__ = (Index("ix_contest_attempt_place", "entry_id", "challenge_id", "created_at"),)

    contest_id: Mapped[str] = mapped_column(ForeignKey("contest.id"), index=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("contest_entry.id"))
    challenge_id: Mapped[str] = mapped_column(ForeignKey("contest_challenge.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(String(200))
    right: Mapped[bool]
    foreign_entry_id: Mapped[str | None] = mapped_column(ForeignKey("contest_entry.id"))


class ScoreCell(Identified, Model):
    """What an entry has in a challenge: raw value, points and times; the public pair stands still from the freeze on."""

    __tablename__ = "contest_score_cell"
    __table_args__ = (UniqueConstraint("entry_id", "challenge_id"),)

    entry_id: Mapped[str] = mapped_column(ForeignKey("contest_entry.id"), index=True)
    challenge_id: Mapped[str] = mapped_column(ForeignKey("contest_challenge.id"))
    raw: Mapped[float]  # 1 for a flag, the lab's points for a notebook
    points: Mapped[float]
    received_at: Mapped[datetime]
    graded_at: Mapped[datetime]
    public_points: Mapped[float] = mapped_column(default=0.0)
    public_received_at: Mapped[datetime | None]


class Board(Identified, Model):
    """A published state of the standings, never changed after. The newest of an audience is what people see."""

    __tablename__ = "contest_board"
    __table_args__ = (UniqueConstraint("contest_id", "audience", "version"),)

    contest_id: Mapped[str] = mapped_column(ForeignKey("contest.id"), index=True)
    audience: Mapped[str] = mapped_column(String(10))  # public | restricted
    version: Mapped[int]
    json: Mapped[dict[str, Any]]
