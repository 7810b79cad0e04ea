"""Every lab pack with checks keeps its promises: a new folder below `labs/packs` is tested here without another line."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graders_kit import Attempts, checks_of, points

from shixun_graders.check.evidence import PlantLog
from shixun_graders.check.judging import rounds
from shixun_graders.packcheck import check_lab
from shixun_graders.protocol import Answer, AnswerError, Call
from shixun_graders.sandbox.base import Driver
from shixun_packs.digest import bundle_files
from shixun_packs.form import ANSWERS_NAME
from shixun_packs.lab import Lab, build_notebooks, load_lab, reference_file
from shixun_plants.mapgen import point_map
from shixun_plants.shift import shift

PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "labs" / "packs").glob("*/checks.py"))
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.name)


@pytest.mark.timeout(1500)  # six to ten gradings, each with two OPC UA servers to start, on a machine that may be busy
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


ODD = [
    None,
    True,
    "full marks",
    float("nan"),
    10**400,
    [],
    [[1]],
    [None] * 200,
    [{}] * 200,
    {},
    {"state": True, "valve": "on"},
    np.zeros((2, 2)),
    np.float64("nan"),
    (1e308, {}),
]


def judged_alike(lab: Lab, checks: Any, asked: Any, answer: Answer) -> dict[str, tuple[float, str | None]]:
    """The verdict where every call of a pack gets the same answer; `asked` is what its `calls` gave."""
    plant = lab.plant
    if lab.form:  # intake lets nothing odd through: all that these checks can meet is a field without an answer
        none = Answer(ok=False, error=AnswerError.NOT_DATA) if answer.ok else answer
        seen = PlantLog(shift=shift(plant.kind, bytes(32)) if plant else None)
        return dict(checks.judge([Call(name=field.id) for field in lab.form], [none] * len(lab.form), seen))
    points = [asdict(point) for point in point_map(plant.kind, bytes(32)).points] if plant else []
    talk, calls = rounds(asked), list[Call]()
    batch = next(talk, [])
    while batch:
        calls += batch
        try:
            batch = talk.send([answer] * len(batch))
        except StopIteration:
            break
    return dict(checks.judge(calls, [answer] * len(calls), PlantLog(points=points)))


@each_pack
def test_odd_answers_and_none_earn_nothing_and_get_a_hint(pack: Path) -> None:
    lab, checks, asked = load_lab(pack), checks_of(pack), None
    hints = set(lab.hints)
    answers = [Answer(ok=True, value=value) for value in ODD] + [Answer(ok=False, error=error) for error in AnswerError]
    for answer in answers:
        if not lab.form and not isinstance(asked, list):  # a generator is asked once, by a module that remembers
            checks = checks_of(pack)
            asked = checks.calls(bytes(32))
        judged = judged_alike(lab, checks, asked, answer)
        assert {earned for earned, _ in judged.values()} == {0.0}, answer
        assert {hint for _, hint in judged.values()} <= hints, answer
