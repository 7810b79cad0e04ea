"""From a draft to a pack version: the same reading, checking and storing as `shixun pack sync`, within one center."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from shixun.authoring import operations, packs, queries, toml_text
from shixun.authoring.differences import Differences, differences
from shixun.authoring.models import Draft
from shixun.core import audit, blobs
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.models import Course, CourseVersion, LabVersion, Offer
from shixun.curriculum.packs import ReadyCourse, ReadyLab, read_course, read_lab
from shixun.curriculum.syncing import check_labs, store_course, store_lab
from shixun.enrolment.models import Run
from shixun.enrolment.queries import RunState, state_of
from shixun_packs.digest import read_bundle
from shixun_packs.problems import PackError, Problem, Report
from shixun_packs.toml import read_toml

Number = tuple[int, int, int]


@dataclass(frozen=True)
class ClassOn:
    """A run of this course that is not over, and the version that it stays on."""

    run: Run
    version: str


def number(version: str) -> Number:
    """A version's number, to be compared."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def suggestions(present: str | None) -> list[str]:
    """The numbers that may come next: correction, addition, another course."""
    if present is None:
        return ["1.0.0"]
    major, minor, patch = number(present)
    return [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"]


def since(draft: Draft) -> Differences:
    """What publishing would change of the present version."""
    present = queries.own_version(draft.center_id, draft.kind, draft.slug)
    old = read_bundle(blobs.get(present.digest)) if present is not None else {}
    return differences(old, queries.files(draft))


def ready(draft: Draft, files: Mapping[str, bytes]) -> ReadyCourse | ReadyLab:
    """What would be stored. Raises `PackError` with everything that stands between these files and a version."""
    with packs.folder(files, draft.slug) as folder:
        if draft.kind == "lab":
            return read_lab(folder)
        course = read_course(folder)
        _check_course(draft.center_id, course, Report(folder))
        return course


def _check_course(center_id: str, course: ReadyCourse, report: Report) -> None:
    """What a course says of other packs must hold in its center."""
    check_labs(report, report.folder, course, {version.lab.slug for version in queries.labs_seen(center_id)})
    document = read_toml(report.folder / "course.toml")
    for index, needed in enumerate(course.course.info.prerequisites):
        if not queries.taken(center_id, "course", needed):
            report.problems.append(document.problem(f"there is no course {needed!r}", "course", "prerequisites", index))
    report.close()


def publish(actor: Actor, draft: Draft, version: str) -> CourseVersion | LabVersion:
    """Make the draft the center's present version of this pack. Runs stay on the version that they began with.

    Raises `Invalid` (field `version`) for a number that is not above the present one, `PackError` for a pack that is
    not right, `Conflict` where nothing has changed or the platform has a pack of this name.
    """
    actor.require(Permission.COURSE_AUTHOR, draft.center_id)
    operations.lock(draft)
    present = queries.own_version(draft.center_id, draft.kind, draft.slug)
    if present is None and queries.taken(draft.center_id, draft.kind, draft.slug):
        raise Conflict(_l("The platform has a pack of this name by now. Start a draft under another name."))
    if present is not None and number(version) <= number(present.version):
        message = _l("Give a number above %(version)s.", version=present.version)
        raise Invalid(message, {"version": message})
    if present is not None and not since(draft).any:
        raise Conflict(_l("Nothing has changed since the last version."))
    operations.change(
        actor, draft, f"{draft.kind}.toml", lambda text: toml_text.set_values(text, (draft.kind,), {"version": version})
    )
    pack = ready(draft, queries.files(draft))
    stored: CourseVersion | LabVersion
    if isinstance(pack, ReadyCourse):
        stored = store_course(actor, pack, center_id=draft.center_id)
        if present is None:
            _offer(actor, stored.course)
    else:
        stored = store_lab(actor, pack, center_id=draft.center_id)
    draft.base_digest, draft.base_version = stored.digest, stored.version
    operations.note(actor, draft, f"{draft.kind}.toml", "published")
    audit.record(actor, "authoring.pack.published", f"{draft.kind} {draft.slug}", digest=stored.digest, version=version)
    db.session.flush()
    return stored


def _offer(actor: Actor, course: Course) -> None:
    """A center teaches what it has written; a manager may take it out of the catalogue, and then it stays out."""
    assert course.center_id is not None
    db.session.add(Offer(center_id=course.center_id, course_id=course.id))
    audit.record(actor, "curriculum.course.offered", course.slug)


def classes_on(draft: Draft) -> Sequence[ClassOn]:
    """Runs of this course that are not over, by start."""
    found = db.session.execute(
        select(Run, CourseVersion.version)
        .join(CourseVersion, CourseVersion.id == Run.course_version_id)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Run.center_id == draft.center_id, Course.center_id == draft.center_id, Course.slug == draft.slug)
        .order_by(Run.starts_at)
    ).all()
    return [ClassOn(run, version) for run, version in found if state_of(run) is not RunState.ENDED]


def courses_with(draft: Draft) -> Sequence[CourseVersion]:
    """The center's own courses whose present version has this lab."""
    return [
        version
        for version in queries.own_packs(draft.center_id).courses
        if any(item.lab_slug == draft.slug for item in version.items)
    ]


def problems(draft: Draft, files: Mapping[str, bytes]) -> list[Problem]:
    """Everything that stands between the files and a version, by file and line."""
    try:
        ready(draft, files)
    except PackError as error:
        return error.problems
    return []
