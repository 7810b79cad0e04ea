"""The same thing twice at the same moment: double clicks, two tabs, the last place of a run."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from shixun.assessment.quiz_models import QuizAttempt
from shixun.core.clock import now
from shixun.core.db import db
from shixun.enrolment import attention, meetings, operations
from shixun.enrolment.attention_models import Attention
from shixun.enrolment.models import Attendance, CheckAnswer, Enrolment
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_person
from shixun.testing.learning import make_run

TIMES = 4


def at_once(app: Any, calls: list[Callable[[], Any]]) -> list[int]:
    """Run all calls in threads that start together; returns the HTTP statuses."""
    start = Barrier(len(calls))

    def go(call: Callable[[], Any]) -> int:
        with app.app_context():
            start.wait()
            return int(call().status_code)

    db.session.rollback()
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(go, calls))


def test_one_nonce_in_four_tabs_counts_once(app: Any, house: Any, browser: Any) -> None:
    people = [browser().sign_in("xueyuan") for _ in range(TIMES)]
    token = attention.start_token(house.enrolment, "curve", "lesson")
    path = "/c/longyan/attention/beat"
    sent = {"nonce": token, "input": True}
    statuses = at_once(app, [lambda one=one: one.post(path, json=sent) for one in people])
    assert set(statuses) <= {200, 409}
    row = db.session.scalars(db.select(Attention)).one()
    assert (row.beats, row.proofs) == (1, 1)
    sent = {"nonce": people[0].post(path, json=sent).json["nonce"], "input": True}
    statuses = at_once(app, [lambda one=one: one.post(path, json=sent) for one in people])
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    row = db.session.scalars(db.select(Attention)).one()
    assert (row.beats, row.proofs) == (2, 2)


def test_a_double_click_checks_in_once(app: Any, house: Any, browser: Any) -> None:
    plan = meetings.MeetingPlan("课", now() + timedelta(minutes=5), now() + timedelta(minutes=65))
    meeting = meetings.plan_meeting(house.teacher, house.run, plan)
    db.session.commit()
    path, code = f"{house.path}/meetings/{meeting.id}", meetings.code(meeting, now())[0]
    people = [browser().sign_in("xueyuan") for _ in range(TIMES)]
    assert at_once(app, [lambda one=one: one.post(path, {"code": code}) for one in people]) == [302] * TIMES
    assert len(db.session.scalars(db.select(Attendance)).all()) == 1
    kinds = db.session.scalars(db.select(LedgerEntry.kind).where(LedgerEntry.kind == "meeting.checkin")).all()
    assert len(kinds) == 1


def test_a_double_click_begins_one_sitting_and_answers_one_check(app: Any, house: Any, browser: Any) -> None:
    people = [browser().sign_in("xueyuan") for _ in range(TIMES)]
    path = house.path
    begun = at_once(app, [lambda one=one: one.post(f"{path}/quizzes/curve-quiz/begin") for one in people])
    assert begun == [302] * TIMES
    assert len(db.session.scalars(db.select(QuizAttempt)).all()) == 1
    check = f"{path}/lessons/curve/checks/which-axis"
    at_once(app, [lambda one=one: one.post(check, {"check-which-axis": "0"}) for one in people])
    assert len(db.session.scalars(db.select(CheckAnswer)).all()) == 1


def test_the_last_place_goes_to_one(app: Any, house: Any, browser: Any) -> None:
    run = make_run(house.center, house.version, capacity=2, self_enrolment=True)
    names = [f"p{number}" for number in range(TIMES)]
    made = [make_person(house.center, name) for name in names]
    operations.enrol(house.teacher, run, [made[0].id])
    db.session.commit()
    path, run_id = f"/c/longyan/learn/{run.id}/join", run.id
    people = [browser().sign_in(name) for name in names[1:]]
    statuses = at_once(app, [lambda one=one: one.post(path) for one in people])
    assert sorted(statuses) == [302, *[409] * (TIMES - 2)]
    assert len(db.session.scalars(db.select(Enrolment).where(Enrolment.run_id == run_id)).all()) == 2
