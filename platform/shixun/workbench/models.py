"""Labs as trainees use them: the work that belongs to an item, and the sessions at the hub in which it is done."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.accounts.models import Person
from shixun.core.db import Identified, Model
from shixun.curriculum.models import LabVersion


class LabWork(Identified, Model):
    """One person's work on one lab of a run or contest. Made at the first start, and pinned to the version of that moment.

    `map_seed` makes the plant's register map: the same in the lab and when graded, another for every owner.
    """

    __tablename__ = "lab_work"
    __table_args__ = (
        UniqueConstraint("context", "context_id", "item", "person_id"),
        CheckConstraint("context IN ('run', 'contest')", name="context"),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    context: Mapped[str] = mapped_column(String(10))
    context_id: Mapped[str] = mapped_column(String(20))
    item: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    owner_id: Mapped[str] = mapped_column(String(20))  # whose score it is: the person, or the contest entry
    lab_version_id: Mapped[str] = mapped_column(ForeignKey("lab_version.id"))
    map_seed: Mapped[str] = mapped_column(String(64))

    lab: Mapped[LabVersion] = relationship()
    person: Mapped[Person] = relationship()
    files: Mapped[list["WorkFile"]] = relationship(back_populates="work", order_by="WorkFile.path")
    answers: Mapped[list["FormAnswer"]] = relationship(back_populates="work")


class WorkFile(Identified, Model):
    """The last saved state of a file. It survives the container and the host."""

    __tablename__ = "work_file"
    __table_args__ = (UniqueConstraint("work_id", "path"),)

    work_id: Mapped[str] = mapped_column(ForeignKey("lab_work.id"), index=True)
    path: Mapped[str] = mapped_column(String(240))
    digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"))
    saved_at: Mapped[datetime]

    work: Mapped[LabWork] = relationship(back_populates="files")


class FormAnswer(Identified, Model):
    """What stands in one field of a form, as it was typed: the chosen options' ids, or one text; empty for nothing.

    `writer` is the page that wrote it, `turn` counts that page's savings: what was sent earlier and arrives later is old.
    """

    __tablename__ = "form_answer"
    __table_args__ = (UniqueConstraint("work_id", "field"),)

    work_id: Mapped[str] = mapped_column(ForeignKey("lab_work.id"), index=True)
    field: Mapped[str] = mapped_column(String(41))
    typed: Mapped[list[Any]]
    writer: Mapped[str] = mapped_column(String(32))
    turn: Mapped[int]
    saved_at: Mapped[datetime]

    work: Mapped[LabWork] = relationship(back_populates="answers")


class LabSession(Identified, Model):
    """One server at the hub. `created_at`: asked for; `ready_at`: usable; `ended_at`: gone, and its token with it."""

    __tablename__ = "lab_session"
    __table_args__ = (
        # A person has one lab open at a time, whatever two tabs do at once.
        Index(
            "uq_lab_session_open",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    work_id: Mapped[str] = mapped_column(ForeignKey("lab_work.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    counts: Mapped[bool]  # False: practice, for want of isolation
    process_seed: Mapped[str] = mapped_column(String(64))
    ready_at: Mapped[datetime | None]
    stopping_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    why_ended: Mapped[str | None] = mapped_column(
        String(20)
    )  # stopped | reset | failed | lost, or one of operations.ENDINGS

    work: Mapped[LabWork] = relationship()
    person: Mapped[Person] = relationship()
