"""看懂一座工厂 on other trainees' shifts than the one that the pack is tried with: the truth is the shift's, the hints name mistakes."""

import hashlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shixun_graders.check.evidence import PlantLog
from shixun_graders.protocol import Answer, AnswerError, Call
from shixun_packs.form import ChoiceField
from shixun_packs.lab import Lab, load_lab
from shixun_plants.bottling.record import REASONS
from shixun_plants.bottling.signals import STATION_TITLES
from shixun_plants.recorded.texts import REASON_NAMES
from shixun_plants.shift import shift

PACK = Path(__file__).parents[2] / "labs" / "packs" / "read-a-plant"
SEEDS = [hashlib.sha256(name).digest() for name in (b"wang", b"zhao")]  # those of test_shift: each is computed once


@pytest.fixture(scope="module")
def lab() -> Lab:
    return load_lab(PACK)


@pytest.fixture
def checks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pack's checks as a module, also for wrong solutions that import it."""
    assert lab.checks is not None
    module = ModuleType("checks")
    monkeypatch.setitem(sys.modules, "checks", module)
    exec(compile(lab.checks, "checks.py", "exec"), module.__dict__)
    return module


def judged(lab: Lab, checks: Any, log: PlantLog, given: dict[str, Any]) -> dict[str, tuple[float, str | None]]:
    missing = Answer(ok=False, error=AnswerError.MISSING)
    answers = [Answer(ok=True, value=given[f.id]) if given.get(f.id) is not None else missing for f in lab.form]
    found: dict[str, tuple[float, str | None]] = checks.judge([Call(name=f.id) for f in lab.form], answers, log)
    return found


@pytest.mark.parametrize("seed", SEEDS, ids=["wang", "zhao"])
def test_every_trainee_can_reach_full_marks_and_every_mistake_is_named(lab: Lab, checks: Any, seed: bytes) -> None:
    log = PlantLog(shift=shift("bottling", seed))
    right = checks.answers(log)
    full = {grade.id: (grade.points, None) for grade in lab.grades}
    assert judged(lab, checks, log, right) == full
    for wrong in lab.wrong:
        code: dict[str, Any] = {}
        exec(compile(wrong.code, wrong.file, "exec"), code)
        found = judged(lab, checks, log, right | code["answers"](dict(right), log))
        assert wrong.hint in {hint for _points, hint in found.values()}, wrong.file
        assert sum(points for points, _hint in found.values()) < lab.max_points - 4, wrong.file


def test_answers_of_another_trainee_are_no_answers(lab: Lab, checks: Any) -> None:
    mine, others = (PlantLog(shift=shift("bottling", seed)) for seed in SEEDS)
    found = judged(lab, checks, mine, checks.answers(others))
    assert sum(points for points, _hint in found.values()) < 50


def test_the_form_offers_what_the_line_has(lab: Lab) -> None:
    choices = {field.id: field for field in lab.form if isinstance(field, ChoiceField)}
    machines = [(option.id, option.text.zh, option.text.en) for option in choices["bottleneck"].option]
    assert machines == [(name, *titles) for name, titles in STATION_TITLES.items()]
    reasons = {option.id: (option.text.zh, option.text.en) for option in choices["stop_reason"].option}
    assert reasons == {reason: REASON_NAMES[reason] for of in REASONS.values() for reason in of}


def test_odd_numbers_break_no_check(lab: Lab, checks: Any) -> None:
    log = PlantLog(shift=shift("bottling", SEEDS[0]))
    numbers = [field.id for field in lab.form if field.kind == "number"]
    for value in (0.0, -1.0, 1e15, -1e15, 5e-324):
        found = judged(lab, checks, log, dict.fromkeys(numbers, value))
        assert all(points == 0 and hint for points, hint in found.values()), value
