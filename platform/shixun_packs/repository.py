"""All packs of a checkout, and what they say of one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shixun_packs.contest import Contest, NotebookChallenge, load_contest
from shixun_packs.course import Course, LabItem, load_course
from shixun_packs.lab import Lab, load_lab
from shixun_packs.paths import is_ignored
from shixun_packs.problems import PackError, Report
from shixun_packs.toml import TomlDocument, read_toml

PackT = TypeVar("PackT")


@dataclass(frozen=True)
class Repository:
    """Packs by slug."""

    courses: dict[str, Course]
    labs: dict[str, Lab]
    contests: dict[str, Contest]


def load_repository(root: Path) -> Repository:
    """Read `courses/*`, `labs/packs/*` and `competitions/packs/*` below `root`.

    Raises PackError with the problems of all packs, references from one pack to another included.
    """
    report = Report(root)
    courses, broken_courses = _load_all(report, root / "courses", load_course)
    labs, broken_labs = _load_all(report, root / "labs" / "packs", load_lab)
    contests, _ = _load_all(report, root / "competitions" / "packs", load_contest)
    for course in courses.values():
        document = read_toml(root / "courses" / course.slug / "course.toml")
        _check_course(report, document, course, labs.keys() | broken_labs, courses.keys() | broken_courses)
    for contest in contests.values():
        document = read_toml(root / "competitions" / "packs" / contest.slug / "contest.toml")
        _check_contest(report, document, contest, labs, broken_labs)
    report.close()
    return Repository(courses, labs, contests)


def _load_all(report: Report, parent: Path, load: Callable[[Path], PackT]) -> tuple[dict[str, PackT], set[str]]:
    """Load every folder of `parent`; return the packs, and the names of those that failed."""
    found: dict[str, PackT] = {}
    failed: set[str] = set()
    if not parent.is_dir():
        return found, failed
    for folder in sorted(path for path in parent.iterdir() if path.is_dir() and not is_ignored(path.name)):
        try:
            found[folder.name] = load(folder)
        except PackError as error:
            report.problems.extend(error.problems)
            failed.add(folder.name)
    return found, failed


def _check_contest(
    report: Report, document: TomlDocument, contest: Contest, labs: dict[str, Lab], broken_labs: set[str]
) -> None:
    for index, challenge in enumerate(contest.challenges):
        if not isinstance(challenge, NotebookChallenge) or challenge.lab in broken_labs:
            continue
        lab = labs.get(challenge.lab)
        if lab is None:
            report.problems.append(document.problem(f"there is no lab {challenge.lab!r}", "challenge", index, "lab"))
        elif lab.checks is None:
            message = f"the lab {challenge.lab!r} has no checks: it can't be scored"
            report.problems.append(document.problem(message, "challenge", index, "lab"))


def _check_course(report: Report, document: TomlDocument, course: Course, labs: set[str], courses: set[str]) -> None:
    for u, unit in enumerate(course.units):
        for i, item in enumerate(unit.item):
            if isinstance(item, LabItem) and item.lab not in labs:
                report.problems.append(document.problem(f"there is no lab {item.lab!r}", "unit", u, "item", i, "lab"))
    for index, needed in enumerate(course.info.prerequisites):
        if needed not in courses:
            message = f"there is no course {needed!r}"
            report.problems.append(document.problem(message, "course", "prerequisites", index))
