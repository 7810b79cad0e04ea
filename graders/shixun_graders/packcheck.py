"""Trying a lab pack out: its reference solution must earn full marks, each wrong one what it declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shixun_graders.grade import Packs, grade, solve_form
from shixun_graders.protocol import TRIAL_MAP_SEED, TRIAL_SEED, GradingJob, GradingResult
from shixun_graders.sandbox.base import Driver
from shixun_graders.session import GradingFailedError
from shixun_packs.digest import bundle, bundle_digest, bundle_files
from shixun_packs.lab import NOTEBOOK_NAME, Lab, Wrong, build_notebooks, load_lab, reference_file, with_wrong


@dataclass(frozen=True)
class Row:
    """One solution tried: points by automatic cell, as expected and as earned, and what is wrong with that, if anything."""

    file: str
    expected: dict[str, float]
    earned: dict[str, float]
    hints: dict[str, str | None]
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the solution earned what it should."""
        return not self.problems


def check_lab(
    folder: Path, driver: Driver, tell: Callable[[Row], None] | None = None, only: Collection[str] = ()
) -> list[Row]:
    """Grade the reference and every wrong solution of a lab pack; `tell` hears of each row as it is done.

    `only` names the files of those that are wanted; empty, all of them.

    Raises PackError for a pack that can't be read. A lab without checks has nothing to try: no rows.
    """
    lab = load_lab(folder)
    if lab.checks is None:
        return []
    packs, pack = Packs(), bundle(folder)
    full = {grade.id: grade.points for grade in lab.grades if not grade.manual}
    rows = []
    for wrong, solution in zip((None, *lab.wrong), solution_bundles(lab, driver), strict=True):
        file = reference_file(lab) if wrong is None else wrong.file
        if only and file not in only:
            continue
        if isinstance(solution, str):
            row = Row(file, _expected(wrong, full), {}, {}, [f"gave no answers: {solution}"])
        else:
            row = _row(lab, try_bundle(lab.slug, pack, solution, driver, packs=packs), wrong, full)
        rows.append(row)
        if tell is not None:
            tell(rows[-1])
    return rows


def solution_bundles(lab: Lab, driver: Driver, map_seed: bytes = TRIAL_MAP_SEED) -> list[bytes | str]:
    """Submissions of the reference solution and of each wrong one, in the pack's order; a text says why there is none."""
    if not lab.form:
        notebooks = [build_notebooks(lab).source, *(with_wrong(lab, wrong) for wrong in lab.wrong)]
        return [bundle_files({NOTEBOOK_NAME: notebook}) for notebook in notebooks]
    try:
        return solve_form(driver, lab, [wrong.code for wrong in lab.wrong], map_seed.hex())
    except GradingFailedError as error:
        return [str(error)] * (1 + len(lab.wrong))


def try_notebook(
    lab: Lab,
    pack: bytes,
    notebook: bytes,
    driver: Driver,
    *,
    seed: bytes = TRIAL_SEED,
    map_seed: bytes = TRIAL_MAP_SEED,
    packs: Packs | None = None,
) -> GradingResult:
    """Grade one notebook of a lab as a worker would; `pack` is the pack's bundle."""
    submission = bundle_files({NOTEBOOK_NAME: notebook})
    return try_bundle(lab.slug, pack, submission, driver, seed=seed, map_seed=map_seed, packs=packs)


def try_bundle(
    slug: str,
    pack: bytes,
    submission: bytes,
    driver: Driver,
    *,
    seed: bytes = TRIAL_SEED,
    map_seed: bytes = TRIAL_MAP_SEED,
    packs: Packs | None = None,
) -> GradingResult:
    """Grade one submission bundle, whatever its bytes are."""
    bundles = {bundle_digest(pack): pack, bundle_digest(submission): submission}
    job = GradingJob(
        job_id="try",
        lease_id="try",
        lease_seconds=3600,
        kind="lab",
        submission_id="try",
        lab=slug,
        submission_digest=bundle_digest(submission),
        pack_digest=bundle_digest(pack),
        seed=seed.hex(),
        map_seed=map_seed.hex(),
        submitted_at=datetime.now(UTC),
    )
    return grade(job, bundles.__getitem__, driver, packs)


def _expected(wrong: Wrong | None, full: Mapping[str, float]) -> dict[str, float]:
    return dict(full if wrong is None else wrong.scores)


def _row(lab: Lab, result: GradingResult, wrong: Wrong | None, full: Mapping[str, float]) -> Row:
    expected = _expected(wrong, full)
    graded = [cell for cell in result.cells if cell.points is not None]
    earned = {cell.grade_id: cell.points or 0.0 for cell in graded}
    hints = {cell.grade_id: cell.hint for cell in graded}
    problems = []
    if result.outcome != "graded":
        problems.append(f"{result.outcome}: {result.reason}")
    for grade_id, points in expected.items():
        if abs(earned.get(grade_id, 0.0) - points) > 0.005:
            problems.append(f"{grade_id}: earned {earned.get(grade_id, 0.0):g}, expected {points:g}")
    if wrong is not None and wrong.hint is not None and wrong.hint not in hints.values():
        problems.append(f"the hint {wrong.hint} was not given, but {', '.join(filter(None, hints.values())) or 'none'}")
    seconds = result.seconds.intake + result.seconds.run + result.seconds.check
    return Row(
        reference_file(lab) if wrong is None else wrong.file, expected, earned, hints, problems, round(seconds, 2)
    )
