"""`shixun pack`: what it prints, how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shixun.cli import main
from shixun.core.db import db
from shixun.curriculum.models import CourseVersion
from shixun.testing.learning import COURSE, write_course


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["pack", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_a_good_pack_passes_without_a_word(tmp_path: Path) -> None:
    folder = write_course(tmp_path / "courses")
    assert run("check", str(folder)) == (0, "")
    assert run("check", str(tmp_path)) == (0, "")


def test_every_problem_is_named_by_file_and_line(tmp_path: Path) -> None:
    course = COURSE.replace('level = "intro"', 'level = "hard"').replace("class_hours = 2", "class_hours = -2")
    folder = write_course(tmp_path, {"course.toml": course})
    code, out = run("check", str(folder))
    assert code == 1
    lines = course.split("\n")
    for text in ('level = "hard"', "class_hours = -2"):
        assert f"{folder.as_posix()}/course.toml:{lines.index(text) + 1}: " in out


def test_for_programs(tmp_path: Path) -> None:
    folder = write_course(tmp_path, {"quizzes/checks.toml": "x ="})
    code, out = run("check", "--json", str(folder))
    found = json.loads(out)
    assert code == 1
    assert found["packs"] == ["course pumps"]
    assert next((Path(p["path"]).name, p["line"]) for p in found["problems"]) == ("checks.toml", 1)


def test_where_there_is_no_pack(tmp_path: Path) -> None:
    code, out = run("check", str(tmp_path))
    assert code == 1
    assert "no pack here" in out


@pytest.fixture
def installed(app: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The commands see the tests' installation."""
    monkeypatch.setattr("shixun.commands.pack.application", lambda: app)
    db.session.commit()
    return app


def test_sync_loads_all_and_says_what_changed(installed: Any, tmp_path: Path) -> None:
    write_course(tmp_path / "courses")
    assert run("sync", str(tmp_path)) == (0, "course pumps 1.0.0: now current\n")
    assert run("sync", str(tmp_path)) == (0, "course pumps 1.0.0: unchanged\n")
    code, out = run("sync", "--json", str(tmp_path))
    assert (code, json.loads(out)["synced"][0]["slug"]) == (0, "pumps")
    assert len(db.session.scalars(db.select(CourseVersion)).all()) == 1


def test_sync_of_a_broken_pack_changes_nothing(installed: Any, tmp_path: Path) -> None:
    write_course(tmp_path / "courses", {"course.toml": COURSE.replace("[course]", "[kurs]")})
    code, out = run("sync", str(tmp_path))
    assert code == 1
    assert "courses/pumps/course.toml:" in out
    assert db.session.scalars(db.select(CourseVersion)).all() == []
