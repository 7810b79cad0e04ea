"""Messages between web and graders say one thing each, and carry texts for every code."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from shixun_graders.protocol import (
    NOTE_TEXT,
    REASON_TEXT,
    Answer,
    AnswerError,
    Call,
    CellGrade,
    GradingJob,
    GradingResult,
    Note,
    Reason,
)

JOB = {
    "job_id": "j",
    "lease_id": "l",
    "lease_seconds": 60,
    "kind": "lab",
    "submission_id": "s",
    "lab": "small",
    "submission_digest": "sha256:" + "0" * 64,
    "pack_digest": "sha256:" + "1" * 64,
    "seed": "00" * 32,
    "map_seed": "11" * 32,
    "submitted_at": "2026-11-23T08:00:00Z",
}


def test_every_code_has_both_texts() -> None:
    for texts, codes in ((REASON_TEXT, Reason), (NOTE_TEXT, Note)):
        assert set(texts) == set(codes)
        assert all(text["zh"].strip() and text["en"].strip() for text in texts.values())


@pytest.mark.parametrize(
    "change",
    [
        {"seed": "00"},
        {"seed": "zz" * 32},
        {"submission_digest": "sha256:" + "0" * 63},
        {"pack_digest": "../../etc/passwd"},
        {"kind": "exam"},
        {"lease_seconds": 0},
        {"extra": 1},
    ],
)
def test_a_job_that_is_none_is_refused(change: dict[str, object]) -> None:
    assert GradingJob.model_validate(JOB).kind == "lab"
    with pytest.raises(ValidationError):
        GradingJob.model_validate(JOB | change)


@pytest.mark.parametrize("points", [-1.0, 10.5, float("nan"), float("inf"), None])
def test_points_stay_in_range(points: float | None) -> None:
    with pytest.raises(ValidationError):
        CellGrade(grade_id="a", points=points, max_points=10)


def test_manual_cells_have_no_points() -> None:
    assert CellGrade(grade_id="a", points=None, max_points=10, manual=True).points is None
    with pytest.raises(ValidationError):
        CellGrade(grade_id="a", points=1.0, max_points=10, manual=True)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("graded", Reason.NOT_JSON),
        ("refused", None),
        ("failed", None),
        ("failed", Reason.NOT_JSON),
        ("refused", Reason.STOPPED),
    ],
)
def test_reasons_belong_to_their_outcomes(outcome: str, reason: Reason | None) -> None:
    with pytest.raises(ValidationError):
        GradingResult.model_validate({"job_id": "j", "lease_id": "l", "outcome": outcome, "reason": reason})


def test_results_travel_as_json() -> None:
    cells = [CellGrade(grade_id="a", points=1.5, max_points=2)]
    result = GradingResult(job_id="j", lease_id="l", outcome="graded", cells=cells, notes=[Note.TIME_LIMIT])
    assert GradingResult.model_validate_json(result.model_dump_json()) == result


def test_an_answer_is_a_value_or_an_error() -> None:
    assert Answer(ok=True, value=None).error is None
    for fields in (
        {"ok": True, "error": AnswerError.DIED},
        {"ok": False},
        {"ok": False, "value": 1, "error": AnswerError.DIED},
    ):
        with pytest.raises(ValidationError):
            Answer.model_validate(fields)


@pytest.mark.parametrize("name", ["__import__('os')", "a.b", "", "1a", "x" * 65, "名字"])
def test_a_call_names_an_identifier(name: str) -> None:
    with pytest.raises(ValidationError):
        Call(name=name)


@pytest.mark.parametrize("module", ["shixun_graders.protocol", "shixun_graders.data", "shixun_graders.run.supervisor"])
def test_what_others_load_is_light(module: str) -> None:
    """The protocol brings in nothing of ours; the trainee's sandbox neither pydantic nor what judges."""
    heavy = {
        "flask",
        "sqlalchemy",
        "shixun",
        "docker",
        "shixun_packs",
        "shixun_plants",
        "shixun_graders.check",
        "numpy",
        "IPython",
    }
    if "protocol" not in module:
        heavy |= {"pydantic", "shixun_graders.protocol"}
    code = f"import sys, {module}\nprint(sorted({heavy!r} & set(sys.modules)))"
    path = str(Path(__file__).parents[2] / "graders")
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {path!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
