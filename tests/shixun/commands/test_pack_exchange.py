"""`shixun pack import` and `export` on the command line: all or nothing, and what was written is a sound pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shixun.cli import main
from shixun_packs.course import load_course
from shixun_packs.exchange.xlsx_write import template

ROOT = Path(__file__).parents[3]
GIFT = """\
$CATEGORY: top/Modbus

::Port::哪个端口？{=502#IANA 登记 ~80#HTTP 的端口}

$CATEGORY: top/OPC UA

::Port::OPC UA 呢？{#4840}
"""


def run(*words: str | Path, env: dict[str, str] | None = None) -> Result:
    found = CliRunner().invoke(main, ["pack", *map(str, words)], env={"LC_ALL": "C", **(env or {})})
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def gift(tmp_path: Path) -> Path:
    file = tmp_path / "bank.gift"
    file.write_text(GIFT, encoding="utf-8")
    return file


def test_a_new_pack_and_then_new_units_in_it(tmp_path: Path, gift: Path) -> None:
    folder = tmp_path / "from-moodle"
    assert run("import", "gift", gift, "--into", folder, "--title", "网络题库").exit_code == 0
    course = load_course(folder)
    assert [quiz.quiz.title.zh for quiz in course.quizzes.values()] == ["Modbus", "OPC UA"]
    assert [question.id for quiz in course.quizzes.values() for question in quiz.question] == ["port", "port-2"]
    (tmp_path / "sheet.xlsx").write_bytes(template())
    before = snapshot(folder)
    assert run("import", "xlsx", tmp_path / "sheet.xlsx", "--into", folder).exit_code == 0
    after = snapshot(folder)
    assert {path: after[path] for path in before if path != "course.toml"} == {
        path: data for path, data in before.items() if path != "course.toml"
    }
    assert after["course.toml"].startswith(before["course.toml"].rstrip(b"\n"))
    assert run("import", "xlsx", tmp_path / "sheet.xlsx", "--into", folder, "--quiz", "sheet").exit_code == 0
    ids = [question.id for question in load_course(folder).quizzes["sheet"].question]
    assert len(ids) == len(set(ids)) == 12
    assert run("import", "xlsx", tmp_path / "sheet.xlsx", "--into", folder).exit_code == 0  # once more: another unit
    assert {"sheet", "sheet-2"} <= load_course(folder).quizzes.keys()


def test_nothing_is_written_unless_all_can_be_taken_or_the_rest_is_asked_for(tmp_path: Path, gift: Path) -> None:
    gift.write_text(GIFT + "\n说说你的看法。{}\n", encoding="utf-8")
    folder = tmp_path / "from-moodle"
    refused = run("import", "gift", gift, "--into", folder, env={"LC_ALL": "zh_CN.UTF-8"})
    assert refused.exit_code == 1
    assert "未导入: 第 9 行：是论述题" in refused.output
    assert "什么也没有写入" in refused.output
    assert not folder.exists()
    taken = run("import", "gift", gift, "--into", folder, "--partly", "--json")
    assert taken.exit_code == 0
    told: dict[str, Any] = json.loads(taken.output)
    assert [finding["place"]["en"] for finding in told["findings"] if finding["lost"]] == ["line 9"]
    assert "course.toml" in told["written"]


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("Bad Name", [], "slug"),
        ("full", [], "neither a course pack nor an empty folder"),
        ("pack", ["--quiz", "nowhere"], "there is no quiz 'nowhere'"),
    ],
)
def test_what_would_not_be_a_sound_pack_is_not_written(
    tmp_path: Path, gift: Path, target: str, options: list[str], words: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    run("import", "gift", gift, "--into", tmp_path / "pack")
    before = snapshot(tmp_path)
    found = run("import", "gift", gift, "--into", tmp_path / target, *options)
    assert found.exit_code == 1
    assert words in found.output
    assert "/tmp/tmp" not in found.output  # the place of the trial copy is nobody's business
    assert snapshot(tmp_path) == before


def test_a_file_in_gbk_says_so(tmp_path: Path, gift: Path) -> None:
    gift.write_bytes(GIFT.encode("gbk"))
    found = run("import", "gift", gift, "--into", tmp_path / "x")
    assert found.exit_code == 1
    assert "bank.gift:3: is not UTF-8" in found.output


def test_questions_go_out_as_a_sheet_and_come_back(tmp_path: Path) -> None:
    pack = ROOT / "courses" / "industrial-networks"
    assert run("export", "xlsx", pack, "--quiz", "final-quiz", "-o", tmp_path / "final.xlsx").exit_code == 0
    assert run("import", "xlsx", tmp_path / "final.xlsx", "--into", tmp_path / "copied").exit_code == 0
    (copied,) = load_course(tmp_path / "copied").quizzes.values()
    assert copied.question == load_course(pack).quizzes["final-quiz"].question
    assert run("export", "xlsx", pack, "--quiz", "none", "-o", tmp_path / "x.xlsx").exit_code == 1
    assert run("export", "xlsx", tmp_path, "-o", tmp_path / "x.xlsx").exit_code == 1
