"""The grading queue: leases, results that come twice or late, regrades, manual cells; over HTTP as a grader sees it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from shixun.accounts import queries
from shixun.app import create_app
from shixun.assessment import grading, operations, scores
from shixun.assessment.models import Submission, Verdict
from shixun.assessment.operations import Place, TooLarge
from shixun.core import blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid
from shixun.core.permissions import Actor, Role
from shixun.enrolment.events import ItemScored
from shixun.testing.factories import make_center, make_person

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def people(app: Any) -> dict[str, Any]:
    center = make_center()
    trainee = make_person(center, "wang")
    teacher = make_person(center, "li.laoshi", Role.INSTRUCTOR)
    db.session.commit()
    return {
        "center": center,
        "trainee": queries.actor_in(trainee, center),
        "teacher": queries.actor_in(teacher, center),
    }


def place(people: dict[str, Any], **other: Any) -> Place:
    values = {
        "center_id": people["center"].id,
        "context": "run",
        "context_id": "run-1",
        "item": "point-map",
        "owner_id": people["trainee"].person_id,
        "lab": "modbus-point-map",
        "pack_digest": DIGEST,
        "max_points": 50.0,
        "counts": True,
        "map_seed": "ab" * 32,
    }
    return Place(**{**values, **other})


@pytest.fixture
def submission(people: dict[str, Any]) -> Submission:
    found, new = operations.submit(people["trainee"], place(people), {"notebook.ipynb": b"{}"}, "key-00000001")
    assert new
    db.session.commit()
    return found


@pytest.fixture
def grader(app: Any, submission: Submission) -> Any:
    """A grader's HTTP client on the grader listener, sharing the database."""
    listener = create_app(app.config["SETTINGS"], "grader", testing=True)
    client = listener.test_client()

    def call(method: str, path: str, body: dict[str, Any] | None = None, token: str = "grader-token") -> Any:
        db.session.rollback()  # what the test has read holds SQLite's one write lock
        return client.open("/grader/v1" + path, method=method, json=body, headers={"Authorization": f"Bearer {token}"})

    return call


def graded(job: dict[str, Any], points: float = 30.0) -> dict[str, Any]:
    return {
        "job_id": job["job_id"],
        "lease_id": job["lease_id"],
        "outcome": "graded",
        "cells": [
            {"grade_id": "table", "points": points, "max_points": 40, "hint": "byte-order"},
            {"grade_id": "report", "points": None, "max_points": 10, "manual": True},
        ],
        "feedback_html": "<p>ok</p>",
    }


def verdicts() -> list[Verdict]:
    db.session.expire_all()
    return list(db.session.scalars(db.select(Verdict).order_by(Verdict.number)))


def test_the_same_key_is_the_same_submission(people: dict[str, Any], submission: Submission) -> None:
    again, new = operations.submit(people["trainee"], place(people), {"notebook.ipynb": b"other"}, "key-00000001")
    assert (again.id, new) == (submission.id, False)
    assert db.session.scalar(db.select(db.func.count()).select_from(Submission)) == 1


def test_sizes_paths_and_strangers_are_refused(people: dict[str, Any]) -> None:
    with pytest.raises(TooLarge):
        operations.submit(people["trainee"], place(people), {"a": bytes(9 * 2**20)}, "key-00000002")
    for path in ("../x", "/etc/passwd", "a\0b", "a/../../b"):
        with pytest.raises(Invalid):
            operations.submit(people["trainee"], place(people), {path: b""}, "key-00000003")
    with pytest.raises(Forbidden):
        operations.submit(people["teacher"], place(people), {"a": b""}, "key-00000004")
    with pytest.raises(Forbidden):
        operations.submit(people["trainee"], place(people, center_id="other"), {"a": b""}, "key-00000005")


def test_a_flood_of_submissions_is_slowed_down(people: dict[str, Any]) -> None:
    for number in range(operations.PER_HOUR):
        operations.submit(people["trainee"], place(people), {"a": b"%d" % number}, f"key-{number:08}")
    with pytest.raises(Conflict):
        operations.submit(people["trainee"], place(people), {"a": b"x"}, "key-99999999")


def test_a_grader_leases_fetches_and_reports(grader: Any, submission: Submission) -> None:
    assert grader("POST", "/lease", {"worker": "w"}, token="wrong").status_code == 401
    job = grader("POST", "/lease", {"worker": "w"}).json
    assert job["submission_id"] == submission.id
    assert grader("POST", "/lease", {"worker": "other"}).status_code == 204
    bundle = grader("GET", f"/bundles/{job['submission_digest']}").data
    assert blobs.digest_of(bundle) == job["submission_digest"]
    assert grader("POST", f"/jobs/{job['job_id']}/heartbeat", {"lease_id": job["lease_id"]}).status_code == 204
    for _ in range(2):  # the answer to the first got lost
        assert grader("POST", f"/jobs/{job['job_id']}/result", graded(job)).status_code == 204
    (verdict,) = verdicts()
    assert (verdict.number, verdict.points, verdict.outcome) == (1, 30.0, "graded")
    found = scores.score(db.session.get_one(Submission, submission.id))
    assert found is not None
    assert (found.points, found.complete) == (30.0, False)


def test_a_lease_that_ran_out_cannot_report(grader: Any, submission: Submission) -> None:
    first = grader("POST", "/lease", {"worker": "dies"}).json
    with time_machine.travel(now() + timedelta(seconds=61), tick=False):
        second = grader("POST", "/lease", {"worker": "takes over"}).json
        assert second["job_id"] == first["job_id"]
        assert second["seed"] == first["seed"]
        assert grader("POST", f"/jobs/{first['job_id']}/result", graded(first, 40)).status_code == 409
        assert grader("POST", f"/jobs/{first['job_id']}/heartbeat", {"lease_id": first["lease_id"]}).status_code == 409
        assert grader("POST", f"/jobs/{first['job_id']}/result", graded(second, 10)).status_code == 204
    assert [verdict.points for verdict in verdicts()] == [10.0]


def test_our_failures_are_retried_then_given_up(grader: Any, submission: Submission) -> None:
    instant = now()
    for attempt in range(grading.GIVE_UP_AFTER):
        with time_machine.travel(instant + timedelta(hours=attempt), tick=False):
            job = grader("POST", "/lease", {"worker": "w"}).json
            failed = {**graded(job), "outcome": "failed", "reason": "plant-failed", "cells": []}
            assert grader("POST", f"/jobs/{job['job_id']}/result", failed).status_code == 204
    with time_machine.travel(instant + timedelta(days=1), tick=False):
        assert grader("POST", "/lease", {"worker": "w"}).status_code == 204
    db.session.expire_all()
    assert db.session.get_one(Submission, submission.id).jobs[0].given_up_at is not None
    assert verdicts() == []


def test_a_result_that_does_not_fit_is_refused(grader: Any, submission: Submission) -> None:
    job = grader("POST", "/lease", {"worker": "w"}).json
    path = f"/jobs/{job['job_id']}/result"
    assert grader("POST", path, {**graded(job), "extra": 1}).status_code == 422
    assert grader("POST", path, graded(job, 41)).status_code == 422
    inflated = graded(job)
    inflated["cells"][0]["max_points"] = 4000
    assert grader("POST", path, inflated).status_code == 409
    assert grader("POST", "/jobs/nothing/result", {**graded(job), "job_id": "nothing"}).status_code == 404
    assert verdicts() == []


def test_a_regrade_keeps_both_verdicts(grader: Any, people: dict[str, Any], submission: Submission) -> None:
    job = grader("POST", "/lease", {"worker": "w"}).json
    with pytest.raises(Conflict):
        grading.regrade(people["teacher"], db.session.get_one(Submission, submission.id))
    db.session.commit()
    grader("POST", f"/jobs/{job['job_id']}/result", graded(job, 30))
    db.session.expire_all()
    found = db.session.get_one(Submission, submission.id)
    with pytest.raises(Forbidden):
        grading.regrade(people["trainee"], found)
    grading.regrade(people["teacher"], found)
    db.session.commit()
    second = grader("POST", "/lease", {"worker": "w"}).json
    assert second["seed"] == job["seed"]
    grader("POST", f"/jobs/{second['job_id']}/result", graded(second, 35))
    assert [(v.number, v.points) for v in verdicts()] == [(1, 30.0), (2, 35.0)]
    again = scores.score(db.session.get_one(Submission, submission.id))
    assert again is not None
    assert again.points == 35.0


def test_progress_follows_the_best_submission_and_a_regrade_down(
    grader: Any, people: dict[str, Any], submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[ItemScored] = []
    monkeypatch.setattr("shixun.assessment.progress.emit", told.append)
    monkeypatch.setattr(
        "shixun.assessment.progress._enrolment_and_run",
        lambda _submission: (SimpleNamespace(id="e1"), SimpleNamespace(counts=False)),
    )
    operations.submit(people["trainee"], place(people), {"notebook.ipynb": b"{}"}, "key-00000002")
    db.session.commit()
    for points in (35, 10):
        job = grader("POST", "/lease", {"worker": "w"}).json
        grader("POST", f"/jobs/{job['job_id']}/result", graded(job, points))
    db.session.expire_all()
    grading.regrade(people["teacher"], db.session.get_one(Submission, submission.id))
    db.session.commit()
    job = grader("POST", "/lease", {"worker": "w"}).json
    grader("POST", f"/jobs/{job['job_id']}/result", graded(job, 20))
    assert [(one.points, one.passed) for one in told] == [(35.0, True), (35.0, True), (20.0, False)]


def test_a_manual_cell_is_graded_by_an_instructor(grader: Any, people: dict[str, Any], submission: Submission) -> None:
    job = grader("POST", "/lease", {"worker": "w"}).json
    with pytest.raises(Conflict):
        operations.grade_by_hand(people["teacher"], submission, "report", 5, "")
    db.session.commit()
    grader("POST", f"/jobs/{job['job_id']}/result", graded(job, 30))
    db.session.expire_all()
    found = db.session.get_one(Submission, submission.id)
    for points in (-1, 11, float("nan")):
        with pytest.raises(Invalid):
            operations.grade_by_hand(people["teacher"], found, "report", points, "")
    with pytest.raises(Invalid):
        operations.grade_by_hand(people["teacher"], found, "table", 40, "")
    with pytest.raises(Forbidden):
        operations.grade_by_hand(people["trainee"], found, "report", 10, "")
    operations.grade_by_hand(people["teacher"], found, "report", 6, "缺少单位")
    operations.grade_by_hand(people["teacher"], found, "report", 8, "已补充")
    db.session.commit()
    total = scores.score(found)
    assert total is not None
    assert (total.points, total.complete, len(found.manual_grades)) == (38.0, True, 2)
    assert total.cells[1].comment == "已补充"


def test_an_actor_without_a_center_can_do_nothing(people: dict[str, Any]) -> None:
    stranger = Actor(people["trainee"].person_id)
    with pytest.raises(Forbidden):
        operations.submit(stranger, place(people), {"a": b""}, "key-00000009")
