"""What packs become in the database: versions by digest, which never change once a trainee may have started on them.

Packs that the operator syncs belong to the whole platform (`center_id` None); those that a center's instructors publish belong
to that center and are seen nowhere else. Where both have one name, the center's own is meant. The offer says that a course is taught.
"""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.core.db import Identified, Model

DIGEST = 71  # "sha256:" and 64 hex digits
SLUG = 41


def _one_of_a_name(table: str) -> tuple[UniqueConstraint, Index]:
    """One pack of a name in each center, and one of the platform (NULLs are all different to a unique constraint)."""
    of_platform = text("center_id IS NULL")
    return (
        UniqueConstraint("center_id", "slug"),
        Index(f"uq_{table}_platform_slug", "slug", unique=True, sqlite_where=of_platform, postgresql_where=of_platform),
    )


class Course(Identified, Model):
    """A course pack. `current_digest` names the version that new runs take."""

    __tablename__ = "course"
    __table_args__ = _one_of_a_name("course")

    center_id: Mapped[str | None] = mapped_column(ForeignKey("center.id"))
    slug: Mapped[str] = mapped_column(String(SLUG))
    current_digest: Mapped[str] = mapped_column(String(DIGEST))

    versions: Mapped[list["CourseVersion"]] = relationship(back_populates="course")


class CourseVersion(Identified, Model):
    """One state of a course pack; the pack's bundle is the blob `digest`."""

    __tablename__ = "course_version"
    __table_args__ = (UniqueConstraint("course_id", "digest"),)

    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)
    digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"), index=True)
    version: Mapped[str] = mapped_column(String(20))
    rendering: Mapped[int]  # see rendering.RENDERING: texts of an older one are rendered anew at the next sync
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    audience: Mapped[list[Any]]
    level: Mapped[str] = mapped_column(String(20))
    field: Mapped[str] = mapped_column(String(SLUG))
    class_hours: Mapped[float]
    goals: Mapped[dict[str, Any]]  # {zh: [text], en: [text]}
    prerequisites: Mapped[list[Any]]  # slugs of courses
    units: Mapped[list[Any]]  # [{slug, title}], in order

    course: Mapped[Course] = relationship(back_populates="versions")
    items: Mapped[list["CourseItem"]] = relationship(back_populates="version", order_by="CourseItem.position")


class CourseItem(Identified, Model):
    """A lesson, quiz or lab within a course version. Its slug is what progress and evidence name it by."""

    __tablename__ = "course_item"
    __table_args__ = (UniqueConstraint("version_id", "slug"),)

    version_id: Mapped[str] = mapped_column(ForeignKey("course_version.id"), index=True)
    position: Mapped[int]  # from 0 through the whole course
    unit: Mapped[int]  # index in CourseVersion.units
    kind: Mapped[str] = mapped_column(String(20))  # lesson, quiz, lab
    slug: Mapped[str] = mapped_column(String(SLUG))
    title: Mapped[dict[str, Any]]
    minutes: Mapped[int]
    lab_slug: Mapped[str | None] = mapped_column(String(SLUG))

    version: Mapped[CourseVersion] = relationship(back_populates="items")


class LessonText(Model):
    """A lesson, rendered and sanitised when the pack was synced."""

    __tablename__ = "lesson_text"

    item_id: Mapped[str] = mapped_column(ForeignKey("course_item.id"), primary_key=True)
    summary_en: Mapped[str] = mapped_column(Text)
    headings: Mapped[list[Any]]  # [{level, id, text}]
    parts: Mapped[list[Any]] = mapped_column(deferred=True)  # [{html: safe HTML} | {check: question id}], in order


class QuestionSet(Identified, Model):
    """The questions of one quiz, or all lesson checks of a course (slug `checks`). Holds the answers: never sent."""

    __tablename__ = "question_set"
    __table_args__ = (UniqueConstraint("version_id", "kind", "slug"),)

    version_id: Mapped[str] = mapped_column(ForeignKey("course_version.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # quiz, checks
    slug: Mapped[str] = mapped_column(String(SLUG))  # of the item, or "checks"
    rules: Mapped[dict[str, Any]]  # {pass_percent, draw, minutes, attempts}, empty for checks
    questions: Mapped[list[Any]] = mapped_column(deferred=True)  # see questions.py


class Offer(Identified, Model):
    """A center teaches this course."""

    __tablename__ = "course_offer"
    __table_args__ = (UniqueConstraint("center_id", "course_id"),)

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("course.id"), index=True)


class Lab(Identified, Model):
    """A lab pack. `current_digest` names the version that new sessions take."""

    __tablename__ = "lab"
    __table_args__ = _one_of_a_name("lab")

    center_id: Mapped[str | None] = mapped_column(ForeignKey("center.id"))
    slug: Mapped[str] = mapped_column(String(SLUG))
    current_digest: Mapped[str] = mapped_column(String(DIGEST))


class LabVersion(Identified, Model):
    """One state of a lab pack; the pack's bundle (solutions and checks included) is the blob `digest`."""

    __tablename__ = "lab_version"
    __table_args__ = (UniqueConstraint("lab_id", "digest"),)

    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id"), index=True)
    digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"), index=True)
    version: Mapped[str] = mapped_column(String(20))
    rendering: Mapped[int]
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    minutes: Mapped[int]
    field: Mapped[str] = mapped_column(String(SLUG))
    has_checks: Mapped[bool]  # False: practice only, nothing is graded by itself
    plant: Mapped[dict[str, Any] | None]  # {kind, protocols, speed, log}
    limits: Mapped[dict[str, Any]]  # {run_seconds, check_seconds, memory_mb, output_kb}
    grades: Mapped[list[Any]]  # [{id, points, title, manual}]
    hints: Mapped[dict[str, Any]]  # {key: {zh, en}}
    steps: Mapped[list[Any]]  # [{title: {zh, en}, html: {zh, en}}], safe HTML
    form: Mapped[list[Any]] = mapped_column(
        default=list, server_default="[]"
    )  # its fields, see shixun_packs.form; [] for a notebook
    release_digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"))  # bundle of what a trainee receives

    lab: Mapped[Lab] = relationship()

    @property
    def max_points(self) -> float:
        """Points of all graded cells together."""
        return float(sum(grade["points"] for grade in self.grades))


class PackFile(Identified, Model):
    """A figure of a pack that browsers may fetch. Nothing else of a pack is ever served."""

    __tablename__ = "pack_file"
    __table_args__ = (UniqueConstraint("pack_digest", "path"),)

    pack_digest: Mapped[str] = mapped_column(String(DIGEST), index=True)
    path: Mapped[str] = mapped_column(String(240))
    media_type: Mapped[str] = mapped_column(String(40))
    blob_digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"))
