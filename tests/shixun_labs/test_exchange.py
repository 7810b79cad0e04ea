"""List, fetch, submit and feedback against a listener, and what happens while it is away."""

import json
from pathlib import Path
from typing import Any

import pytest
from labs_web import FakeWeb

from shixun_labs.exchange.assignments import Assignments
from shixun_labs.exchange.client import Away, ExchangeFailure, Listener, Refused


@pytest.fixture
def assignments(tmp_path: Path, listener: Listener) -> Assignments:
    return Assignments(tmp_path, listener)


def test_an_assignment_goes_from_released_to_feedback(assignments: Assignments, web: FakeWeb) -> None:
    (row,) = assignments.listing()
    assert (row["status"], row["course_id"], row["assignment_id"]) == ("released", "shixun", "modbus")

    assignments.fetch("modbus")
    (row,) = assignments.listing()
    assert row["status"] == "fetched"
    assert row["notebooks"] == [{"notebook_id": "notebook", "path": "modbus/notebook.ipynb"}]
    assert (assignments.root / "modbus/data/说明.txt").read_text() == "你好"

    receipt = assignments.submit("modbus", required=["notebook.ipynb"])
    assert receipt["files"] == ["notebook.ipynb", "data/说明.txt"]
    _fetched, submitted = assignments.listing()
    (entry,) = submitted["submissions"]
    assert "graded 38.0/50.0" in entry["timestamp"]
    assert entry["has_exchange_feedback"]
    assert not entry["has_local_feedback"]

    assert assignments.fetch_feedback("modbus") == 1
    entry = assignments.listing()[1]["submissions"][0]
    assert (assignments.root / entry["local_feedback_path"] / "feedback.html").read_bytes() == b"<p>38 / 50</p>"


def test_fetching_again_brings_what_is_missing_and_keeps_the_trainees_files(assignments: Assignments) -> None:
    assignments.fetch("modbus")
    (assignments.root / "modbus/notebook.ipynb").write_text("mine")
    (assignments.root / "modbus/data/说明.txt").unlink()
    assignments.fetch("modbus", replace_missing=True)
    assert (assignments.root / "modbus/notebook.ipynb").read_text() == "mine"
    assert (assignments.root / "modbus/data/说明.txt").exists()


def test_a_submission_made_while_the_listener_is_away_is_kept_and_sent_once(
    assignments: Assignments, web: FakeWeb
) -> None:
    assignments.fetch("modbus")
    web.away = True
    with pytest.raises(Away, match="is kept in this lab"):
        assignments.submit("modbus")
    with pytest.raises(Away):
        assignments.send_kept()
    assert len(assignments.kept()) == 1

    web.away = False
    assert assignments.send_kept() == 1
    assert assignments.kept() == []
    assert len(web.submissions) == 1
    assert assignments.send_kept() == 0


def test_an_answer_that_got_lost_does_not_make_two_submissions(
    assignments: Assignments, web: FakeWeb, monkeypatch: Any
) -> None:
    assignments.fetch("modbus")
    judge = Listener._judge

    def lost(self: Listener, status: int, data: bytes) -> Any:
        judge(self, status, data)
        raise Away("the answer got lost")

    monkeypatch.setattr(Listener, "_judge", lost)
    with pytest.raises(Away):
        assignments.submit("modbus")
    monkeypatch.setattr(Listener, "_judge", judge)
    assert assignments.send_kept() == 1
    assert len(web.submissions) == 1


def test_a_newer_submission_takes_the_place_of_one_that_still_waits(assignments: Assignments, web: FakeWeb) -> None:
    assignments.fetch("modbus")
    web.away = True
    for text in ("first", "second"):
        (assignments.root / "modbus/answer.txt").write_text(text)
        with pytest.raises(Away):
            assignments.submit("modbus")
    (kept,) = assignments.kept()
    assert any(file["path"] == "answer.txt" and file["data"] == "c2Vjb25k" for file in kept["files"])


def test_a_kept_submission_shows_in_the_list(assignments: Assignments, web: FakeWeb) -> None:
    assignments.fetch("modbus")
    web.away = True
    with pytest.raises(Away):
        assignments.submit("modbus")
    web.away = False
    submitted = assignments.listing()[1]
    assert [entry["state"] for entry in submitted["submissions"]] == ["kept"]


def test_missing_notebooks_are_named_and_nothing_is_sent(assignments: Assignments, web: FakeWeb) -> None:
    assignments.fetch("modbus")
    (assignments.root / "modbus/notebook.ipynb").rename(assignments.root / "modbus/other.ipynb")
    with pytest.raises(Refused, match=r"notebook\.ipynb") as refusal:
        assignments.submit("modbus", required=["notebook.ipynb"])
    assert refusal.value.code == "missing-notebooks"
    assert web.submissions == []


def test_links_pipes_hidden_files_and_feedback_are_not_submitted(assignments: Assignments, tmp_path: Path) -> None:
    import os

    assignments.fetch("modbus")
    folder = tmp_path / "modbus"
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    (folder / ".secret").write_text("x")
    (folder / "feedback" / "t").mkdir(parents=True)
    (folder / "feedback" / "t" / "f.html").write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_text("x")
    assert assignments.submit("modbus")["files"] == ["notebook.ipynb", "data/说明.txt"]


def test_too_much_to_submit_is_said_before_anything_is_sent(assignments: Assignments, web: FakeWeb) -> None:
    assignments.fetch("modbus")
    with (assignments.root / "modbus/huge.bin").open("wb") as file:
        file.truncate(40 * 1024 * 1024)
    with pytest.raises(Refused, match="41 MB, over the 32 MB"):
        assignments.submit("modbus")
    assert web.submissions == []


@pytest.mark.parametrize("name", ["../modbus", "/etc", "", ".ssh", "a/b", "x" * 300, "a\x00b"])
def test_names_that_are_no_folder_are_refused(assignments: Assignments, name: str) -> None:
    with pytest.raises(Refused):
        assignments.fetch(name)
    with pytest.raises(Refused):
        assignments.submit(name)


@pytest.mark.parametrize(
    "path", ["../../escape.txt", "/tmp/escape.txt", "a/../../escape.txt", ".hidden", "a\\b", "a\nb", ""]
)
def test_file_names_from_outside_cannot_leave_the_folder(assignments: Assignments, web: FakeWeb, path: str) -> None:
    web.released = {path: b"x"}
    with pytest.raises(ExchangeFailure):
        assignments.fetch("modbus")
    assert not (assignments.root / "escape.txt").exists()
    assert not Path("/tmp/escape.txt").exists()


def test_a_link_in_the_way_is_not_written_through(assignments: Assignments, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside"
    outside.mkdir()
    (tmp_path / "modbus").mkdir()
    (tmp_path / "modbus" / "data").symlink_to(outside)
    with pytest.raises(ExchangeFailure):
        assignments.fetch("modbus", replace_missing=True)
    assert list(outside.iterdir()) == []


def test_an_ended_session_is_said_in_the_persons_language(tmp_path: Path, listener: Listener) -> None:
    english = Assignments(tmp_path, Listener(listener.url, "another-token", "en"))
    chinese = Assignments(tmp_path, Listener(listener.url, "another-token", "zh"))
    with pytest.raises(Refused, match="session has ended"):
        english.listing()
    with pytest.raises(Refused, match="凭证已失效"):
        chinese.listing()


def test_nothing_listens(tmp_path: Path) -> None:
    with pytest.raises(Away, match="cannot be reached"):
        Assignments(tmp_path, Listener("http://127.0.0.1:9", "token", "en", seconds=2)).listing()


def test_a_lab_without_a_platform_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="没有连接平台"):
        Assignments(tmp_path, None).listing()


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"[1, 2]", b'{"files": 3}', b'{"files": [{"path": "a"}]}', b'{"files": [{"path": "a", "data": "%%"}]}'],
)
def test_answers_that_make_no_sense_are_refused(assignments: Assignments, monkeypatch: Any, answer: bytes) -> None:
    judge = Listener._judge
    monkeypatch.setattr(Listener, "_judge", lambda self, status, data: judge(self, 200, answer))
    with pytest.raises(Refused, match="does not understand"):
        assignments.fetch("modbus")


def test_the_listeners_own_words_reach_the_trainee(assignments: Assignments, monkeypatch: Any) -> None:
    assignments.fetch("modbus")
    judge = Listener._judge
    words = json.dumps({"error": {"code": "closed", "message": {"zh": "班期已结束", "en": "the run is over"}}}).encode()
    monkeypatch.setattr(Listener, "_judge", lambda self, status, data: judge(self, 422, words))
    with pytest.raises(Refused, match="the run is over"):
        assignments.submit("modbus")
    assert assignments.kept() == []


def test_damaged_outbox_files_harm_nothing(assignments: Assignments, tmp_path: Path) -> None:
    outbox = tmp_path / ".shixun/outbox"
    outbox.mkdir(parents=True)
    (outbox / "a.json").write_text("{")
    (outbox / "b.json").write_text("[]")
    (outbox / "c.json").write_text('{"assignment": "modbus", "key": "another", "made_at": "", "files": []}')
    assert assignments.kept() == []
    assert assignments.send_kept() == 0


def test_secrets_do_not_show_in_a_repr(listener: Listener) -> None:
    assert "lab-token" not in repr(listener)
