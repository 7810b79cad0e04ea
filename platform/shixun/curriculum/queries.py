"""Reads about courses and labs."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import selectinload, undefer

from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.curriculum.models import Course, CourseItem, CourseVersion, Lab, LabVersion, LessonText, Offer, PackFile
from shixun.curriculum.models import QuestionSet as Bank

_NO_COURSE = _l("There is no such course in this center.")


def _seen_by(center_id: str | None, model: type[Course] | type[Lab]) -> ColumnElement[bool]:
    """Packs of the platform and, with a center, its own."""
    if center_id is None:
        return model.center_id.is_(None)
    return or_(model.center_id.is_(None), model.center_id == center_id)


def _own_first(versions: Iterable[CourseVersion]) -> list[CourseVersion]:
    """One version of each name: a center's own course stands in front of the platform's."""
    found: dict[str, CourseVersion] = {}
    for version in versions:
        if version.course.slug not in found or version.course.center_id is not None:
            found[version.course.slug] = version
    return list(found.values())


def offered(center_id: str) -> list[CourseVersion]:
    """The current versions of the courses that a center offers, with their items, by field and title."""
    found = db.session.scalars(
        select(CourseVersion)
        .join(Course, (Course.id == CourseVersion.course_id) & (Course.current_digest == CourseVersion.digest))
        .join(Offer, Offer.course_id == Course.id)
        .where(Offer.center_id == center_id)
        .options(selectinload(CourseVersion.items), selectinload(CourseVersion.course))
    )
    return sorted(_own_first(found), key=lambda version: (version.field, version.title["zh"]))


def library(center_id: str) -> list[CourseVersion]:
    """The current versions of all courses that a center can offer, the platform's and its own, by slug."""
    return _own_first(
        db.session.scalars(
            select(CourseVersion)
            .join(Course, (Course.id == CourseVersion.course_id) & (Course.current_digest == CourseVersion.digest))
            .where(_seen_by(center_id, Course))
            .options(selectinload(CourseVersion.items), selectinload(CourseVersion.course))
            .order_by(Course.slug)
        )
    )


def offered_slugs(center_id: str) -> set[str]:
    """Slugs of the courses that a center offers."""
    query = select(Course.slug).join(Offer, Offer.course_id == Course.id).where(Offer.center_id == center_id)
    return set(db.session.scalars(query))


def course(slug: str, center_id: str) -> Course:
    """A course that a center can offer: its own or, else, the platform's. Raises `NotFound`."""
    found = db.session.scalar(
        select(Course).where(Course.slug == slug, _seen_by(center_id, Course)).order_by(Course.center_id.is_(None))
    )
    if found is None:
        raise NotFound(_NO_COURSE)
    return found


def current_version(slug: str, center_id: str | None = None) -> CourseVersion:
    """The version that new runs take; with a center, only if that center offers the course. Raises `NotFound`.

    Without a center it is the platform's course that is meant.
    """
    query = (
        select(CourseVersion)
        .join(Course, (Course.id == CourseVersion.course_id) & (Course.current_digest == CourseVersion.digest))
        .where(Course.slug == slug, _seen_by(center_id, Course))
        .order_by(Course.center_id.is_(None))
        .options(selectinload(CourseVersion.items), selectinload(CourseVersion.course))
    )
    if center_id is not None:
        query = query.join(Offer, Offer.course_id == Course.id).where(Offer.center_id == center_id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(_NO_COURSE)
    return found


def item(version_id: str, slug: str, kind: str | None = None) -> CourseItem:
    """An item of a course version. Raises `NotFound`."""
    query = select(CourseItem).where(CourseItem.version_id == version_id, CourseItem.slug == slug)
    if kind is not None:
        query = query.where(CourseItem.kind == kind)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(_l("There is no such page in this course."))
    return found


def lesson_text(lesson: CourseItem) -> LessonText:
    """The rendered text of a lesson, with its parts."""
    return db.session.scalars(
        select(LessonText).where(LessonText.item_id == lesson.id).options(undefer(LessonText.parts))
    ).one()


def bank(version_id: str, kind: str, slug: str) -> Bank:
    """The questions of a quiz (kind `quiz`, the item's slug) or of the lesson checks (`checks`, `checks`), with answers."""
    return db.session.scalars(
        select(Bank)
        .where(Bank.version_id == version_id, Bank.kind == kind, Bank.slug == slug)
        .options(undefer(Bank.questions))
    ).one()


def checks(version_id: str) -> Mapping[str, dict[str, Any]]:
    """The lesson checks of a course version by question id, with answers."""
    return {question["id"]: question for question in bank(version_id, "checks", "checks").questions}


def titles_by_slug(slugs: list[str], center_id: str) -> dict[str, dict[str, Any]]:
    """Titles of the current versions of these courses as a center sees them, by slug."""
    found = db.session.execute(
        select(Course.slug, CourseVersion.title)
        .join(CourseVersion, (CourseVersion.course_id == Course.id) & (CourseVersion.digest == Course.current_digest))
        .where(Course.slug.in_(slugs), _seen_by(center_id, Course))
        .order_by(Course.center_id.is_not(None))  # a center's own is last, and stays
    )
    return dict(found.all())


def current_lab(slug: str, center_id: str | None = None) -> LabVersion:
    """The version that new sessions of this lab take, of the center's own lab or, else, the platform's. Raises `NotFound`.

    Courses of the platform mean labs of the platform: for their items `center_id` is None.
    """
    found = db.session.scalar(
        select(LabVersion)
        .join(Lab, (Lab.id == LabVersion.lab_id) & (Lab.current_digest == LabVersion.digest))
        .where(Lab.slug == slug, _seen_by(center_id, Lab))
        .order_by(Lab.center_id.is_(None))
    )
    if found is None:
        raise NotFound(_l("This lab is not installed here. Ask the operator to sync its pack."))
    return found


def lab_version(slug: str, digest: str) -> LabVersion:
    """The version of a lab that somebody started on. Raises `NotFound`."""
    found = db.session.scalar(
        select(LabVersion).join(Lab, Lab.id == LabVersion.lab_id).where(Lab.slug == slug, LabVersion.digest == digest)
    )
    if found is None:
        raise NotFound(_l("This version of the lab is no longer stored."))
    return found


def pack_file(digest: str, path: str) -> PackFile:
    """A figure that browsers may fetch. Raises `NotFound` for everything else in a pack."""
    found = db.session.scalar(select(PackFile).where(PackFile.pack_digest == digest, PackFile.path == path))
    if found is None:
        raise NotFound(_l("There is no such figure."))
    return found
