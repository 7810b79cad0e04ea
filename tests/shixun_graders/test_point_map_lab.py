"""Lab 5.1 点表逆向: its checks judge reading, not spelling (`test_lab_packs.py` grades its solutions)."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from graders_kit import Attempts, checks_of, points

from shixun_graders.check.evidence import PlantLog
from shixun_graders.protocol import Answer, AnswerError
from shixun_graders.sandbox.base import Driver
from shixun_packs.lab import build_notebooks, load_lab
from shixun_plants.mapgen import point_map
from shixun_plants.pointmap import Point, PointMap

PACK = Path(__file__).parents[2] / "labs" / "packs" / "modbus-point-map"
SEED = bytes(32)
FIELDS = ("unit_id", "table", "address", "dtype", "word_order", "scale", "offset")


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    return checks_of(PACK)


@pytest.fixture(scope="module")
def truth() -> PointMap:
    return point_map("bottling", SEED)


def row(point: Point, **changes: object) -> dict[str, Any]:
    return {name: getattr(point, name) for name in FIELDS} | changes


def test_the_reference_finds_other_maps_too(quick_driver: Driver) -> None:
    attempts = Attempts(PACK, quick_driver)
    for number in (3, 4):
        result = attempts.raw(
            build_notebooks(attempts.lab).source, map_seed=bytes([number]) * 32, seed=bytes([number + 100]) * 32
        )
        assert sum(points(result).values()) == 90


def test_all_of_the_truth_is_right_and_nothing_of_another_map(checks: ModuleType, truth: PointMap) -> None:
    by_tag = {point.tag: point for point in truth.points}
    other = point_map("bottling", bytes([1]) * 32)
    table = {tag: row(truth[tag]) for tag in checks.TAGS}
    assert checks._judge_table(Answer(ok=True, value=table), by_tag) == (35.0, None)
    others = {tag: row(other[tag]) for tag in checks.TAGS}
    assert checks._judge_table(Answer(ok=True, value=others), by_tag)[0] == 0.0


def alike(checks: ModuleType, point: Point, **changes: object) -> bool:
    claimed = checks._claimed(row(point, **changes))
    return claimed is not None and checks._reads_alike(point.tag, point, claimed)


def test_rows_that_read_the_same_are_the_same(checks: ModuleType) -> None:
    pressure = Point("rinser.pressure", 7, "input", 40, "uint16", "big", 0.1, 0.0, "kPa", False)
    assert alike(checks, pressure, word_order="little")
    assert alike(checks, pressure, dtype="int16")
    assert alike(checks, pressure, scale=np.float64(0.1), address=40.0)
    assert not alike(checks, pressure, scale=0.2)
    assert not alike(checks, pressure, dtype="uint32")
    assert not alike(checks, pressure, unit_id=8)
    level = Point("filler.bowl_level", 7, "holding", 10, "int32", "little", 0.1, 0.0, "mm", False)
    assert alike(checks, level, dtype="int16", address=10)
    assert not alike(checks, level, word_order="big")
    assert not alike(checks, level, dtype="int16", address=11)
    fine = Point("filler.bowl_level", 7, "holding", 10, "int32", "little", 0.001, 0.0, "mm", False)
    assert not alike(checks, fine, dtype="int16", address=10)
    count = Point("filler.count", 7, "holding", 10, "uint32", "big", 1.0, 0.0, "bottle", False)
    assert not alike(checks, count, dtype="int32")
    assert not alike(checks, count, dtype="uint16", address=11)


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"word_order": "big"}, "word-order"),
        ({"address": 11}, "off-by-one"),
        ({"address": 9}, "off-by-one"),
        ({"unit_id": 8}, "wrong-unit"),
        ({"table": "input"}, "wrong-table"),
        ({"scale": 0.01}, "scaling"),
        ({"offset": -40.0}, "scaling"),
        ({"dtype": "float32"}, "wrong-type"),
        ({"address": 200, "unit_id": 9}, "other-point"),
    ],
)
def test_the_hint_names_the_one_thing_to_mend(checks: ModuleType, changes: dict[str, object], hint: str) -> None:
    point = Point("filler.bowl_level", 7, "holding", 10, "int32", "little", 0.001, 0.0, "mm", False)
    claimed = checks._claimed(row(point, **changes))
    assert checks._table_mistake(point.tag, point, claimed) == hint


class Lying(float):
    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "1",
        float("nan"),
        float("inf"),
        10**400,
        Lying(1.0),
        [1],
        np.array([1.0]),
        np.float64("nan"),
        np.True_,
        {},
    ],
)
def test_what_is_no_number_is_near_to_none(checks: ModuleType, value: object) -> None:
    if value is np.True_:
        value = np.array(True)
    assert not checks._near(value, 1.0, 1e9)


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1.0), np.int64(1), np.array(1.0)])
def test_plain_and_numpy_numbers_are_numbers(checks: ModuleType, value: object) -> None:
    assert checks._near(value, 1.0, 1e-6)


def test_hostile_answers_are_judged_as_wrong(checks: ModuleType, truth: PointMap) -> None:
    log = PlantLog(
        points=[{"tag": point.tag, "unit": point.unit, "writable": False} | row(point) for point in truth.points]
    )
    asked = checks.calls(SEED)
    values: list[Any] = [
        None,
        True,
        "full marks",
        [[1]],
        {"line.good": "1"},
        {tag: {"unit_id": 1e300, "table": "holding"} for tag in checks.TAGS},
        {tag: row(truth[tag], unit_id=[1]) for tag in checks.TAGS},
        {tag: row(truth[tag], scale=0, table="x") for tag in checks.TAGS},
        {"oee": {}, "alarms": 5},
        np.zeros((2, 2)),
        float("nan"),
    ]
    for value in values:
        judged = checks.judge(asked, [Answer(ok=True, value=value)] * len(asked), log)
        assert {grade_id: found for grade_id, (found, _) in judged.items()} == dict.fromkeys(judged, 0.0)
        assert all(hint in load_hints() for _, hint in judged.values())
    for error in AnswerError:
        judged = checks.judge(asked, [Answer(ok=False, error=error)] * len(asked), log)
        assert all((found, hint in load_hints()) == (0.0, True) for found, hint in judged.values())


def load_hints() -> set[str]:
    return set(load_lab(PACK).hints)


def test_every_hint_that_the_checks_know_has_a_text(checks: ModuleType) -> None:
    assert set(checks.TELLING) == load_hints()


def test_calls_depend_on_the_seed_alone(checks: ModuleType) -> None:
    assert checks.calls(SEED) == checks.calls(SEED)
    assert checks.calls(SEED) != checks.calls(bytes([1]) * 32)
