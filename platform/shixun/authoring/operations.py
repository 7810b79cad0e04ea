"""What instructors do with drafts and their files. Nothing is overwritten that the writer has not seen."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shixun.authoring import course_text
from shixun.authoring.models import Draft, DraftFile, DraftSave
from shixun.core import audit, blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, DomainError, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.models import CourseVersion, LabVersion
from shixun_packs.digest import read_bundle
from shixun_packs.paths import path_fault
from shixun_packs.problems import PackError
from shixun_packs.text import LocalText
from shixun_packs.toml import parse_toml

MOST_FILES = 400
MOST_BYTES = 8 * 2**20  # of one file
MOST_TOGETHER = 32 * 2**20
STRETCH = timedelta(minutes=10)  # saves of one person that follow within are one line of the history


class TooLarge(DomainError):
    """More than a draft may hold."""

    status = 413
    code = "too-large"


class Stale(Conflict):
    """What was saved here is another text than the writer began with. `theirs` is it, `digest` names it."""

    def __init__(self, theirs: Any, digest: str) -> None:
        super().__init__(
            _l("Somebody else saved this in the meantime. Both texts are below: nothing is lost."), code="stale"
        )
        self.theirs = theirs
        self.digest = digest


def digest_of(value: Any) -> str:
    """A name for the present state of something that a form edits: text, or plain data."""
    data = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
    return blobs.digest_of(data)


def create_course(actor: Actor, center_id: str, info: Mapping[str, Any], taken: Callable[[str], bool]) -> Draft:
    """Begin a new course. `info` as `CourseInfo`; `taken` says which slugs others have. Raises `Invalid` (field `slug`)."""
    actor.require(Permission.COURSE_AUTHOR, center_id)
    draft = _new_draft(actor, center_id, "course", info["slug"], dict(info["title"]), taken)
    write(actor, draft, course_text.FILE, course_text.new(info).encode())
    audit.record(actor, "authoring.draft.started", f"course {draft.slug}")
    return draft


def draft_from(actor: Actor, center_id: str, version: CourseVersion | LabVersion) -> Draft:
    """The working copy of a published version of the center's own pack; the one that there is, if there is one."""
    actor.require(Permission.COURSE_AUTHOR, center_id)
    pack = version.course if isinstance(version, CourseVersion) else version.lab
    kind = "course" if isinstance(version, CourseVersion) else "lab"
    if pack.center_id != center_id:
        raise NotFound(_l("There is no such course in this center."))
    there = db.session.scalar(
        select(Draft).where(Draft.center_id == center_id, Draft.kind == kind, Draft.slug == pack.slug)
    )
    if there is not None:
        return there
    draft = Draft(
        center_id=center_id,
        kind=kind,
        slug=pack.slug,
        title=version.title,
        base_digest=version.digest,
        base_version=version.version,
    )
    try:
        _insert(draft)
    except IntegrityError:  # somebody else, or a second click, was first
        raise Conflict(_l("Somebody else began this draft at the same moment. Look at the list again.")) from None
    for path, data in read_bundle(blobs.get(version.digest)).items():
        write(actor, draft, path, data, action="imported")
    audit.record(actor, "authoring.draft.started", f"{kind} {draft.slug}", digest=version.digest)
    return draft


def create_from_files(
    actor: Actor,
    center_id: str,
    kind: str,
    slug: str,
    title: dict[str, str],
    files: Mapping[str, bytes],
    taken: Callable[[str], bool],
    *,
    source: str = "",
) -> Draft:
    """Begin a pack from files that there are: an archive, a template, a course of the platform under another name."""
    actor.require(Permission.COURSE_AUTHOR, center_id)
    draft = _new_draft(actor, center_id, kind, slug, title, taken)
    for path, data in files.items():
        write(actor, draft, path, data, action="imported")
    audit.record(actor, "authoring.draft.started", f"{kind} {slug}", source=source)
    return draft


def _new_draft(
    actor: Actor, center_id: str, kind: str, slug: str, title: dict[str, str], taken: Callable[[str], bool]
) -> Draft:
    message = _l("This short name is taken. Choose another one.")
    if taken(slug):
        raise Invalid(message, {"slug": message})
    draft = Draft(center_id=center_id, kind=kind, slug=slug, title=title)
    try:
        _insert(draft)
    except IntegrityError:
        raise Invalid(message, {"slug": message}) from None
    return draft


def _insert(draft: Draft) -> None:
    """Add a draft. Raises `IntegrityError` where there is one of this name; the unit of work goes on."""
    with db.session.begin_nested():
        db.session.add(draft)


def lock(draft: Draft) -> None:
    """Let nobody else change this draft until the unit of work ends."""
    db.session.execute(select(Draft.id).where(Draft.id == draft.id).with_for_update())


def save(actor: Actor, draft: Draft, path: str, data: bytes, base: str | None) -> DraftFile:
    """Save a file that the writer had as `base` (None: a new one). Raises `Stale`, `Invalid` or `TooLarge`."""
    actor.require(Permission.COURSE_AUTHOR, draft.center_id)
    lock(draft)
    found = _file(draft, path)
    present = found.digest if found is not None else None
    if present != base and (found is None or found.data != data):
        raise Stale(found.data.decode("utf-8", "replace") if found is not None else "", present or "")
    return write(actor, draft, path, data)


def change(actor: Actor, draft: Draft, path: str, function: Callable[[str], str], base: str | None = None) -> None:
    """Change a text file; with `base`, only if the file is still that one. Raises `Conflict` otherwise."""
    actor.require(Permission.COURSE_AUTHOR, draft.center_id)
    lock(draft)
    found = _file(draft, path)
    if base is not None and (found is None or found.digest != base):
        raise Conflict(_l("Somebody else changed the course in the meantime. Look at it again, then repeat the step."))
    before = found.data.decode() if found is not None else ""
    try:
        after = function(before)
    except PackError as error:
        raise Invalid(_l("%(file)s can't be read as it is: mend it first.", file=path)) from error
    if after != before or found is None:
        write(actor, draft, path, after.encode())


def write(actor: Actor, draft: Draft, path: str, data: bytes, *, action: str = "saved") -> DraftFile:
    """Put a file into a draft, whatever was there. Raises `Invalid` for a path that is not plain, `TooLarge`."""
    if (fault := path_fault(path)) is not None:
        raise Invalid(_l("This file name is not allowed: %(name)s", name=path[:80]), code=fault)
    if len(data) > MOST_BYTES:
        raise TooLarge(_l("A file may hold at most 8 MB."))
    found = _file(draft, path)
    others = [file for file in draft.files if file is not found]
    if len(others) >= MOST_FILES or sum(file.size for file in others) + len(data) > MOST_TOGETHER:
        raise TooLarge(_l("A draft holds at most 400 files and 32 MB."))
    if found is None:
        found = DraftFile(draft_id=draft.id, path=path)
        draft.files.append(found)
    found.data = data
    found.size = len(data)
    found.digest = blobs.digest_of(data)
    found.saved_by = actor.person_id or ""
    found.saved_at = draft.changed_at = now()
    note(actor, draft, path, action)
    if path == f"{draft.kind}.toml":
        _follow(draft, data)
    db.session.flush()
    return found


def _follow(draft: Draft, data: bytes) -> None:
    """Keep the draft's title that of its pack, if the file can be read that far."""
    try:
        table = parse_toml(data.decode(), "").data[draft.kind]
        draft.title = LocalText.model_validate(table["title"]).model_dump()
    except (PackError, UnicodeDecodeError, KeyError, TypeError, ValidationError):
        return


def remove(actor: Actor, draft: Draft, path: str) -> None:
    """Take a file out of a draft; one that is not there is no error."""
    actor.require(Permission.COURSE_AUTHOR, draft.center_id)
    lock(draft)
    found = _file(draft, path)
    if found is not None:
        draft.files.remove(found)
        draft.changed_at = now()
        note(actor, draft, path, "removed")
        db.session.flush()


def discard(actor: Actor, draft: Draft) -> None:
    """Throw a draft away. Published versions stay."""
    actor.require(Permission.COURSE_AUTHOR, draft.center_id)
    audit.record(actor, "authoring.draft.discarded", f"{draft.kind} {draft.slug}", files=len(draft.files))
    db.session.delete(draft)
    db.session.flush()


def _file(draft: Draft, path: str) -> DraftFile | None:
    return db.session.scalar(
        select(DraftFile)
        .where(DraftFile.draft_id == draft.id, DraftFile.path == path)
        .execution_options(populate_existing=True)
    )


def note(actor: Actor, draft: Draft, path: str, action: str) -> None:
    """One line of the history for a stretch of saves, so that autosave does not bury everything else."""
    last = next((entry for entry in draft.saves if entry.path == path), None)
    same = last is not None and last.action == action and last.person_id == actor.person_id
    if last is not None and same and now() - last.last_at < STRETCH:
        last.times += 1
        last.last_at = now()
        return
    draft.saves.insert(
        0, DraftSave(draft_id=draft.id, path=path, action=action, person_id=actor.person_id or "", last_at=now())
    )
