"""Work is restored before anything is pushed, pushed when it changes, and waits on disk while the listener is away."""

import time
from pathlib import Path
from typing import Any

import pytest
from labs_web import FakeWeb

from shixun_labs.exchange import saves as module
from shixun_labs.exchange.assignments import Assignments
from shixun_labs.exchange.client import Away, Listener
from shixun_labs.exchange.saves import Saves, send_kept_submissions


def wait_for(condition: Any, seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def test_work_comes_back_and_is_not_pushed_again(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    web.work = {"modbus/notebook.ipynb": b"{}", "数据.csv": b"1,2"}
    saves = Saves(tmp_path, listener)
    assert saves.restore()
    assert (tmp_path / "modbus/notebook.ipynb").read_bytes() == b"{}"
    assert saves.sweep()
    assert [call for call in web.calls if call[0] == "PUT"] == []


def test_nothing_is_pushed_before_the_first_restore(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    web.work = {"notebook.ipynb": b"hours of work"}
    web.away = True
    saves = Saves(tmp_path, listener)
    assert not saves.restore()
    (tmp_path / "notebook.ipynb").write_bytes(b"empty")
    assert not saves.sweep()
    web.away = False
    assert saves.sweep()
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("notebook*")}
    assert kept == {"notebook.ipynb": b"empty", "notebook (2026-11-01T08-00-00).ipynb": b"hours of work"}
    assert web.work["notebook (2026-11-01T08-00-00).ipynb"] == b"hours of work"


def test_changes_are_pushed_once(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    saves = Saves(tmp_path, listener)
    (tmp_path / "a.ipynb").write_text("1")
    assert saves.pending() == ["a.ipynb"]
    assert saves.sweep()
    assert saves.sweep()
    (tmp_path / "a.ipynb").write_text("22")
    assert saves.sweep()
    assert [call[0] for call in web.calls] == ["GET", "PUT", "PUT"]
    assert web.work == {"a.ipynb": b"22"}
    assert saves.pending() == []


def test_what_the_trainee_deletes_or_renames_does_not_come_back(
    tmp_path: Path, listener: Listener, web: FakeWeb
) -> None:
    web.work = {"old.ipynb": b"1", "notes.txt": b"2", "kept.txt": b"3"}
    saves = Saves(tmp_path, listener)
    assert saves.restore()
    (tmp_path / "old.ipynb").rename(tmp_path / "new.ipynb")
    (tmp_path / "notes.txt").unlink()
    web.away = True
    assert not saves.sweep()
    web.away = False
    web.calls.clear()
    assert saves.sweep()
    assert web.work == {"new.ipynb": b"1", "kept.txt": b"3"}
    assert [method for method, _path in web.calls] == ["PUT", "DELETE", "DELETE"]
    assert saves.sweep()
    assert len(web.calls) == 3


def test_released_files_are_pushed_only_once_they_change(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    saves = Saves(tmp_path, listener)
    saves.leave(Assignments(tmp_path, listener).fetch("modbus"))
    assert saves.sweep()
    assert web.work == {}
    (tmp_path / "modbus/notebook.ipynb").write_text("{}")
    assert saves.sweep()
    assert list(web.work) == ["modbus/notebook.ipynb"]


def test_large_hidden_linked_files_stay_here(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    with (tmp_path / "big.bin").open("wb") as file:
        file.truncate(module.MAX_FILE + 1)
    (tmp_path / ".bashrc").write_text("x")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert Saves(tmp_path, listener).sweep()
    assert web.work == {}


def test_notebooks_come_first_when_there_are_too_many_files(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    for number in range(module.MAX_FILES + 20):
        (tmp_path / f"data{number}.csv").write_text("x")
    (tmp_path / "z.ipynb").write_text("{}")
    assert Saves(tmp_path, listener).sweep()
    assert "z.ipynb" in web.work
    assert len(web.work) == module.MAX_FILES


def test_the_thread_pushes_soon_after_a_save_and_the_rest_at_the_end(
    tmp_path: Path, listener: Listener, web: FakeWeb
) -> None:
    saves = Saves(tmp_path, listener)
    saves.start()
    (tmp_path / "a.ipynb").write_text("1")
    saves.saved()
    wait_for(lambda: web.work == {"a.ipynb": b"1"})
    (tmp_path / "by-the-kernel.csv").write_text("2")
    assert saves.stop()
    assert web.work["by-the-kernel.csv"] == b"2"


def test_an_outage_costs_time_but_no_work(
    tmp_path: Path, listener: Listener, web: FakeWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)
    saves = Saves(tmp_path, listener)
    assert saves.restore()
    assignments = Assignments(tmp_path, listener)
    assignments.fetch("modbus")
    web.away = True
    (tmp_path / "a.ipynb").write_text("1")
    saves.after_contact.append(send_kept_submissions(assignments))
    saves.start()
    saves.saved()
    with pytest.raises(Away):
        assignments.submit("modbus")
    wait_for(lambda: saves.away)
    web.away = False
    wait_for(lambda: web.work.get("a.ipynb") == b"1" and len(web.submissions) == 1)
    assert saves.stop()


def test_stopping_while_the_listener_is_away_says_so_and_ends(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    saves = Saves(tmp_path, listener)
    assert saves.restore()
    saves.start()
    web.away = True
    (tmp_path / "a.ipynb").write_text("1")
    began = time.monotonic()
    assert not saves.stop(1.0)
    assert time.monotonic() - began < 4
    assert saves.pending() == ["a.ipynb"]


def test_unusable_names_in_saved_work_are_left_there(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    web.work = {"../escape": b"x", ".bashrc": b"evil", "fine.txt": b"y"}
    assert Saves(tmp_path, listener).restore()
    assert [path.name for path in tmp_path.iterdir()] == ["fine.txt"]
    assert not (tmp_path.parent / "escape").exists()


def test_without_a_platform_nothing_happens(tmp_path: Path) -> None:
    saves = Saves(tmp_path, None)
    saves.start()
    assert saves.restore()
    assert saves.sweep()
    assert saves.stop()
