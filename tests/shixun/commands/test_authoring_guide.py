"""The authoring guide is followed to the letter: its files are written and its commands run, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shixun.cli import main
from shixun.commands.preview.site import create_site
from shixun_graders.sandbox.registry import NoSandboxError, choose
from shixun_packs.course import load_course
from shixun_packs.lab import load_lab

DOCS = Path(__file__).parents[3] / "docs"
_FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=ticks)$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fence: its language, what stands behind that, its text."""

    language: str
    rest: str
    text: str


def blocks(name: str) -> list[Block]:
    text = (DOCS / name).read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, _, rest = match["info"].partition(" ")
        found.append(Block(language, rest, match["text"]))
    return found


def shell(command: str) -> Result:
    """One line of the guide."""
    words = shlex.split(command)
    assert words[0] == "shixun"
    if words[1:3] == ["pack", "preview"]:
        assert create_site(Path(words[3])).test_client().get("/", follow_redirects=True).status_code == 200
        return CliRunner().invoke(main, ["pack", "preview", "--help"])
    return CliRunner().invoke(main, words[1:])


def commands(block: Block) -> Iterator[str]:
    return (line for line in block.text.splitlines() if line.strip())


def write(block: Block) -> None:
    """`PATH` is a new file, `+PATH` the end of one, `PATH before LINE` an insertion."""
    path, _, line = block.rest.partition(" before ")
    file = Path(path.removeprefix("+"))
    if path.startswith("+"):
        file.write_text(file.read_text(encoding="utf-8") + block.text, encoding="utf-8")
    elif line:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        places = [number for number, text in enumerate(lines) if text.strip() == line]
        assert len(places) == 1, line
        lines[places[0] : places[0]] = [block.text]
        file.write_text("".join(lines), encoding="utf-8")
    else:
        assert not file.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")


def test_both_languages_tell_the_same_steps() -> None:
    assert blocks("authoring.zh.md") == blocks("authoring.en.md")
    assert len(blocks("authoring.zh.md")) > 12


def test_the_guide_leads_to_a_graded_lab_on_the_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bubblewrap", "docker"):
        try:
            choose({"SHIXUN_SANDBOX": name})
        except NoSandboxError:
            continue
        monkeypatch.setenv("SHIXUN_SANDBOX", name)
        break
    else:
        pytest.skip("no sandbox can be made here")
    here = tmp_path / "empty"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("SHIXUN_VAR", os.fspath(tmp_path / "var"))
    monkeypatch.setenv("SHIXUN_SECRET_KEY", "x" * 32)
    told = []
    for block in blocks("authoring.en.md"):
        if block.language == "console":
            continue
        if block.language != "sh":
            write(block)
            continue
        for command in commands(block):
            done = shell(command)
            assert done.exit_code == (1 if block.rest == "fails" else 0), f"{command}\n{done.output}"
            told.append(done.stdout)
    assert_tables(told)
    course, lab = load_course(here / "courses/line-efficiency"), load_lab(here / "labs/packs/shift-oee")
    assert [item.slug for item in course.items] == ["first-lesson", "final-quiz", "losses", "shift-oee"]
    assert [question.id for question in course.quizzes["final-quiz"].question][-2:] == ["pieces", "reject"]
    assert len(lab.wrong) == 5
    assert "whole-line" in load_lab(here / "labs/packs/read-a-shift").hints
    assert "lab read-a-shift 0.1.0: now current" in told[-1]
    assert "lab shift-oee 0.1.0: now current" in told[-1]
    assert "course line-efficiency 0.1.0: now current" in told[-1]


def assert_tables(told: list[str]) -> None:
    """The first check is green; the next names the hint that the checks don't know yet, and after the lesson it is given."""
    tables = [text for text in told if "lab shift-oee (" in text]
    assert len(tables) == 3
    first, failing, last = tables
    assert re.search(r"^ {2}notebook\.py +availability +20 +20 +\d+\.\d", first, re.MULTILINE)
    assert re.search(r"^ +oee +20 +20 +percent$", first, re.MULTILINE)
    assert "≠" not in first + failing + last
    assert "the hint inverse was not given, but value" in failing
    assert re.search(r"^ {2}wrong/inverse\.py +availability +0 +0 +inverse +\d", last, re.MULTILINE)
    assert re.search(r"^ {2}wrong/inverse\.py +availability +0 +0 +value +\d", failing, re.MULTILINE)
