import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shixun_packs.problems import PackError
from shixun_packs.repository import load_repository

Edit = Callable[[Path, str, str], None]


def problems(root: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        load_repository(root)
    return [str(problem).removeprefix(f"{root.as_posix()}/") for problem in caught.value.problems]


def test_all_packs_are_read_by_slug(packs: Path) -> None:
    found = load_repository(packs)
    assert (list(found.courses), list(found.labs), list(found.contests)) == (
        ["tiny-course"],
        ["tiny-lab"],
        ["tiny-cup"],
    )


def test_a_checkout_without_packs_is_empty(tmp_path: Path) -> None:
    assert load_repository(tmp_path).courses == {}


def test_references_to_packs_that_are_not_there(packs: Path, edit: Edit) -> None:
    edit(packs / "courses/tiny-course/course.toml", 'lab = "tiny-lab"', 'lab = "no-lab"')
    edit(packs / "courses/tiny-course/course.toml", "prerequisites = []", 'prerequisites = ["no-course"]')
    edit(packs / "competitions/packs/tiny-cup/contest.toml", 'lab = "tiny-lab"', 'lab = "no-lab"')
    assert problems(packs) == [
        "competitions/packs/tiny-cup/contest.toml:49: there is no lab 'no-lab'",
        "courses/tiny-course/course.toml:11: there is no course 'no-course'",
        "courses/tiny-course/course.toml:31: there is no lab 'no-lab'",
    ]


def test_a_broken_lab_is_not_called_missing_as_well(packs: Path, edit: Edit) -> None:
    edit(packs / "labs/packs/tiny-lab/lab.toml", "minutes = 20", "minutes = 0")
    assert len(problems(packs)) == 1


def test_a_contest_needs_a_lab_that_can_be_scored(packs: Path, edit: Edit) -> None:
    lab = packs / "labs/packs/tiny-lab/lab.toml"
    edit(lab, 'checks = "checks.py"\n', "")
    edit(lab, "points = 10\n", "points = 10\nmanual = true\n")
    edit(lab, "scores = {double = 4}", "scores = {}")
    found = problems(packs)
    assert any("has full marks" in problem for problem in found)
    edit(lab, 'file = "wrong/triple.py"\nmistake = {zh = "乘三", en = "Tripled"}\nhint = "twice"\nscores = {}\n', "")
    edit(lab, "[[wrong]]\n", "")
    assert problems(packs) == [
        "competitions/packs/tiny-cup/contest.toml:49: the lab 'tiny-lab' has no checks: it can't be scored"
    ]


def test_a_folder_without_its_file_is_a_problem_not_a_silence(packs: Path) -> None:
    (packs / "courses/empty").mkdir()
    (packs / "courses/.hidden").mkdir()
    assert problems(packs) == ["courses/empty/course.toml: there is no such file"]


def test_the_package_is_a_leaf() -> None:
    code = (
        "import sys, shixun_packs.repository\n"
        "heavy = {'flask', 'sqlalchemy', 'shixun', 'jupytext', 'nbformat', 'shixun_labs', 'shixun_graders'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(root / "platform")})


def test_digests_need_nothing_but_the_standard_library() -> None:
    code = "import sys, shixun_packs.digest\nassert not {'pydantic', 'tree_sitter', 'markdown_it'} & set(sys.modules)\n"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(root / "platform")})
