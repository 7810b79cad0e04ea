"""Learning time: what counts, what does not, and what somebody who wants more of it might try."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, NotFound, Unavailable
from shixun.enrolment import attention
from shixun.enrolment.attention_models import Attention
from shixun.enrolment.operations import withdraw
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_center, make_person
from shixun.testing.learning import make_enrolment


class Page:
    """A lesson page in a browser whose clock the test moves."""

    def __init__(self, house: Any, clock: Any, item: str = "curve", source: str = "lesson") -> None:
        self.house = house
        self.clock = clock
        self.nonce = attention.start_token(house.enrolment, item, source)
        self.answer = attention.Beat("")

    def beat(self, *, has_input: bool = True, present: bool = False, nonce: str | None = None) -> attention.Beat:
        self.answer = attention.beat(
            self.house.learner,
            self.house.center.id,
            self.nonce if nonce is None else nonce,
            has_input=has_input,
            present=present,
        )
        if nonce is None:
            self.nonce = self.answer.nonce
        db.session.commit()
        return self.answer

    def stay(self, seconds: int, *, has_input: bool = True) -> None:
        """Beat every 30 s for so long."""
        for _ in range(seconds // 30):
            self.clock.shift(30)
            self.beat(has_input=has_input)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def page(house: Any, clock: Any) -> Page:
    return Page(house, clock)


def intervals() -> list[tuple[float, int]]:
    """Seconds and proofs of every interval in the ledger."""
    found = []
    for entry in db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == "time.interval")):
        data = entry.data
        seconds = datetime.fromisoformat(data["end"]) - datetime.fromisoformat(data["start"])
        found.append((seconds.total_seconds(), data["proofs"]))
    return found


def rows() -> list[Attention]:
    return list(db.session.scalars(db.select(Attention).order_by(Attention.started_at, Attention.id)))


def test_reading_counts_from_the_first_beat_to_the_last(page: Page) -> None:
    page.beat(has_input=False)
    page.stay(300)
    page.clock.shift(120)
    attention.close_stale()
    assert intervals() == [(300.0, 10)]
    entry = db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == "time.interval")).one()
    assert {key: entry.data[key] for key in ("run_id", "item", "source")} == {
        "run_id": page.house.run.id,
        "item": "curve",
        "source": "lesson",
    }


def test_leaving_the_page_ends_it_at_once(page: Page) -> None:
    page.beat()
    page.stay(60)
    page.clock.shift(20)
    attention.end(page.house.learner, page.house.center.id, page.nonce)
    assert intervals() == [(80.0, 3)]
    with pytest.raises(Conflict):
        attention.end(page.house.learner, page.house.center.id, page.nonce)
    assert len(intervals()) == 1


def test_a_spent_nonce_gives_no_time(page: Page) -> None:
    page.beat()
    old = page.nonce
    page.stay(60)
    before = rows()[0].last_beat_at
    page.clock.shift(30)
    with pytest.raises(Conflict):
        page.beat(nonce=old)
    assert rows()[0].last_beat_at == before


def test_the_latest_nonce_may_be_repeated_and_counts_nothing_more(page: Page) -> None:
    page.beat()
    spent = page.nonce
    page.clock.shift(30)
    first = page.beat()
    before = rows()[0].last_beat_at
    page.clock.shift(30)
    assert page.beat(nonce=spent) == first
    assert rows()[0].last_beat_at == before
    assert rows()[0].proofs == 2


def test_a_page_opens_one_stretch_however_often_it_says_so(page: Page) -> None:
    start = page.nonce
    first = page.beat()
    assert page.beat(nonce=start) == first
    page.stay(30)
    with pytest.raises(Conflict):
        page.beat(nonce=start)
    assert len(rows()) == 1


@pytest.mark.parametrize(
    "forged", ["start.abc", "start.", "", "x", "a.1.b", "{id}.1.00", "{id}.999999999999.x", "{id}.１.x", "{id}.-1.é"]
)
def test_made_up_nonces(page: Page, forged: str) -> None:
    page.beat()
    with pytest.raises((Conflict, NotFound)):
        page.beat(nonce=forged.format(id=rows()[0].id))
    assert len(rows()) == 1


def test_a_start_token_is_worth_nothing_after_half_a_day(page: Page) -> None:
    page.clock.shift(13 * 3600)
    with pytest.raises(Conflict):
        page.beat()


def test_ten_minutes_without_input_ask_and_no_answer_ends_at_the_last_proof(page: Page) -> None:
    page.beat()
    page.stay(60)
    page.stay(570, has_input=False)
    assert not page.answer.ask
    page.stay(30, has_input=False)
    assert page.answer.ask
    page.stay(180, has_input=False)
    assert page.answer.ask  # still there to be answered
    page.stay(600, has_input=True)  # a mouse that moves is no answer
    assert page.answer.ask
    assert intervals() == [(60.0, 3)]
    page.clock.shift(10)
    assert not page.beat(present=True).ask
    page.stay(60)
    page.clock.shift(100)
    attention.close_stale()
    assert intervals() == [(60.0, 3), (60.0, 3)]


def test_answered_in_time_it_goes_on(page: Page) -> None:
    page.beat()
    page.stay(600, has_input=False)
    assert page.answer.ask
    page.clock.shift(60)
    page.beat(present=True, has_input=False)
    assert not page.answer.ask
    page.stay(60)
    page.clock.shift(100)
    attention.close_stale()
    assert intervals() == [(720.0, 4)]


def test_an_answered_check_answers_the_question_too(page: Page) -> None:
    page.beat()
    page.stay(600, has_input=False)
    assert page.answer.ask
    attention.prove(page.house.enrolment, "curve")
    page.clock.shift(30)
    assert not page.beat(has_input=False).ask
    assert rows()[0].proofs == 2


def test_presence_alone_is_kept_and_says_that_it_proves_nothing(page: Page) -> None:
    page.beat(has_input=False)
    page.stay(300, has_input=False)
    page.clock.shift(100)
    attention.close_stale()
    assert intervals() == [(300.0, 0)]


def test_the_sweep_ends_a_question_that_nobody_answers(page: Page) -> None:
    page.beat()
    page.stay(600, has_input=False)
    assert page.answer.ask
    page.clock.shift(60)
    attention.close_stale()
    assert intervals() == []
    page.clock.shift(70)
    attention.close_stale()
    assert rows()[0].ended_at is not None
    assert intervals() == []  # there was no proof after the start: nothing to write


def test_silence_ends_it_and_coming_back_begins_anew(page: Page) -> None:
    page.beat()
    page.stay(60)
    old = page.nonce
    page.clock.shift(3600)
    page.beat()
    assert intervals() == [(60.0, 3)]
    assert page.beat(nonce=old).nonce == page.nonce  # its answer was lost: the same new stretch, not another one
    page.stay(30)
    with pytest.raises(Conflict):
        page.beat(nonce=old)
    assert len(rows()) == 2
    page.clock.shift(100)
    attention.close_stale()
    assert intervals() == [(60.0, 3), (30.0, 2)]


def test_two_tabs_make_two_intervals(page: Page) -> None:
    other = Page(page.house, page.clock)
    page.beat()
    other.beat()
    for _ in range(4):
        page.clock.shift(30)
        page.beat()
        other.beat()
    page.clock.shift(100)
    attention.close_stale()
    assert intervals() == [(120.0, 5), (120.0, 5)]


def test_nobody_keeps_dozens_of_pages_open(page: Page) -> None:
    for _ in range(attention.MOST_PAGES):
        Page(page.house, page.clock).beat()
    with pytest.raises(Conflict):
        page.beat()


def test_time_counts_only_while_the_run_lasts(page: Page) -> None:
    page.house.run.ends_at = now() + timedelta(seconds=45)
    db.session.commit()
    page.beat()
    page.clock.shift(30)
    page.beat()
    page.clock.shift(30)
    assert page.beat().stop
    assert intervals() == [(45.0, 3)]
    assert Page(page.house, page.clock).beat().stop
    page.house.run.ends_at = now() + timedelta(days=3)
    page.house.run.starts_at = now() + timedelta(days=1)
    db.session.commit()
    assert Page(page.house, page.clock).beat().stop
    assert len(rows()) == 1


def test_a_lab_counts_once_its_server_is_ready(house: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = False
    monkeypatch.setattr(attention, "_may_count", {})
    page = Page(house, clock, "curve", "lab")
    with pytest.raises(Unavailable):
        page.beat()
    attention.register_may_count("lab", lambda enrolment, item: ready and item == "curve")
    with pytest.raises(Unavailable):
        page.beat()
    ready = True
    page.beat()
    page.stay(30)
    ready = False
    clock.shift(30)
    with pytest.raises(Unavailable):
        page.beat()
    assert rows()[0].proofs == 2
    clock.shift(100)
    attention.close_stale()
    assert intervals() == [(30.0, 2)]


def test_who_was_taken_out_of_the_run_counts_nothing_more(page: Page) -> None:
    page.beat()
    withdraw(page.house.teacher, page.house.enrolment)
    db.session.commit()
    page.clock.shift(30)
    with pytest.raises(NotFound):
        page.beat()
    with pytest.raises(NotFound):
        Page(page.house, page.clock).beat()


def test_other_peoples_nonces_are_not_found(page: Page) -> None:
    page.beat()
    other = make_person(page.house.center, "other")
    make_enrolment(page.house.run, other)
    db.session.commit()
    page.house.trainee = other
    with pytest.raises(NotFound):
        page.beat()
    with pytest.raises(NotFound):
        page.beat(nonce=attention.start_token(page.house.enrolment, "curve", "lesson"))


def test_another_centers_address_finds_no_stretch(page: Page) -> None:
    page.beat()
    center = make_center("xiamen")
    db.session.commit()
    with pytest.raises(NotFound):
        attention.beat(
            type(page.house.learner)(page.house.trainee.id, center.id, page.house.learner.permissions),
            center.id,
            page.nonce,
            has_input=True,
            present=False,
        )


def test_every_acknowledged_beat_is_in_the_database(house: Any, clock: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    nonce = attention.start_token(house.enrolment, "curve", "lesson")
    for number in range(1, 4):
        answer = person.post("/c/longyan/attention/beat", json={"nonce": nonce, "input": True, "present": False})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        nonce = answer.json["nonce"]
        db.session.remove()  # whatever this process held is gone
        assert rows()[0].beats == number
        clock.shift(30)
    gone = person.post("/c/longyan/attention/end", json={"nonce": nonce})
    assert gone.status_code == 204
    assert intervals() == [(90.0, 3)]


@pytest.mark.parametrize(
    "body",
    [
        {"input": True},
        {"nonce": 7},
        {"nonce": "x" * 600},
        {"nonce": None, "input": True},
        {"nonce": "start.x", "input": "yes"},
        {"nonce": "start.x", "input": -5, "present": 1e99},
        [],
        "text",
    ],
)
def test_beats_that_are_no_beats(house: Any, browser: Any, body: Any) -> None:
    answer = browser().sign_in("xueyuan").post("/c/longyan/attention/beat", json=body)
    assert answer.status_code == 422
    assert rows() == []


def test_times_that_the_browser_claims_are_ignored(house: Any, browser: Any, clock: Any) -> None:
    person = browser().sign_in("xueyuan")
    nonce = attention.start_token(house.enrolment, "curve", "lesson")
    sent = {"nonce": nonce, "input": True, "at": "2020-01-01T00:00:00Z", "seconds": 99999, "start": 0}
    assert person.post("/c/longyan/attention/beat", json=sent).status_code == 200
    assert rows()[0].started_at == now()


def test_a_replay_over_http_is_a_conflict(house: Any, browser: Any, clock: Any) -> None:
    person = browser().sign_in("xueyuan")
    first = attention.start_token(house.enrolment, "curve", "lesson")
    nonce = first
    for _ in range(2):
        nonce = person.post("/c/longyan/attention/beat", json={"nonce": nonce, "input": True}).json["nonce"]
        clock.shift(30)
    headers = {"Accept": "application/json"}
    replay = person.post("/c/longyan/attention/beat", json={"nonce": first, "input": True}, headers=headers)
    assert replay.status_code == 409
    assert replay.json["error"]["code"] == "nonce"
