"""Every lab pack with checks keeps its promises: a new folder below `labs/packs` is tested here without another line."""

from pathlib import Path

import pytest
from graders_kit import Attempts, points

from shixun_graders.packcheck import REFERENCE, check_lab
from shixun_graders.sandbox.base import Driver
from shixun_packs.lab import build_notebooks, load_lab

PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "labs" / "packs").glob("*/checks.py"))
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.name)


@each_pack
def test_every_solution_earns_what_the_pack_declares(pack: Path, quick_driver: Driver) -> None:
    rows = check_lab(pack, quick_driver)
    assert [row.file for row in rows] == [REFERENCE, *(wrong.file for wrong in load_lab(pack).wrong)]
    assert {row.file: row.problems for row in rows if not row.ok} == {}


@each_pack
def test_an_untouched_notebook_earns_nothing(pack: Path, quick_driver: Driver) -> None:
    attempts = Attempts(pack, quick_driver)
    result = attempts.raw(build_notebooks(attempts.lab).release)
    assert set(points(result).values()) == {0.0}
    assert all(cell.hint for cell in result.cells if not cell.manual)


@each_pack
def test_each_wrong_solution_is_a_mistake_with_a_name(pack: Path) -> None:
    wrongs = load_lab(pack).wrong
    assert len(wrongs) >= 5
    assert all(wrong.hint for wrong in wrongs)
