"""Evidence goes in once, whole, and in the right shape."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shixun.core.db import db
from shixun.core.permissions import system_actor
from shixun.ledger.models import LedgerEntry, LedgerPending
from shixun.ledger.operations import record
from shixun.testing.factories import make_center

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
INTERVAL = {
    "run_id": "run1",
    "item": "why-modbus",
    "source": "lesson",
    "start": "2026-03-01T08:00:00Z",
    "end": "2026-03-01T09:00:00Z",
    "proofs": 60,
}


@pytest.fixture
def actor(app: Any) -> Any:
    return system_actor(make_center().id)


def write(actor: Any, data: dict[str, Any] = INTERVAL, **more: Any) -> LedgerEntry:
    return record(
        actor, **{"kind": "time.interval", "subject_id": "s1", "key": "i1", "occurred_at": AT, "data": data, **more}
    )


def test_the_same_again_is_the_first(actor: Any) -> None:
    first = write(actor)
    again = write(actor, {**INTERVAL, "proofs": 99})
    db.session.commit()
    assert again.id == first.id
    assert again.data["proofs"] == 60
    assert db.session.query(LedgerEntry).count() == db.session.query(LedgerPending).count() == 1


def test_keys_are_apart_per_center_and_kind(actor: Any) -> None:
    other = system_actor(make_center("xiamen").id)
    ids = {write(actor).id, write(other).id, write(actor, {"run_id": "run1"}, kind="run.enrolled").id}
    assert len(ids) == 3


def test_the_canonical_bytes_are_rfc_8785(actor: Any) -> None:
    entry = write(actor, {**INTERVAL, "item": "为什么"})
    record_ = json.loads(entry.canonical)
    plain = json.dumps(record_, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert entry.canonical == plain.encode()
    assert record_["occurred_at"] == "2026-03-01T09:00:00.000000Z"
    assert record_["center"] == actor.center_id
    assert entry.data == {**INTERVAL, "item": "为什么"}


def test_evidence_rolls_back_with_its_deed(actor: Any) -> None:
    db.session.commit()
    write(actor)
    db.session.rollback()
    assert db.session.query(LedgerEntry).count() == db.session.query(LedgerPending).count() == 0


def test_practice_mode_keeps_no_evidence(actor: Any, app: Any) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"lab_backend": "practice"})
    assert record(actor, "time.interval", subject_id="s1", key="i1", occurred_at=AT, data=INTERVAL) is None
    with pytest.raises(ValueError):  # an error of the calling code is one there, too
        record(actor, "time.interval", subject_id="s1", key="i1", occurred_at=AT, data={})
    assert db.session.query(LedgerEntry).count() == db.session.query(LedgerPending).count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"end": "2026-03-01T08:00:00Z"},
        {"end": "2026-03-01T09:00:00"},
        {"end": "2026-03-01T17:00:00+08:00"},
        {"source": "practice"},
        {"proofs": "60"},
        {"proofs": -1},
        {"run_id": ""},
    ],
)
def test_a_wrong_shape_is_refused(actor: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        write(actor, {**INTERVAL, **wrong})


def test_what_can_not_be_evidence_is_refused(actor: Any) -> None:
    with pytest.raises(ValueError):
        write(actor, kind="practice.done")
    with pytest.raises(ValueError):
        write(actor, subject_id=None)
    with pytest.raises(ValueError):
        write(actor, occurred_at=datetime(2026, 3, 1))  # noqa: DTZ001
    with pytest.raises(ValueError):
        write(actor, key="")
    with pytest.raises(ValueError):
        write(system_actor())
