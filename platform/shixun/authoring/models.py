"""Drafts: what a center's instructors are writing. A file's bytes stand in its row, so saving every few seconds leaves nothing behind."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.accounts.models import Person
from shixun.core.clock import now
from shixun.core.db import Identified, Model
from shixun.curriculum.models import DIGEST, SLUG

PATH = 240  # characters, as shixun_packs.paths allows bytes


class Draft(Identified, Model):
    """The working copy of one pack of a center. It stays after publishing, for the next version.

    `base_*` name the published version that it began from or last became; None for a pack that was never published.
    `title` is that of the pack's file, kept here for lists.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("center_id", "kind", "slug"),
        CheckConstraint("kind IN ('course', 'lab')", name="kind"),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(SLUG))
    title: Mapped[dict[str, Any]]
    base_digest: Mapped[str | None] = mapped_column(String(DIGEST))
    base_version: Mapped[str | None] = mapped_column(String(20))
    changed_at: Mapped[datetime] = mapped_column(default=now)

    files: Mapped[list["DraftFile"]] = relationship(order_by="DraftFile.path", cascade="all, delete-orphan")
    trials: Mapped[list["Trial"]] = relationship(order_by="Trial.created_at.desc()", cascade="all, delete-orphan")
    saves: Mapped[list["DraftSave"]] = relationship(order_by="DraftSave.last_at.desc()", cascade="all, delete-orphan")


class DraftFile(Identified, Model):
    """One file of a draft. `digest` names its content: who saves says which content they had before them."""

    __tablename__ = "draft_file"
    __table_args__ = (UniqueConstraint("draft_id", "path"),)

    draft_id: Mapped[str] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(PATH))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(DIGEST))
    saved_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship()


class DraftSave(Identified, Model):
    """Who worked on what: one row for an uninterrupted stretch of saves of one file by one person (`times` of them)."""

    __tablename__ = "draft_save"

    draft_id: Mapped[str] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(String(PATH))
    action: Mapped[str] = mapped_column(String(10))  # saved, removed, imported, published
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    times: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship()


class Trial(Identified, Model):
    """All solutions of a lab draft graded once. `solutions`: [{file, mistake, expected, hint, submission}], the reference first.

    The submissions are like a trainee's, in the context `trial`: they count nowhere.
    """

    __tablename__ = "draft_trial"

    draft_id: Mapped[str] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    pack_digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"))
    solutions: Mapped[list[Any]]

    person: Mapped[Person] = relationship()
