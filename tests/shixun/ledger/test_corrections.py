"""A wrong entry is reversed by a new one, and only if a second person agrees."""

from collections.abc import Callable
from typing import Any

import pytest

from shixun.accounts import queries as accounts
from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.core.permissions import Role, system_actor
from shixun.ledger import corrections, operations
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_center, make_person


@pytest.fixture
def managers(center: Center) -> list[Any]:
    people = [make_person(center, name, Role.CENTER_MANAGER) for name in ("lin", "chen")]
    db.session.commit()
    return [accounts.actor_in(person, center) for person in people]


@pytest.fixture
def entry(center: Center, fill: Callable[..., None]) -> LedgerEntry:
    fill(1)
    return db.session.scalars(db.select(LedgerEntry)).one()


def test_two_people_reverse_an_entry(managers: list[Any], entry: LedgerEntry, center: Center) -> None:
    request = corrections.request(managers[0], entry.id, "  recorded for the wrong run ")
    assert operations.find(center.id, "entry.reversed", entry.id) is None
    corrections.decide(managers[1], request.id, approve=True)
    reversal = operations.find(center.id, "entry.reversed", entry.id)
    assert reversal is not None
    assert reversal.subject_id == entry.subject_id
    assert reversal.data["entry"] == entry.id
    assert reversal.data["reason"] == "recorded for the wrong run"
    assert reversal.data["approved_by"] == accounts.subject_of(managers[1].person_id, center.id)
    with pytest.raises(Conflict):
        corrections.decide(managers[1], request.id, approve=True)
    with pytest.raises(Conflict):
        corrections.request(managers[0], entry.id, "once more, please")
    with pytest.raises(Conflict):
        corrections.request(managers[0], reversal.id, "reverse the reversal")


def test_nobody_decides_on_their_own_request(managers: list[Any], entry: LedgerEntry) -> None:
    request = corrections.request(managers[0], entry.id, "recorded twice")
    with pytest.raises(Forbidden):
        corrections.decide(managers[0], request.id, approve=True)
    with pytest.raises(Conflict):
        corrections.request(managers[1], entry.id, "the same again")


def test_a_refusal_changes_nothing_and_may_be_asked_again(
    managers: list[Any], entry: LedgerEntry, center: Center
) -> None:
    request = corrections.request(managers[0], entry.id, "recorded twice")
    corrections.decide(managers[1], request.id, approve=False)
    assert operations.find(center.id, "entry.reversed", entry.id) is None
    corrections.request(managers[1], entry.id, "it really was")


def test_who_may_not(managers: list[Any], entry: LedgerEntry, center: Center) -> None:
    trainee = accounts.actor_in(make_person(center, "wang"), center)
    other_center = make_center("xiamen")
    stranger = accounts.actor_in(make_person(other_center, "zhang", Role.CENTER_MANAGER), other_center)
    with pytest.raises(Forbidden):
        corrections.request(trainee, entry.id, "please, please")
    with pytest.raises(Forbidden):
        corrections.request(system_actor(center.id), entry.id, "by a script")
    with pytest.raises(NotFound):
        corrections.request(stranger, entry.id, "not mine at all")
    request = corrections.request(managers[0], entry.id, "recorded twice")
    with pytest.raises(NotFound):
        corrections.decide(stranger, request.id, approve=True)
    for reason in ("", "    ", "abc", "x" * 501):
        with pytest.raises(Invalid):
            corrections.request(managers[0], entry.id, reason)
