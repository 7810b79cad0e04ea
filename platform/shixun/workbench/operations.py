"""Starting, stopping and resetting labs, and keeping the work that is done in them.

The hub is asked by the worker, from the outbox: a killed web process leaves neither a lost start nor a double one.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shixun.assessment import operations as assessment
from shixun.assessment.models import Submission
from shixun.core import audit, blobs, outbox
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, DomainError, Invalid, Unavailable
from shixun.core.i18n import _l, language
from shixun.core.permissions import Actor, Permission
from shixun.core.unit_of_work import after_commit
from shixun.core.wakeup import publish
from shixun.curriculum.models import LabVersion
from shixun.workbench.models import LabSession, LabWork, WorkFile
from shixun_packs.digest import read_bundle
from shixun_packs.paths import path_fault

MOST_FILES = 64
MOST_BYTES = 8 * 2**20  # of one file
START_PATIENCE = timedelta(seconds=150)
ENDINGS = ("idle", "age", "memory", "crashed")  # what the hub may know of a server that ended by itself


@dataclass(frozen=True)
class Seat:
    """Where a lab is done: an item of a run, or a challenge of a contest. Made by `seats` after checking the right to it."""

    center_id: str
    context: str
    context_id: str
    item: str
    owner_id: str
    lab: LabVersion


class TooLarge(DomainError):
    """A file beyond what work may hold."""

    status = 413
    code = "too-large"


def session_channel(person_id: str) -> str:
    """The live channel of a person's lab."""
    return f"lab:{person_id}"


def work_at(actor: Actor, seat: Seat) -> LabWork:
    """The actor's work at a seat; if there is none yet, made with the release notebook and pinned to the lab's present version."""
    actor.require(Permission.LAB_USE, seat.center_id)
    assert actor.person_id is not None
    found = existing_work(actor.person_id, seat)
    if found is not None:
        return found
    secret = current_app.config["SETTINGS"].grading_secret
    map_seed = hmac.new(secret.encode(), f"map:{seat.owner_id}:{seat.lab.lab.slug}".encode(), hashlib.sha256)
    work = LabWork(
        center_id=seat.center_id,
        context=seat.context,
        context_id=seat.context_id,
        item=seat.item,
        person_id=actor.person_id,
        owner_id=seat.owner_id,
        lab_version_id=seat.lab.id,
        map_seed=map_seed.hexdigest(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(work)
    except IntegrityError:  # another page of the same person was first
        found = existing_work(actor.person_id, seat)
        if found is None:
            raise
        return found
    for path, data in read_bundle(blobs.get(seat.lab.release_digest)).items():
        save_file(work, f"{work.item}/{path}", data)
    return work


def existing_work(person_id: str, seat: Seat) -> LabWork | None:
    """The person's work at a seat, if it was ever started."""
    return db.session.scalar(
        select(LabWork).where(
            LabWork.center_id == seat.center_id,
            LabWork.context == seat.context,
            LabWork.context_id == seat.context_id,
            LabWork.item == seat.item,
            LabWork.person_id == person_id,
        )
    )


def open_session(person_id: str) -> LabSession | None:
    """The person's lab that has not ended."""
    return db.session.scalar(select(LabSession).where(LabSession.person_id == person_id, LabSession.ended_at.is_(None)))


def start(actor: Actor, seat: Seat) -> LabSession:
    """Ask for a lab. The same lab again is the same session; another one open is a `Conflict`."""
    settings = current_app.config["SETTINGS"]
    if settings.lab_backend == "none":
        raise Unavailable(_l("This installation has no labs. `shixun doctor` tells its operator why."))
    work = work_at(actor, seat)
    at_work = open_session(work.person_id)
    if at_work is not None:
        if at_work.work_id == work.id and at_work.stopping_at is None:
            return at_work
        raise Conflict(_l("You have another lab open. Stop it first; your work in it is kept."), code="other-lab")
    session = LabSession(
        center_id=work.center_id,
        work=work,
        person_id=work.person_id,
        counts=settings.lab_backend == "docker",
        process_seed=secrets.token_hex(32),
    )
    db.session.add(session)
    db.session.flush()
    outbox.enqueue("workbench.start", {"session": session.id, "language": language()})
    audit.record(actor, "workbench.lab.started", session.id, work=work.id)
    return session


def stop(actor: Actor, session: LabSession, *, again: bool = False) -> None:
    """Stop a lab; with `again` a fresh one (new plant, work restored) starts as soon as it is gone."""
    if actor.person_id not in {None, session.person_id}:
        raise Conflict(_l("Only its trainee can stop this lab."))
    if session.ended_at is not None or session.stopping_at is not None:
        return
    session.stopping_at = now()
    outbox.enqueue(
        "workbench.stop",
        {"session": session.id, "why": "reset" if again else "stopped", "again": again, "language": language()},
    )
    tell(session)
    audit.record(actor, "workbench.lab.reset" if again else "workbench.lab.stopped", session.id)


def end(session: LabSession, why: str) -> None:
    """The session is over: its token is worth nothing from now on. Ending twice changes nothing."""
    if session.ended_at is None:
        session.ended_at = now()
        session.why_ended = why
        db.session.flush()
        tell(session)


def tell(session: LabSession) -> None:
    """Tell the person's open pages how their lab stands."""
    channel, message = session_channel(session.person_id), {"session": session.id}
    event = "failed" if session.why_ended == "failed" else "ready" if session.ready_at is not None else "changed"
    after_commit(lambda: publish(channel, event, message))


def save_file(work: LabWork, path: str, data: bytes) -> WorkFile:
    """Keep a file of the lab. Raises `Invalid` for a path that is not plain, `TooLarge` beyond the limits."""
    if path_fault(path) is not None or len(path) > 240:
        raise Invalid(_l("This file name is not allowed: %(name)s", name=path[:80]), code="path")
    if len(data) > MOST_BYTES:
        raise TooLarge(_l("A file of a lab may hold at most 8 MB. Clear the outputs and save again."))
    found = next((file for file in work.files if file.path == path), None)
    if found is None:
        if len(work.files) >= MOST_FILES:
            raise TooLarge(_l("A lab keeps at most 64 files."))
        found = WorkFile(work=work, path=path, digest=blobs.put(data), saved_at=now())
        db.session.add(found)
    else:
        found.digest = blobs.put(data)
        found.saved_at = now()
    db.session.flush()
    return found


def remove_file(work: LabWork, path: str) -> None:
    """Forget a file of the lab; one that isn't kept is forgotten already."""
    found = next((file for file in work.files if file.path == path), None)
    if found is not None:
        work.files.remove(found)
        db.session.delete(found)
        db.session.flush()


def saved_files(work: LabWork) -> dict[str, bytes]:
    """The saved files of the assignment's folder, by path within it: what handing in from the page sends."""
    folder = f"{work.item}/"
    return {
        file.path.removeprefix(folder): blobs.get(file.digest) for file in work.files if file.path.startswith(folder)
    }


def submit(actor: Actor, work: LabWork, files: dict[str, bytes], key: str) -> tuple[Submission, bool]:
    """Hand in files of a lab: from JupyterLab, or the last saved state from the lab's page."""
    place = assessment.Place(
        center_id=work.center_id,
        context=work.context,
        context_id=work.context_id,
        item=work.item,
        owner_id=work.owner_id,
        lab=work.lab.lab.slug,
        pack_digest=work.lab.digest,
        max_points=work.lab.max_points,
        counts=work.lab.has_checks and current_app.config["SETTINGS"].lab_backend == "docker",
        map_seed=work.map_seed,
    )
    return assessment.submit(actor, place, files, key)
