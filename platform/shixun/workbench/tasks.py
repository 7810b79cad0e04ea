"""What the worker does for labs: asks the hub, watches starts, and finds sessions whose server is gone."""

import secrets
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import select

from shixun.accounts.models import Person
from shixun.core import outbox
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Unavailable
from shixun.core.unit_of_work import pause
from shixun.workbench import operations
from shixun.workbench.hub import Hub, NoSuchUser
from shixun.workbench.models import LabSession
from shixun.workbench.tickets import ticket

log = structlog.get_logger(__name__)
LOOK_AGAIN = timedelta(seconds=1)
GRACE = timedelta(seconds=45)  # a server may be missing from the hub's list for a moment after it was asked for


def _hub() -> Hub:
    return Hub(current_app.config["SETTINGS"])


def _session(payload: dict[str, Any]) -> LabSession | None:
    return db.session.get(LabSession, payload["session"])


@outbox.handler("workbench.start")
def start(payload: dict[str, Any]) -> None:
    """Ask the hub for the server; `workbench.watch` looks how it goes on."""
    session = _session(payload)
    if session is None or session.ended_at is not None or session.stopping_at is not None:
        return
    settings = current_app.config["SETTINGS"]
    user, leave = session.person.hub_user, ticket(settings, session, payload["language"])
    pause()
    try:
        answer = _hub().start(user, leave)
    except NoSuchUser:
        operations.end(session, "failed")
        return
    except Unavailable:
        if now() - session.created_at > operations.START_PATIENCE:
            operations.end(session, "failed")
            return
        raise
    if answer == "busy":
        outbox.enqueue("workbench.start", payload, delay=timedelta(seconds=5))
    else:
        outbox.enqueue("workbench.watch", {"session": session.id}, delay=LOOK_AGAIN)
    operations.tell(session)


@outbox.handler("workbench.watch")
def watch(payload: dict[str, Any]) -> None:
    """Look whether the server is ready; ask again until it is, has failed, or took too long."""
    session = _session(payload)
    if session is None or session.ended_at is not None or session.ready_at is not None:
        return
    user = session.person.hub_user
    pause()
    try:
        server = _hub().server(user)
    except NoSuchUser:
        operations.end(session, "failed")
        return
    if server.ready:
        session.ready_at = now()
        operations.tell(session)
    elif not server.exists and server.pending is None:
        operations.end(session, "failed")
    elif now() - session.created_at > operations.START_PATIENCE:
        _hub().stop(user)
        operations.end(session, "failed")
    else:
        outbox.enqueue("workbench.watch", payload, delay=LOOK_AGAIN)


@outbox.handler("workbench.stop")
def stop(payload: dict[str, Any]) -> None:
    """Stop the server; once it is gone end the session, and start the next one after a reset."""
    session = _session(payload)
    if session is None or session.ended_at is not None:
        return
    user = session.person.hub_user
    pause()
    if not _hub().stop(user):
        outbox.enqueue("workbench.stop", payload, delay=LOOK_AGAIN)
        return
    operations.end(session, payload["why"])
    if payload.get("again"):
        work = session.work
        fresh = LabSession(
            center_id=work.center_id,
            work=work,
            person_id=work.person_id,
            counts=session.counts,
            process_seed=secrets.token_hex(32),
        )
        db.session.add(fresh)
        db.session.flush()
        outbox.enqueue("workbench.start", {"session": fresh.id, "language": payload["language"]})


def find_lost() -> None:
    """End sessions whose server is gone: culled, over its allowance, or taken along by its host."""
    sessions = db.session.execute(
        select(LabSession, Person.hub_user)
        .join(Person, Person.id == LabSession.person_id)
        .where(LabSession.ended_at.is_(None), LabSession.stopping_at.is_(None), LabSession.created_at < now() - GRACE)
    ).all()
    if not sessions:
        return
    users = {session.id: hub_user for session, hub_user in sessions}
    pause()
    running = _hub().running()
    gone = [identity for identity, user in users.items() if user not in running]
    whys = _hub().endings(gone) if gone else {}
    for session, _user in sessions:
        if session.id in gone and session.ended_at is None:
            why = whys.get(session.id)
            log.info("lab gone", session=session.id, why=why)
            operations.end(session, why if why in operations.ENDINGS else "lost")


TICKS = [find_lost]
