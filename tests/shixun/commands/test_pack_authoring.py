"""`shixun pack new` and `pack check`: what a template gives, and what a check finds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shixun.cli import main
from shixun_packs.course import load_course
from shixun_packs.exchange.xlsx import read_xlsx
from shixun_packs.lab import load_lab


def run(*words: str | Path) -> Result:
    found = CliRunner().invoke(main, ["pack", *map(str, words)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_new_packs_are_sound_at_once_and_nothing_is_overwritten(here: Path) -> None:
    made = run(
        "new", "course", "my-course", "--title", "“我的”课", "--title-en", 'My "course" \\ 1', "--level", "senior"
    )
    assert made.exit_code == 0
    assert run("new", "lab", "my-lab").exit_code == 0
    assert run("new", "lab", "my-form", "--form").exit_code == 0
    form = load_lab(here / "my-form")
    assert ({field.kind for field in form.form}, len(form.wrong)) == ({"number", "choice", "text"}, 4)
    course, lab = load_course(here / "my-course"), load_lab(here / "my-lab")
    assert (course.info.title.zh, course.info.title.en, course.info.level) == ("“我的”课", 'My "course" \\ 1', "senior")
    assert lab.title.en == "my lab"
    assert len(lab.wrong) >= 4
    strict = run("check", "my-course", "my-lab", "my-form", "--strict", "--no-run", "--json")
    assert json.loads(strict.stdout)["notes"] == []
    assert strict.exit_code == 0
    for path in here.rglob("*"):
        assert not path.is_file() or "@@" not in path.read_text(encoding="utf-8")
    before = (here / "my-lab" / "lab.toml").read_bytes()
    assert run("new", "lab", "my-lab").exit_code == 1
    assert run("new", "course", "my-course/course.toml").exit_code == 1
    (here / "link").symlink_to("nowhere")
    assert run("new", "lab", "link").exit_code == 1
    assert run("new", "lab", "Bad_Name").exit_code == 1
    assert run("new", "course", "x-course", "--level", "expert").exit_code == 2
    assert (here / "my-lab" / "lab.toml").read_bytes() == before
    assert sorted(path.name for path in here.iterdir()) == ["link", "my-course", "my-form", "my-lab"]


def test_an_empty_question_sheet(here: Path) -> None:
    assert run("new", "questions.xlsx").exit_code == 0
    assert len(read_xlsx((here / "questions.xlsx").read_bytes()).questions) == 6
    assert run("new", "questions.xlsx").exit_code == 1


def test_without_a_sandbox_the_check_says_so_and_fails(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("new", "lab", "my-lab")
    monkeypatch.setenv("SHIXUN_SANDBOX", "none-such")
    found = run("check", "my-lab", "--json")
    assert found.exit_code == 1
    assert "labs were not run" in json.loads(found.stdout)["problems"][0]["message"]
    assert run("check", "my-lab", "--no-run").exit_code == 0


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


NOTES: list[tuple[str, str, str, str]] = [
    (
        "my-course/lessons/first-lesson.md",
        "液位计失灵",
        "[见](#没有这节)液位计失灵",
        r"first-lesson.md:11: .*no heading",
    ),
    (
        "my-course/lessons/first-lesson.md",
        "液位计失灵",
        "[见](https://.x/)液位计失灵",
        r"first-lesson.md:11: .*not a complete web",
    ),
    (
        "my-course/lessons/first-lesson.md",
        "液位计失灵",
        "[见](http://a:99999/)液位计失灵",
        r"first-lesson.md:11: .*not a complete",
    ),
    (
        "my-course/lessons/first-lesson.md",
        "液位计失灵",
        "[见](mailto:nobody)液位计失灵",
        r"first-lesson.md:11: .*mail address",
    ),
    (
        "my-course/lessons/first-lesson.md",
        "availability is the share",
        "可用率 is",
        r"first-lesson.md:2: .*Chinese in it",
    ),
    ("my-course/course.toml", 'en = "First unit"', 'en = "第一单元"', r"course.toml:\d+: note: unit\[1\].title.en: "),
    ("my-course/course.toml", '"Work out availability"', '"会算可用率"', r"course.toml:\d+: note: course.goals.en: "),
    (
        "my-course/quizzes/final-quiz.toml",
        'en = "Read the level"',
        'en = "读液位"',
        r"final-quiz.toml:\d+: note: question\[2\].order",
    ),
    (
        "my-lab/notebook.py",
        "# - 可用率",
        "# [说明](assets/none.pdf)\n# - 可用率",
        r"notebook.py:6: .*no such file in assets",
    ),
    (
        "my-lab/notebook.py",
        "# - 可用率",
        "# ![图](assets/none.png)\n# - 可用率",
        r"notebook.py:6: .*no such file in assets",
    ),
    ("my-lab/lab.toml", 'hint = "percent"\n', "", r"lab.toml:\d+: note: names no hint"),
    (
        "my-lab/checks.py",
        'return "planned-time"',
        'return "value"',
        r"lab.toml:\d+: note: the hint 'planned-time' is never",
    ),
    ("my-lab/lab.toml", "没有产出的班次", "[见](http://)没有产出的班次", r"lab.toml:\d+: note: .*not a complete web"),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), NOTES)
def test_advice_names_file_and_line(here: Path, file: str, old: str, new: str, words: str) -> None:
    run("new", "course", "my-course")
    run("new", "lab", "my-lab")
    change(here / file, old, new)
    found = run("check", "my-course", "my-lab", "--no-run")
    assert re.search(words, found.stdout), found.stdout
    assert found.exit_code == 0
    assert run("check", "my-course", "my-lab", "--no-run", "--strict").exit_code == 1


def test_links_within_a_lesson_and_to_files_of_a_lab_are_fine(here: Path) -> None:
    run("new", "course", "my-course")
    run("new", "lab", "my-lab")
    change(
        here / "my-course/lessons/first-lesson.md",
        "液位计失灵",
        "[见](#可用率) <https://example.org/a?b=c#d>，液位计失灵",
    )
    (here / "my-lab" / "assets").mkdir()
    (here / "my-lab" / "assets" / "a b.csv").write_text("x")
    change(here / "my-lab/notebook.py", "# - 可用率", "# [数据](assets/a%20b.csv) [OEE](#x)\n# - 可用率")
    assert run("check", "my-course", "my-lab", "--no-run", "--strict").exit_code == 0


def tree(here: Path) -> None:
    (here / "labs" / "packs").mkdir(parents=True)
    run("new", "course", "courses/my-course")
    run("new", "lab", "labs/packs/my-lab")
    toml = here / "courses/my-course/course.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(
        re.sub(r"^# (\[\[unit.item|kind|slug|lab|minutes|title)", r"\1", text, flags=re.MULTILINE), encoding="utf-8"
    )


@pytest.mark.parametrize("paths", [["courses", "labs/packs"], ["."], [], ["courses/my-course", "labs/packs/my-lab"]])
def test_packs_folders_of_packs_and_roots(here: Path, paths: list[str]) -> None:
    tree(here)
    found = run("check", "--no-run", "--json", *paths)
    assert found.exit_code == 0, found.stdout
    assert sorted(json.loads(found.stdout)["packs"]) == ["course my-course", "lab my-lab"]


@pytest.mark.parametrize("paths", [["courses", "labs/packs"], ["."], ["courses"]])
def test_what_packs_say_of_one_another_is_held_against_the_others(here: Path, paths: list[str]) -> None:
    tree(here)
    change(here / "courses/my-course/course.toml", 'lab = "my-lab"', 'lab = "your-lab"')
    found = run("check", "--no-run", *paths)
    assert found.exit_code == 1
    assert re.search(r"^courses/my-course/course.toml:\d+: there is no lab 'your-lab'$", found.stdout, re.MULTILINE)


def test_a_folder_without_packs_and_a_broken_pack(here: Path) -> None:
    assert "there is no pack here" in run("check", "--no-run").stdout
    tree(here)
    change(here / "courses/my-course/course.toml", 'level = "junior"', 'level = "expert"')
    (here / "courses" / "empty").mkdir()
    found = run("check", "--no-run", "courses")
    assert re.search(r"courses/my-course/course.toml:\d+: course.level", found.stdout)
    assert found.exit_code == 1
