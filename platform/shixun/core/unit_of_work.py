"""One commit at the edge: a request, a job or a command is a unit of work. What must follow the commit waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from shixun.core.db import db

log = structlog.get_logger(__name__)
_KEY = "shixun_after_commit"


def after_commit(action: Callable[[], object]) -> None:
    """Run `action` once the present transaction has committed; never if it rolls back. It must not touch the session."""
    db.session.info.setdefault(_KEY, []).append(action)


def commit() -> None:
    """End the unit of work well. Only edges (requests, jobs, commands) call this."""
    db.session.commit()


def rollback() -> None:
    """Drop the unit of work and everything that waited for its commit."""
    db.session.rollback()


def pause() -> None:
    """End the transaction before a slow call to a neighbour; what comes after begins another. Nothing may be unwritten."""
    if db.session.new or db.session.dirty or db.session.deleted:
        raise RuntimeError("something waits to be written; call the neighbour first or in another unit of work")
    db.session.rollback()


@contextmanager
def unit_of_work() -> Iterator[None]:
    """A unit of work outside of a request. Needs an application context."""
    try:
        yield
        commit()
    except BaseException:
        rollback()
        raise


@event.listens_for(Session, "after_commit")
def _run(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint ended; the transaction may still fail
        return
    actions: list[Callable[[], Any]] = session.info.pop(_KEY, [])
    for action in actions:
        try:
            action()
        except Exception:
            # The commit stands whatever happens here; what follows it can be found again (the outbox is swept).
            log.exception("after-commit action failed")


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop(_KEY, None)
