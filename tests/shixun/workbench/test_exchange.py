"""The exchange listener as a lab sees it: its own work, nothing else, only while it lasts."""

import base64
from typing import Any

import pytest

from shixun.assessment.models import Submission
from shixun.core import blobs
from shixun.core.db import db
from shixun.workbench import operations
from shixun.workbench.models import LabSession
from shixun.workbench.seats import seat_in_run
from shixun.workbench.tickets import exchange_token
from shixun_packs.digest import read_bundle


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def lab(world: Any, app: Any, exchange: Any) -> Any:
    found = operations.start(world.trainee, seat_in_run(world.trainee, world.run_id, "point-map"))
    token = exchange_token(app.config["SETTINGS"], found.id)
    db.session.commit()
    call = exchange(token)
    call.token = token
    return call


def test_a_lab_fetches_what_a_trainee_receives(lab: Any) -> None:
    (assignment,) = lab("GET", "/assignments").json
    assert assignment["assignment_id"] == "point-map"
    files = lab("GET", "/assignments/point-map/files").json["files"]
    assert [file["path"] for file in files] == ["assets/map.csv", "notebook.ipynb"]
    assert lab("GET", "/assignments/other/files").status_code == 404


def test_submitting_twice_with_one_key_is_one_submission(lab: Any) -> None:
    body = {"key": "a-key-of-the-lab", "files": [{"path": "notebook.ipynb", "data": b64(b"{}")}]}
    first, second = (
        lab("POST", "/assignments/point-map/submissions", body),
        lab("POST", "/assignments/point-map/submissions", body),
    )
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    submission = db.session.scalars(db.select(Submission)).one()
    assert read_bundle(blobs.get(submission.files_digest)) == {"notebook.ipynb": b"{}"}
    (assignment,) = lab("GET", "/assignments").json
    assert assignment["submissions"][0]["state"] == "queued"


def test_hostile_submissions_are_refused_with_a_reason(lab: Any) -> None:
    path = "/assignments/point-map/submissions"
    good = {"path": "notebook.ipynb", "data": b64(b"{}")}
    for body, status in (
        ({"key": "a-key-of-the-lab", "files": []}, 422),
        ({"key": "a-key-of-the-lab", "files": "x"}, 422),
        ({"key": "a-key-of-the-lab", "files": [1]}, 422),
        ({"key": "short", "files": [good]}, 422),
        ({"key": "a-key-of-the-lab", "files": [{"path": "../../x", "data": b64(b"")}]}, 422),
        ({"key": "a-key-of-the-lab", "files": [{"path": "x", "data": "***"}]}, 422),
        ({"key": "a-key-of-the-lab", "files": [{"path": "x", "data": b64(bytes(9 * 2**20))}]}, 413),
        ([], 422),
    ):
        answer = lab("POST", path, body)
        assert answer.status_code == status, body if status != 413 else "too large"
        assert answer.json["error"]["message"]
    assert db.session.scalar(db.select(db.func.count()).select_from(Submission)) == 0


def test_work_is_kept_and_given_back(lab: Any) -> None:
    for content in (b"first", b"second"):
        assert lab("PUT", "/work", {"path": "point-map/notebook.ipynb", "data": b64(content)}).status_code == 204
    files = {file["path"]: base64.b64decode(file["data"]) for file in lab("GET", "/work").json["files"]}
    assert files == {"point-map/assets/map.csv": b"a,b\n", "point-map/notebook.ipynb": b"second"}
    for path in ("../x", "/abs", "a\\b", "", "x" * 300):
        assert lab("PUT", "/work", {"path": path, "data": ""}).status_code == 422
    assert lab("PUT", "/work", {"path": "big", "data": b64(bytes(9 * 2**20))}).status_code == 413
    for number in range(operations.MOST_FILES - 2):
        assert lab("PUT", "/work", {"path": f"f{number}", "data": ""}).status_code == 204
    assert lab("PUT", "/work", {"path": "one-more", "data": ""}).status_code == 413
    for _again in range(2):
        assert lab("DELETE", "/work", {"path": "f0"}).status_code == 204
    assert "f0" not in {file["path"] for file in lab("GET", "/work").json["files"]}
    assert lab("PUT", "/work", {"path": "one-more", "data": ""}).status_code == 204


def test_a_nul_is_refused_and_not_asked_of_the_database(lab: Any) -> None:
    assert lab("PUT", "/work", {"path": "a\0b", "data": ""}).status_code == 422
    assert lab("DELETE", "/work", {"path": "a\0b"}).status_code == 422
    assert lab("POST", "/assignments/point-map/submissions", {"key": "k\0" * 8, "files": []}).status_code == 422
    assert lab("GET", "/submissions/a%00b/feedback").status_code == 400


def test_a_token_is_worth_nothing_to_others_or_afterwards(
    lab: Any, world: Any, app: Any, exchange: Any, browser: Any
) -> None:
    session_id = lab.token.split(".")[0]
    for forged in ("", "x", f"{session_id}.", f"{session_id}.{'0' * 64}", lab.token[:-1]):
        assert exchange(forged)("GET", "/work").status_code == 401
    other = operations.start(world.other, seat_in_run(world.other, world.run_id, "point-map"))
    other_token = exchange_token(app.config["SETTINGS"], other.id)
    db.session.commit()
    sent = exchange(other_token)(
        "POST",
        "/assignments/point-map/submissions",
        {"key": "another-key-here", "files": [{"path": "notebook.ipynb", "data": b64(b"{}")}]},
    ).json
    assert lab("GET", f"/submissions/{sent['id']}/feedback").status_code == 404
    assert lab("GET", "/assignments").json[0]["submissions"] == []
    operations.end(db.session.get_one(LabSession, session_id), "stopped")
    db.session.commit()
    assert lab("GET", "/work").status_code == 401
    assert browser().get("/exchange/v1/work", headers={"Authorization": f"Bearer {other_token}"}).status_code == 404


def test_the_exchange_listener_serves_nothing_else(app: Any, lab: Any) -> None:
    from shixun.app import create_app

    listener = create_app(app.config["SETTINGS"], "exchange", testing=True)
    for path in ("/", "/sign-in", "/healthz", "/grader/v1/lease", "/c/longyan/", "/static/app.css"):
        assert listener.test_client().get(path).status_code in {404, 405}, path
    rules = {rule.rule for rule in listener.url_map.iter_rules()}
    assert all(rule.startswith(("/exchange/v1", "/static")) for rule in rules)
