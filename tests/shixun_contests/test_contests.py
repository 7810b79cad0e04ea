"""A contest from planning to the ledger, and everything that people try in between."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from shixun.accounts import queries as accounts
from shixun.assessment.events import SubmissionGraded
from shixun.assessment.models import GradingJob, Submission, Verdict
from shixun.core import blobs, outbox
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.core.events import emit
from shixun.core.permissions import Role
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_center, make_person
from shixun_contests import operations, standings
from shixun_contests.models import Attempt, Board, Contest, ContestPack, Entry
from shixun_contests.packs import sync_contest
from shixun_packs.contest import expected_flag

PACK = Path(__file__).parents[2] / "competitions" / "packs" / "demo-cup"


@pytest.fixture
def world(app: Any) -> Any:
    """A contest that began a minute ago, an organizer and five trainees."""
    center = make_center()
    organizer = accounts.actor_in(make_person(center, "saishi", Role.ORGANIZER), center)
    people = [accounts.actor_in(make_person(center, f"player{n}"), center) for n in range(5)]
    sync_contest(PACK)
    plan = operations.ContestPlan(
        now() - timedelta(minutes=1), now() + timedelta(hours=2), freeze_at=now() + timedelta(hours=1)
    )
    contest = operations.create_contest(organizer, center.id, db.session.scalars(db.select(ContestPack)).one(), plan)
    operations.open_contest(organizer, contest)
    db.session.commit()
    return SimpleNamespace(center=center, organizer=organizer, people=people, contest=contest)


def flag_slug(contest: Contest) -> str:
    return next(challenge.slug for challenge in contest.challenges if challenge.kind == "flag")


def notebook_slug(contest: Contest) -> str:
    return next(challenge.slug for challenge in contest.challenges if challenge.kind == "notebook")


def flag(contest: Contest, entry: Entry) -> str:
    challenge, values = operations.team_task(contest, entry.id, flag_slug(contest))
    return expected_flag(challenge, values)


def team(world: Any, player: int, name: str) -> Entry:
    return operations.create_entry(world.people[player], world.contest, name, world.contest.divisions[0]["slug"])


def order(world: Any, audience: str = standings.RESTRICTED) -> list[tuple[int, str, float]]:
    data = standings.build(world.contest, audience)
    (rows,) = list(data["divisions"].values())[:1]
    return [(row["rank"], row["name"], row["points"]) for row in rows]


def test_teams_sign_up_join_by_code_and_nobody_is_in_two(world: Any) -> None:
    entry = team(world, 0, "甲队")
    assert operations.join(world.people[1], world.contest, f" {entry.invite.upper()} ").id == entry.id
    with pytest.raises(Conflict):
        operations.join(world.people[1], world.contest, entry.invite)
    with pytest.raises(Conflict):
        team(world, 1, "乙队")
    with pytest.raises(Invalid):
        team(world, 2, " 甲队 ")
    with pytest.raises(Invalid):
        operations.join(world.people[2], world.contest, "nothing")
    for name in ("", " ", "x" * 61, "a\u202eb", "a\u0000b"):
        with pytest.raises(Invalid):
            team(world, 2, name)
    with pytest.raises(Forbidden):
        operations.create_entry(world.organizer, world.contest, "裁判队", world.contest.divisions[0]["slug"])
    for player in (2, 3):
        if len(entry.members) < world.contest.team_max:
            operations.join(world.people[player], world.contest, entry.invite)
    with pytest.raises(Conflict):
        operations.join(world.people[4], world.contest, entry.invite)


def test_a_flag_is_the_teams_own(world: Any) -> None:
    first, second = team(world, 0, "甲队"), team(world, 1, "乙队")
    assert flag(world.contest, first) != flag(world.contest, second)
    slug = flag_slug(world.contest)
    wrong = operations.answer_flag(world.people[1], world.contest, slug, flag(world.contest, first))
    assert (wrong.right, wrong.foreign_entry_id) == (False, first.id)
    right = operations.answer_flag(world.people[1], world.contest, slug, f"  {flag(world.contest, second)} ")
    assert right.right
    with pytest.raises(Conflict):
        operations.answer_flag(world.people[1], world.contest, slug, flag(world.contest, second))
    assert order(world)[0][1] == "乙队"


def test_guessing_is_slowed_down(world: Any) -> None:
    entry = team(world, 0, "甲队")
    slug = flag_slug(world.contest)
    for number in range(operations.WRONG_ALLOWED):
        operations.answer_flag(world.people[0], world.contest, slug, f"guess{number}")
    with pytest.raises(Conflict):
        operations.answer_flag(world.people[0], world.contest, slug, flag(world.contest, entry))
    with time_machine.travel(now() + timedelta(minutes=6), tick=False):
        assert operations.answer_flag(world.people[0], world.contest, slug, flag(world.contest, entry)).right


def test_only_the_window_on_the_servers_clock_counts(world: Any) -> None:
    entry = team(world, 0, "甲队")
    answer = flag(world.contest, entry)
    for moment in (world.contest.starts_at - timedelta(seconds=1), world.contest.ends_at):
        with time_machine.travel(moment, tick=False), pytest.raises(Conflict):
            operations.answer_flag(world.people[0], world.contest, flag_slug(world.contest), answer)
    assert db.session.scalar(db.select(db.func.count()).select_from(Attempt)) == 0


def grade(world: Any, entry: Entry, points: float, received: datetime, *, counts: bool = True) -> None:
    """A submission for the notebook challenge and its verdict, as assessment would tell of it."""
    submission = Submission(
        center_id=world.center.id,
        context="contest",
        context_id=world.contest.id,
        item=notebook_slug(world.contest),
        owner_id=entry.id,
        person_id=entry.captain_id,
        key=f"key-{received.timestamp()}-{entry.id}",
        lab="modbus-point-map",
        pack_digest="sha256:" + "0" * 64,
        files_digest=blobs.put(b"files"),
        max_points=50,
        counts=counts,
        map_seed="00" * 32,
        created_at=received,
    )
    job = GradingJob(submission=submission)
    db.session.add_all([submission, job])
    db.session.flush()
    cells = [
        {"grade_id": "a", "points": points, "max_points": 40.0},
        {"grade_id": "m", "max_points": 10.0, "manual": True},
    ]
    verdict = Verdict(submission=submission, job_id=job.id, number=1, outcome="graded", cells=cells, points=points)
    db.session.add(verdict)
    db.session.flush()
    emit(SubmissionGraded(submission, verdict, points, False))


def test_a_notebook_earns_its_share_and_the_best_counts(world: Any) -> None:
    entry = team(world, 0, "甲队")
    full = next(c.points for c in world.contest.challenges if c.kind == "notebook")
    grade(world, entry, 20, now())
    assert order(world) == [(1, "甲队", full / 2)]
    grade(world, entry, 10, now() + timedelta(minutes=1))
    assert order(world) == [(1, "甲队", full / 2)]
    grade(world, entry, 40, now() + timedelta(minutes=2))
    assert order(world) == [(1, "甲队", full)]
    grade(world, entry, 40, world.contest.ends_at + timedelta(seconds=1))
    grade(world, entry, 40, now() + timedelta(minutes=3), counts=False)
    cell = standings.cell_of(entry.id, next(c.id for c in world.contest.challenges if c.kind == "notebook"))
    assert cell is not None
    assert cell.received_at < now() + timedelta(minutes=2, seconds=30)


def test_ties_break_by_receipt_not_by_when_the_grader_was_done(world: Any) -> None:
    slow, quick = team(world, 0, "先交"), team(world, 1, "后交")
    grade(world, quick, 40, now() + timedelta(minutes=2))
    grade(world, slow, 40, now() + timedelta(minutes=1))
    assert [name for _rank, name, _points in order(world)] == ["先交", "后交"]


def test_the_freeze_keeps_values_until_the_results_are_out(world: Any) -> None:
    first, second = team(world, 0, "甲队"), team(world, 1, "乙队")
    grade(world, first, 10, now())
    shown = order(world, standings.PUBLIC)
    after = world.contest.freeze_at + timedelta(minutes=1)
    with time_machine.travel(after, tick=False):
        grade(world, first, 40, after)
        grade(world, second, 40, after - timedelta(seconds=30))
        assert order(world, standings.PUBLIC) == shown
        assert standings.build(world.contest, standings.PUBLIC)["frozen"]
        assert [name for _r, name, _p in order(world)] == ["乙队", "甲队"]
        with pytest.raises(Conflict):
            standings.publish_results(world.organizer, world.contest)
    with time_machine.travel(world.contest.ends_at + timedelta(seconds=1), tick=False):
        standings.publish_results(world.organizer, world.contest)
        assert order(world, standings.PUBLIC) == order(world)
        assert not standings.build(world.contest, standings.PUBLIC)["frozen"]


def test_results_go_into_the_ledger_once_with_teams_that_took_part(world: Any) -> None:
    active, _idle = team(world, 0, "甲队"), team(world, 1, "只报名")
    operations.join(world.people[2], world.contest, active.invite)
    operations.answer_flag(world.people[0], world.contest, flag_slug(world.contest), "wrong")
    with time_machine.travel(world.contest.ends_at + timedelta(seconds=1), tick=False):
        with pytest.raises(Forbidden):
            standings.publish_results(world.people[0], world.contest)
        for _ in range(2):
            standings.publish_results(world.organizer, world.contest)
    found = db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind.startswith("contest."))).all()
    assert sorted((entry.kind, entry.key) for entry in found) == [
        ("contest.held", world.contest.id),
        ("contest.team", active.id),
    ]


def test_boards_are_published_once_a_second_at_most_and_not_for_wrong_answers(world: Any) -> None:
    entry = team(world, 0, "甲队")
    grade(world, entry, 10, now())
    grade(world, entry, 20, now() + timedelta(seconds=1))
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=2), tick=False):
        assert outbox.drain() == 1
    operations.answer_flag(world.people[0], world.contest, flag_slug(world.contest), "wrong")
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=9), tick=False):
        assert outbox.drain() == 0
    boards = db.session.scalars(db.select(Board).order_by(Board.audience)).all()
    assert [(board.audience, board.version) for board in boards] == [("public", 1), ("restricted", 1)]
    assert boards[0].json["divisions"]


def test_pages_tell_each_what_is_theirs(world: Any, browser: Any) -> None:
    path = f"/c/longyan/contests/{world.contest.id}"
    challenge = f"{path}/challenges/{flag_slug(world.contest)}"
    db.session.commit()
    player = browser().sign_in("player0")
    assert player.get(challenge).status_code == 404  # in no team yet
    division = world.contest.divisions[0]["slug"]
    db.session.rollback()
    assert player.post(f"{path}/entries", {"name": "", "division": division}).status_code == 422
    assert player.post(f"{path}/entries", {"name": "<b>甲</b>", "division": division}).status_code == 303
    page = player.get(path).get_data(as_text=True)
    assert "<b>甲</b>" not in page
    assert "&lt;b&gt;甲" in page
    assert player.get(challenge).status_code == 200
    assert player.post(challenge, {"answer": "no"}).status_code == 200
    entry = db.session.scalars(db.select(Entry)).one()
    right = flag(world.contest, entry)
    db.session.rollback()
    assert right not in player.get(challenge).get_data(as_text=True)
    assert player.post(challenge, {"answer": right}).status_code == 303
    assert player.get(f"{path}/board").status_code == 200
    assert player.post(f"{path}/publish").status_code == 403
    organizer = browser().sign_in("saishi")
    assert organizer.get(path).status_code == 200
    assert organizer.post(f"{path}/publish").status_code == 409
    assert organizer.get("/c/longyan/contests/new").status_code == 200
    make_person(make_center("xiamen"), "stranger", Role.ORGANIZER)
    db.session.commit()
    assert browser().sign_in("stranger").get(f"/c/xiamen/contests/{world.contest.id}").status_code == 404


def test_a_strangers_contest_is_not_found(world: Any) -> None:
    other = make_center("xiamen")
    stranger = accounts.actor_in(make_person(other, "fremd"), other)
    from shixun_contests import queries

    with pytest.raises(NotFound):
        queries.contest_of(stranger, world.contest.id)
