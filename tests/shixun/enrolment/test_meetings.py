"""Class meetings: codes, attendance, and attempts to be there without being there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid
from shixun.enrolment import meetings, operations, queries
from shixun.enrolment.models import Attendance, Meeting
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_center, make_person
from shixun.testing.learning import make_enrolment, make_run


@pytest.fixture
def clock() -> Any:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    with time_machine.travel(start, tick=False) as traveller:
        yield traveller


@pytest.fixture
def meeting(house: Any, clock: Any) -> Meeting:
    """A meeting that begins in ten minutes and lasts an hour."""
    plan = meetings.MeetingPlan("第一次课", now() + timedelta(minutes=10), now() + timedelta(minutes=70), "301")
    found = meetings.plan_meeting(house.teacher, house.run, plan)
    db.session.commit()
    return found


def code(meeting: Meeting) -> str:
    return meetings.code(meeting, now())[0]


def wrong(meeting: Meeting) -> str:
    return f"{(int(code(meeting)) + 1) % 1_000_000:06d}"


def intervals() -> list[float]:
    return [
        (datetime.fromisoformat(entry.data["end"]) - datetime.fromisoformat(entry.data["start"])).total_seconds()
        for entry in db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == "time.interval"))
    ]


def check_ins() -> int:
    return len(db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == "meeting.checkin")).all())


def test_class_time_runs_from_the_start_to_the_end(house: Any, meeting: Meeting, clock: Any) -> None:
    meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    clock.shift(3600 + 700)
    meetings.close_meetings()
    meetings.close_meetings()
    assert intervals() == [3600.0]
    assert check_ins() == 1


def test_late_and_early_are_counted_as_they_were(house: Any, meeting: Meeting, clock: Any) -> None:
    clock.shift(1200)
    meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    meetings.check_in(house.learner, house.enrolment, meeting, "again, whatever")
    clock.shift(600)
    meetings.check_out(house.learner, house.enrolment, meeting)
    meetings.check_out(house.learner, house.enrolment, meeting)
    clock.shift(300)
    meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    clock.shift(7200)
    meetings.close_meetings()
    assert sorted(intervals()) == [600.0, 2100.0]
    assert check_ins() == 1


def test_who_leaves_before_the_start_was_not_there(house: Any, meeting: Meeting, clock: Any) -> None:
    meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    clock.shift(60)
    meetings.check_out(house.learner, house.enrolment, meeting)
    assert intervals() == []


def test_a_code_lives_for_a_minute_at_most(house: Any, meeting: Meeting, clock: Any) -> None:
    seen, seconds = meetings.code(meeting, now())
    assert 1 <= seconds <= 30
    clock.shift(61)
    with pytest.raises(meetings.WrongCode):
        meetings.check_in(house.learner, house.enrolment, meeting, seen)
    seen = code(meeting)
    clock.shift(30)
    assert meetings.check_in(house.learner, house.enrolment, meeting, f" {seen[:3]} {seen[3:]} ")


def test_guessing_codes_ends_after_five(house: Any, meeting: Meeting, clock: Any) -> None:
    for _ in range(meetings.TRIES):
        with pytest.raises(meetings.WrongCode):
            meetings.check_in(house.learner, house.enrolment, meeting, wrong(meeting))
    with pytest.raises(Conflict) as error:
        meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    assert error.value.code == "tries"
    clock.shift(601)
    assert meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))


def test_wrong_codes_are_remembered_over_http(house: Any, meeting: Meeting, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    path = f"{house.path}/meetings/{meeting.id}"
    for _ in range(meetings.TRIES):
        page = person.post(path, {"code": wrong(meeting)})
        assert page.status_code == 422
        assert "field-error" in page.get_data(as_text=True)
    assert person.post(path, {"code": code(meeting)}).status_code == 409
    assert db.session.scalars(db.select(Attendance)).all() == []


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "é" * 6, "0x1234"])
def test_codes_that_are_no_codes(house: Any, meeting: Meeting, typed: str) -> None:
    with pytest.raises(meetings.WrongCode):
        meetings.check_in(house.learner, house.enrolment, meeting, typed)


def test_neither_too_early_nor_too_late(house: Any, meeting: Meeting, clock: Any) -> None:
    clock.shift(-1300)
    with pytest.raises(Conflict):
        meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    clock.shift(1300 + 70 * 60)
    with pytest.raises(Conflict):
        meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    with pytest.raises(Conflict):
        meetings.check_in_by_hand(house.teacher, house.enrolment, meeting)


def test_by_hand_counts_from_now(house: Any, meeting: Meeting, clock: Any) -> None:
    clock.shift(1800)
    stay = meetings.check_in_by_hand(house.teacher, house.enrolment, meeting)
    assert stay.started_at == now()
    assert stay.by_hand
    clock.shift(60)
    meetings.check_out(house.teacher, house.enrolment, meeting)
    assert intervals() == [60.0]


def test_the_code_of_one_meeting_is_none_of_another(house: Any, meeting: Meeting) -> None:
    plan = meetings.MeetingPlan("另一次", meeting.starts_at, meeting.ends_at)
    other = meetings.plan_meeting(house.teacher, house.run, plan)
    with pytest.raises(meetings.WrongCode):
        meetings.check_in(house.learner, house.enrolment, meeting, code(other))


def test_trainees_of_another_run_have_no_meeting_here(house: Any, meeting: Meeting, browser: Any) -> None:
    other = make_run(house.center, house.version)
    make_enrolment(other, house.trainee)
    db.session.commit()
    person = browser().sign_in("xueyuan")
    assert person.get(f"/c/longyan/learn/{other.id}/meetings/{meeting.id}").status_code == 404
    stranger = make_person(make_center("xiamen"), "fremd")
    make_person(house.center, "outside")
    db.session.commit()
    assert stranger
    for name, center in (("fremd", "xiamen"), ("fremd", "longyan"), ("outside", "longyan")):
        path = f"/c/{center}/learn/{house.run.id}/meetings/{meeting.id}"
        assert browser().sign_in(name).post(path, {"code": code(meeting)}).status_code == 404


def test_the_pages_of_a_meeting(house: Any, meeting: Meeting, browser: Any) -> None:
    teacher, trainee = browser().sign_in("jiaoshi"), browser().sign_in("xueyuan")
    path = f"/c/longyan/runs/{house.run.id}/meetings/{meeting.id}"
    shown = teacher.get(path).get_data(as_text=True)
    now_code = code(meeting)
    assert f"{now_code[:3]} {now_code[3:]}" in shown
    assert meeting.secret not in shown
    own = f"{house.path}/meetings/{meeting.id}"
    assert now_code not in trainee.get(own).get_data(as_text=True)
    assert trainee.get(path).status_code == 403
    assert trainee.post(own, {"code": now_code}).status_code == 302
    assert "1 / 1" in teacher.get(f"{path}/presence").get_data(as_text=True)
    assert trainee.get(f"{own}/leave").status_code == 200
    assert trainee.post(f"{own}/leave").status_code == 302
    assert "0 / 1" in teacher.get(f"{path}/presence").get_data(as_text=True)
    by_hand = f"{path}/attendance/{house.enrolment.id}"
    assert teacher.post(by_hand).status_code == 302
    assert teacher.post(by_hand, {"leave": "1"}).status_code == 302
    assert len(db.session.scalars(db.select(Attendance)).all()) == 2
    assert teacher.get(f"{path}/remove").status_code == 200
    assert teacher.post(f"{path}/remove").location.endswith(f"/meetings/{meeting.id}")  # somebody was there: it stays


def test_planning_over_http(house: Any, clock: Any, browser: Any) -> None:
    teacher = browser().sign_in("jiaoshi")
    path = f"/c/longyan/runs/{house.run.id}/meetings/new"
    local = now() + timedelta(hours=8)
    begins = (local + timedelta(days=1)).strftime("%Y-%m-%dT09:00")
    ends = (local + timedelta(days=1)).strftime("%Y-%m-%dT11:00")
    good = {"title": "第二次课", "place": "", "starts_at": begins, "ends_at": ends}
    for bad in ({"title": ""}, {"ends_at": begins}, {"starts_at": "soon"}, {"starts_at": "0001-01-01T00:00"}):
        page = teacher.post(path, {**good, **bad})
        assert page.status_code == 422
        assert "field-error" in page.get_data(as_text=True)
    assert teacher.post(path, good).status_code == 302
    meeting = queries.meetings(queries.run(house.center.id, house.run.id))[0]
    assert meeting.starts_at.astimezone(UTC).hour == 1  # nine o'clock in Shanghai
    edit = f"/c/longyan/runs/{house.run.id}/meetings/{meeting.id}/edit"
    assert begins in teacher.get(edit).get_data(as_text=True)
    assert teacher.post(edit, {**good, "place": "302"}).status_code == 302
    assert teacher.post(edit.replace("/edit", "/remove")).status_code == 302
    assert queries.meetings(queries.run(house.center.id, house.run.id)) == []


def test_nobody_is_checked_in_for_time_that_has_passed(house: Any, meeting: Meeting, clock: Any) -> None:
    past = meetings.MeetingPlan("补录", now() - timedelta(minutes=50), now() - timedelta(minutes=10))
    with pytest.raises(Invalid):
        meetings.plan_meeting(house.teacher, house.run, past)
    clock.shift(1200)
    meetings.check_in(house.learner, house.enrolment, meeting, code(meeting))
    for change in (
        meetings.MeetingPlan("x", meeting.starts_at - timedelta(hours=1), meeting.ends_at),
        meetings.MeetingPlan("x", meeting.starts_at, now() - timedelta(minutes=1)),
    ):
        with pytest.raises(Invalid):
            meetings.change_meeting(house.teacher, meeting, change)
    with pytest.raises(Conflict):
        meetings.remove_meeting(house.teacher, meeting)
    clock.shift(7200)
    with pytest.raises(Conflict):
        meetings.change_meeting(
            house.teacher, meeting, meetings.MeetingPlan("x", meeting.starts_at, now() + timedelta(hours=1))
        )


def test_a_run_opened_as_one_meeting_stays_one(house: Any, clock: Any) -> None:
    draft = make_run(house.center, house.version, opened=False)
    plan = meetings.MeetingPlan("讲座", now() + timedelta(hours=1), now() + timedelta(hours=3))
    only = meetings.plan_meeting(house.teacher, draft, plan)
    operations.open_run(house.teacher, draft)
    entry = db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.key == draft.id)).one()
    assert entry.data["meetings"] == 1
    with pytest.raises(Conflict):
        meetings.plan_meeting(house.teacher, draft, plan)
    with pytest.raises(Conflict):
        meetings.remove_meeting(house.teacher, only)
    meetings.change_meeting(house.teacher, only, meetings.MeetingPlan("讲座", plan.starts_at, plan.ends_at, "报告厅"))
    assert only.place == "报告厅"
