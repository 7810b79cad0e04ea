"""One commit at the edge, and what waits for it."""

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from shixun.core import outbox
from shixun.core.blobs import Blob, put
from shixun.core.db import db, reading
from shixun.core.outbox import OutboxEntry
from shixun.core.unit_of_work import after_commit, commit, pause, rollback, unit_of_work


def test_actions_wait_for_the_commit_and_not_for_a_savepoint(app: Any) -> None:
    seen: list[str] = []
    put(b"x")
    after_commit(lambda: seen.append("a"))
    with db.session.begin_nested():
        put(b"y")
        after_commit(lambda: seen.append("b"))
    assert seen == []
    commit()
    assert seen == ["a", "b"]
    commit()
    assert seen == ["a", "b"]


def test_a_rollback_drops_what_waited(app: Any) -> None:
    seen: list[str] = []
    put(b"x")
    after_commit(lambda: seen.append("a"))
    rollback()
    put(b"y")
    commit()
    assert seen == []


def test_an_action_that_fails_does_not_undo_the_commit(app: Any) -> None:
    put(b"x")
    after_commit(lambda: 1 / 0)
    commit()
    assert db.session.scalar(db.select(db.func.count()).select_from(Blob)) == 1


def test_reading_cannot_write(app: Any) -> None:
    with reading(), pytest.raises(DBAPIError, match=r"read-?only"):
        put(b"x")
    rollback()
    put(b"x")
    commit()


def test_pause_refuses_to_lose_something(app: Any) -> None:
    db.session.add(OutboxEntry(kind="test", payload={}))
    with pytest.raises(RuntimeError):
        pause()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def handle(payload: dict[str, Any]) -> None:
        put(payload["data"].encode())
        if payload.get("fails"):
            raise ValueError("no")
        done.append(payload["data"])

    monkeypatch.setitem(outbox._handlers, "test.work", handle)
    return done


def test_the_outbox_does_work_once_and_retries_what_failed(app: Any, work: list[str]) -> None:
    with unit_of_work():
        outbox.enqueue("test.work", {"data": "good"})
        outbox.enqueue("test.work", {"data": "bad", "fails": True})
    assert outbox.drain() == 1
    assert work == ["good"]
    (failed,) = db.session.scalars(db.select(OutboxEntry).where(OutboxEntry.done_at.is_(None)))
    assert (failed.attempts, failed.error) == (1, "ValueError: no")
    assert db.session.scalar(db.select(db.func.count()).select_from(Blob)) == 1  # the failed one left nothing


def test_work_of_a_rolled_back_deed_never_runs(app: Any, work: list[str]) -> None:
    outbox.enqueue("test.work", {"data": "never"})
    rollback()
    assert outbox.drain() == 0
    assert work == []


def test_a_worker_that_lost_its_lease_leaves_nothing(app: Any, work: list[str]) -> None:
    with unit_of_work():
        outbox.enqueue("test.work", {"data": "once"})
    first = outbox.lease_next()
    assert first is not None
    with unit_of_work():
        db.session.get_one(OutboxEntry, first.id).lease_id = "another"
    assert not outbox.run(first)
    assert db.session.scalar(db.select(db.func.count()).select_from(Blob)) == 0
