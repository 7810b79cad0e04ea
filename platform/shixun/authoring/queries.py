"""Reads about drafts. Every one names the center."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload, undefer

from shixun.authoring.models import Draft, DraftFile, DraftSave
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.curriculum.models import Course, CourseVersion, Lab, LabVersion


def draft(center_id: str, draft_id: str, kind: str | None = None) -> Draft:
    """A draft of the center (of a kind). Raises `NotFound`."""
    query = select(Draft).where(Draft.id == draft_id, Draft.center_id == center_id)
    if kind is not None:
        query = query.where(Draft.kind == kind)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(_l("There is no such draft."))
    return found


def drafts(center_id: str) -> Sequence[Draft]:
    """All drafts of the center, the one worked on last first, each with its latest saves."""
    return db.session.scalars(
        select(Draft)
        .where(Draft.center_id == center_id)
        .options(selectinload(Draft.saves).joinedload(DraftSave.person))
        .order_by(Draft.changed_at.desc())
    ).all()


def history(draft: Draft) -> Sequence[DraftSave]:
    """Who saved what, the latest first."""
    return db.session.scalars(
        select(DraftSave)
        .where(DraftSave.draft_id == draft.id)
        .options(joinedload(DraftSave.person))
        .order_by(DraftSave.last_at.desc(), DraftSave.id)
        .limit(200)
    ).all()


def file(draft: Draft, path: str) -> DraftFile:
    """A file of a draft with its bytes. Raises `NotFound`."""
    found = db.session.scalar(
        select(DraftFile)
        .where(DraftFile.draft_id == draft.id, DraftFile.path == path)
        .options(undefer(DraftFile.data), joinedload(DraftFile.person))
    )
    if found is None:
        raise NotFound(_l("There is no such file in this draft."))
    return found


def text(draft: Draft, path: str) -> str | None:
    """The text of a file; None if there is no such file, or no text."""
    found = db.session.scalar(select(DraftFile.data).where(DraftFile.draft_id == draft.id, DraftFile.path == path))
    try:
        return None if found is None else found.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def file_digests(draft: Draft) -> dict[str, str]:
    """The digest of each file, by path."""
    query = select(DraftFile.path, DraftFile.digest).where(DraftFile.draft_id == draft.id)
    return dict(db.session.execute(query).all())


def files(draft: Draft) -> dict[str, bytes]:
    """All files of a draft by path."""
    query = select(DraftFile.path, DraftFile.data).where(DraftFile.draft_id == draft.id).order_by(DraftFile.path)
    return dict(db.session.execute(query).all())


@dataclass(frozen=True)
class OwnPacks:
    """What a center has published itself."""

    courses: Sequence[CourseVersion]
    labs: Sequence[LabVersion]


def own_packs(center_id: str) -> OwnPacks:
    """The current versions of the center's own packs, by slug."""
    courses = db.session.scalars(
        select(CourseVersion)
        .join(Course, (Course.id == CourseVersion.course_id) & (Course.current_digest == CourseVersion.digest))
        .where(Course.center_id == center_id)
        .options(joinedload(CourseVersion.course))
        .order_by(Course.slug)
    ).all()
    labs = db.session.scalars(
        select(LabVersion)
        .join(Lab, (Lab.id == LabVersion.lab_id) & (Lab.current_digest == LabVersion.digest))
        .where(Lab.center_id == center_id)
        .options(joinedload(LabVersion.lab))
        .order_by(Lab.slug)
    ).all()
    return OwnPacks(courses, labs)


def own_version(center_id: str, kind: str, slug: str) -> CourseVersion | LabVersion | None:
    """The current version of a pack of the center's own."""
    if kind == "course":
        return next((found for found in own_packs(center_id).courses if found.course.slug == slug), None)
    return next((found for found in own_packs(center_id).labs if found.lab.slug == slug), None)


def taken(center_id: str, kind: str, slug: str) -> bool:
    """Whether a pack that the center sees has this name already."""
    model = Course if kind == "course" else Lab
    query = select(model.id).where(model.slug == slug, model.center_id.is_(None) | (model.center_id == center_id))
    return db.session.scalar(query) is not None


def labs_seen(center_id: str) -> list[LabVersion]:
    """The labs that a course of the center can have: its own, and the platform's where it has none of that name."""
    found: dict[str, LabVersion] = {}
    for version in db.session.scalars(
        select(LabVersion)
        .join(Lab, (Lab.id == LabVersion.lab_id) & (Lab.current_digest == LabVersion.digest))
        .where(Lab.center_id.is_(None) | (Lab.center_id == center_id))
        .options(joinedload(LabVersion.lab))
        .order_by(Lab.center_id.is_(None), Lab.slug)
    ):
        found.setdefault(version.lab.slug, version)
    return list(found.values())


def text_of_all(draft: Draft, prefix: str) -> list[str]:
    """The texts of all files below a folder."""
    found = db.session.scalars(
        select(DraftFile.data).where(DraftFile.draft_id == draft.id, DraftFile.path.startswith(prefix, autoescape=True))
    )
    return [data.decode("utf-8", "replace").replace("\r\n", "\n") for data in found]
