"""From packs to the database. A digest that is there already costs nothing; nobody who has started is moved along."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import delete, select

from shixun.core import audit, blobs
from shixun.core.db import db
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.models import (
    Course,
    CourseItem,
    CourseVersion,
    Lab,
    LabVersion,
    LessonText,
    PackFile,
    QuestionSet,
)
from shixun.curriculum.packs import ReadyCourse, ReadyLab, read_course, read_lab
from shixun.curriculum.rendering import RENDERING
from shixun_packs.course import LabItem
from shixun_packs.digest import unbundle
from shixun_packs.paths import is_ignored
from shixun_packs.problems import PackError, Report
from shixun_packs.toml import read_toml

log = structlog.get_logger(__name__)
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True)
class Synced:
    """One pack after a sync. `changed`: the current version is another than before."""

    kind: str  # course, lab
    slug: str
    version: str
    digest: str
    changed: bool


def sync_course(actor: Actor, folder: Path) -> CourseVersion:
    """Store the course pack in `folder` and make it the current version. Raises `PackError`; then nothing changes."""
    actor.require(Permission.PACKS_MANAGE)
    return store_course(actor, read_course(folder))


def sync_lab(actor: Actor, folder: Path) -> LabVersion:
    """Store the lab pack in `folder` and make it the current version. Raises `PackError`; then nothing changes."""
    actor.require(Permission.PACKS_MANAGE)
    return store_lab(actor, read_lab(folder))


def sync_all(actor: Actor, courses_dir: Path, labs_dir: Path) -> list[Synced]:
    """Store every course below `courses_dir` and every lab below `labs_dir`; all of them or, with `PackError`, none."""
    actor.require(Permission.PACKS_MANAGE)
    report = Report(courses_dir)
    labs: list[ReadyLab] = []
    courses: list[ReadyCourse] = []
    for folder in _folders(labs_dir):
        with report.catching():
            labs.append(read_lab(folder))
    for folder in _folders(courses_dir):
        with report.catching():
            courses.append(read_course(folder))
    known = {ready.lab.slug for ready in labs} | {folder.name for folder in _folders(labs_dir)}
    known |= set(db.session.scalars(select(Lab.slug).where(Lab.center_id.is_(None))))
    for ready in courses:
        check_labs(report, courses_dir / ready.course.slug, ready, known)
    report.close()
    before = dict(db.session.execute(select(Lab.slug, Lab.current_digest).where(Lab.center_id.is_(None))).all())
    synced = [
        Synced("lab", row.lab.slug, row.version, row.digest, before.get(row.lab.slug) != row.digest)
        for row in (store_lab(actor, lab) for lab in labs)
    ]
    before = dict(
        db.session.execute(select(Course.slug, Course.current_digest).where(Course.center_id.is_(None))).all()
    )
    synced += [
        Synced("course", row.course.slug, row.version, row.digest, before.get(row.course.slug) != row.digest)
        for row in (store_course(actor, course) for course in courses)
    ]
    _render_anew(actor)
    return synced


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and not is_ignored(path.name))


def check_labs(report: Report, folder: Path, ready: ReadyCourse, known: set[str]) -> None:
    """Note every lab of the course that is not among the `known` slugs."""
    document = read_toml(folder / "course.toml")
    for u, unit in enumerate(ready.course.units):
        for i, item in enumerate(unit.item):
            if isinstance(item, LabItem) and item.lab not in known:
                report.problems.append(document.problem(f"there is no lab {item.lab!r}", "unit", u, "item", i, "lab"))


def store_course(
    actor: Actor, ready: ReadyCourse, *, center_id: str | None = None, current: bool = True
) -> CourseVersion:
    """Store a course version, of the platform or of a center, and (`current`) let new runs take it. The caller has authorised."""
    digest = blobs.put(ready.bundle)
    course = db.session.scalar(
        select(Course).where(Course.slug == ready.course.slug, Course.center_id.is_not_distinct_from(center_id))
    )
    is_new = course is None
    if course is None:
        course = Course(slug=ready.course.slug, center_id=center_id, current_digest=digest)
        db.session.add(course)
        db.session.flush()
    version = db.session.scalar(
        select(CourseVersion).where(CourseVersion.course_id == course.id, CourseVersion.digest == digest)
    )
    if version is None:
        version = _new_course_version(course, digest, ready)
    if version.rendering != RENDERING:
        _store_texts(version, ready)
        _store_figures(digest, ready.course.figures)
    if current and (is_new or course.current_digest != digest):
        audit.record(actor, "curriculum.course.synced", course.slug, digest=digest, version=version.version)
        course.current_digest = digest
    db.session.flush()
    return version


def _new_course_version(course: Course, digest: str, ready: ReadyCourse) -> CourseVersion:
    info = ready.course.info
    version = CourseVersion(
        course=course,
        digest=digest,
        version=info.version,
        rendering=0,
        title=info.title.model_dump(),
        summary=info.summary.model_dump(),
        audience=list(info.audience),
        level=info.level,
        field=info.field,
        class_hours=info.class_hours,
        goals=info.goals.model_dump(),
        prerequisites=list(info.prerequisites),
        units=[{"slug": unit.slug, "title": unit.title.model_dump()} for unit in ready.course.units],
    )
    places = [(index, item) for index, unit in enumerate(ready.course.units) for item in unit.item]
    version.items = [
        CourseItem(
            position=position,
            unit=unit,
            kind=item.kind,
            slug=item.slug,
            title=item.title.model_dump(),
            minutes=item.minutes,
            lab_slug=item.lab if isinstance(item, LabItem) else None,
        )
        for position, (unit, item) in enumerate(places)
    ]
    db.session.add(version)
    db.session.flush()
    return version


def _store_texts(version: CourseVersion, ready: ReadyCourse) -> None:
    """Write the rendered texts of a version, in place of those of an older rendering."""
    ids = {item.slug: item.id for item in version.items}
    db.session.execute(delete(LessonText).where(LessonText.item_id.in_(list(ids.values()))))
    db.session.execute(delete(QuestionSet).where(QuestionSet.version_id == version.id))
    for slug, lesson in ready.lessons.items():
        db.session.add(
            LessonText(
                item_id=ids[slug],
                summary_en=ready.course.lessons[slug].summary_en,
                headings=lesson.headings,
                parts=lesson.parts,
            )
        )
    for slug, questions in ready.quizzes.items():
        rules = ready.course.quizzes[slug].quiz.model_dump(include={"pass_percent", "draw", "minutes", "attempts"})
        db.session.add(QuestionSet(version_id=version.id, kind="quiz", slug=slug, rules=rules, questions=questions))
    db.session.add(
        QuestionSet(version_id=version.id, kind="checks", slug="checks", rules={}, questions=list(ready.checks))
    )
    version.rendering = RENDERING
    db.session.flush()


def _store_figures(digest: str, figures: "dict[str, bytes]") -> None:
    stored = set(db.session.scalars(select(PackFile.path).where(PackFile.pack_digest == digest)))
    for path, data in figures.items():
        media_type = MEDIA_TYPES.get(path.rpartition(".")[2])
        if path not in stored and media_type is not None:
            blob = blobs.put(data)
            db.session.add(PackFile(pack_digest=digest, path=path, media_type=media_type, blob_digest=blob))


def store_lab(actor: Actor, ready: ReadyLab, *, center_id: str | None = None, current: bool = True) -> LabVersion:
    """Store a lab version, of the platform or of a center, and (`current`) let new sessions take it. The caller has authorised."""
    digest = blobs.put(ready.bundle)
    lab = db.session.scalar(
        select(Lab).where(Lab.slug == ready.lab.slug, Lab.center_id.is_not_distinct_from(center_id))
    )
    is_new = lab is None
    if lab is None:
        lab = Lab(slug=ready.lab.slug, center_id=center_id, current_digest=digest)
        db.session.add(lab)
        db.session.flush()
    version = db.session.scalar(select(LabVersion).where(LabVersion.lab_id == lab.id, LabVersion.digest == digest))
    if version is None:
        version = _new_lab_version(lab, digest, ready)
    if version.rendering != RENDERING:
        version.steps = ready.steps
        version.rendering = RENDERING
    if current and (is_new or lab.current_digest != digest):
        audit.record(actor, "curriculum.lab.synced", lab.slug, digest=digest, version=version.version)
        lab.current_digest = digest
    db.session.flush()
    return version


def _new_lab_version(lab: Lab, digest: str, ready: ReadyLab) -> LabVersion:
    pack = ready.lab
    version = LabVersion(
        lab=lab,
        digest=digest,
        version=pack.version,
        rendering=RENDERING,
        title=pack.title.model_dump(),
        summary=pack.summary.model_dump(),
        minutes=pack.minutes,
        field=pack.field,
        has_checks=pack.checks is not None,
        plant=pack.plant.model_dump() if pack.plant is not None else None,
        limits=pack.limits.model_dump(),
        grades=[grade.model_dump() for grade in pack.grades],
        hints={key: text.model_dump() for key, text in pack.hints.items()},
        steps=ready.steps,
        form=[field.model_dump() for field in pack.form],
        release_digest=blobs.put(ready.release),
    )
    db.session.add(version)
    _store_figures(digest, dict(ready.figures))
    return version


def _render_anew(actor: Actor) -> None:
    """Render the texts of versions that are in use but in no folder any more, from their own bundles."""
    for version in db.session.scalars(select(CourseVersion).where(CourseVersion.rendering != RENDERING)).all():
        with _unpacked(version.digest, version.course.slug) as folder:
            store_course(actor, read_course(folder), center_id=version.course.center_id, current=False)
    for lab_version in db.session.scalars(select(LabVersion).where(LabVersion.rendering != RENDERING)).all():
        with _unpacked(lab_version.digest, lab_version.lab.slug) as folder:
            store_lab(actor, read_lab(folder), center_id=lab_version.lab.center_id, current=False)


@contextmanager
def _unpacked(digest: str, slug: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as parent:
        try:
            unbundle(blobs.get(digest), Path(parent) / slug)
            yield Path(parent) / slug
        except PackError as error:  # the rules have become stricter since: its texts stay as they were
            log.warning("pack not rendered anew", pack=slug, digest=digest, problems=str(error))
