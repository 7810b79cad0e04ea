"""The score of a submission: the verdict in force and the instructor's latest grades, cell by cell. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shixun.assessment.models import ManualGrade, Submission, Verdict


@dataclass(frozen=True)
class CellScore:
    """One grade cell as a page shows it; `points` None: not graded yet."""

    grade_id: str
    points: float | None
    max_points: float
    manual: bool
    hint: str | None
    comment: str


@dataclass(frozen=True)
class Score:
    """A submission's score so far; `complete` False while a manual cell waits."""

    cells: Sequence[CellScore]
    points: float
    max_points: float
    complete: bool


def in_force(submission: Submission) -> Verdict | None:
    """The verdict that counts: the latest."""
    return submission.verdicts[-1] if submission.verdicts else None


def latest_manual(grades: Sequence[ManualGrade]) -> Mapping[str, ManualGrade]:
    """The grade that counts for each manual cell. `grades` in order of time."""
    return {grade.grade_id: grade for grade in grades}


def score(submission: Submission) -> Score | None:
    """The score under the verdict in force; None before the first verdict. A refused submission has 0 and is complete."""
    verdict = in_force(submission)
    if verdict is None:
        return None
    manual = latest_manual(submission.manual_grades)
    cells = []
    for cell in verdict.cells:
        grade_id, is_manual = cell["grade_id"], bool(cell.get("manual"))
        given = manual.get(grade_id) if is_manual else None
        points = given.points if given is not None else None if is_manual else float(cell["points"])
        if is_manual and verdict.outcome == "refused":
            points = 0.0
        cells.append(
            CellScore(
                grade_id, points, float(cell["max_points"]), is_manual, cell.get("hint"), given.comment if given else ""
            )
        )
    return Score(
        cells,
        sum(cell.points or 0.0 for cell in cells),
        submission.max_points,
        all(cell.points is not None for cell in cells),
    )
