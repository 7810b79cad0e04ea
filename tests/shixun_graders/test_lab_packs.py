"""Every lab pack with checks keeps its promises: a new folder below `labs/packs` is tested here without another line."""

from pathlib import Path

import pytest
from graders_kit import Attempts, points

from shixun_graders.packcheck import check_lab, reference_file
from shixun_graders.sandbox.base import Driver
from shixun_packs.digest import bundle_files
from shixun_packs.form import ANSWERS_NAME
from shixun_packs.lab import build_notebooks, load_lab

PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "labs" / "packs").glob("*/checks.py"))
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.name)


@each_pack
def test_every_solution_earns_what_the_pack_declares(pack: Path, quick_driver: Driver) -> None:
    rows, lab = check_lab(pack, quick_driver), load_lab(pack)
    assert [row.file for row in rows] == [reference_file(lab), *(wrong.file for wrong in lab.wrong)]
    assert {row.file: row.problems for row in rows if not row.ok} == {}


@each_pack
def test_an_untouched_notebook_or_an_empty_form_earns_nothing(pack: Path, quick_driver: Driver) -> None:
    attempts = Attempts(pack, quick_driver)
    if attempts.lab.form:
        result = attempts.bundle(bundle_files({ANSWERS_NAME: b"{}"}))
    else:
        result = attempts.raw(build_notebooks(attempts.lab).release)
    assert set(points(result).values()) == {0.0}
    assert all(cell.hint for cell in result.cells if not cell.manual)


@each_pack
def test_each_wrong_solution_is_a_mistake_with_a_name(pack: Path) -> None:
    wrongs = load_lab(pack).wrong
    assert len(wrongs) >= 5
    assert all(wrong.hint for wrong in wrongs)
