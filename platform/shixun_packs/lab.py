"""Lab packs: `lab.toml`, a notebook with its solution or a form, hidden checks, wrong solutions, assets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from shixun_packs.folder import PackFolder
from shixun_packs.form import FormField, functions_of, read_answers_code, read_form
from shixun_packs.notebooks import Cell, notebook_bytes, read_cells
from shixun_packs.percent import read_percent, syntax_problem, uncomment
from shixun_packs.problems import PackError
from shixun_packs.text import LocalText, PackModel, Slug, Version
from shixun_packs.toml import TomlDocument

NOTEBOOK_NAME = "notebook.ipynb"
GradeId = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
_WRONG_MARKER = re.compile(r"# ?%% \[([A-Za-z0-9_-]+)\]\s*$")


class Plant(PackModel):
    """The plant beside the lab. `speed` is plant seconds per second; `log` says whether the trainee may see its log.

    A `recorded` plant is no live one but the trainee's own shift, long over: a screen to read, without any protocol.
    """

    kind: Slug
    protocols: list[Literal["modbus", "opcua", "mqtt"]] = Field(default_factory=list)
    speed: float = Field(default=1.0, gt=0, le=100)
    log: Literal["teaching", "none"] = "teaching"
    recorded: bool = False

    @model_validator(mode="after")
    def _speaks_or_shows(self) -> Plant:
        if self.recorded and self.protocols:
            raise ValueError("a recorded plant speaks no protocols")
        if not self.recorded and not self.protocols:
            raise ValueError("a plant speaks at least one of the protocols")
        return self


class LabLimits(PackModel):
    """Limits of grading one submission: seconds of the run and check steps, memory in MB, output in KB."""

    run_seconds: int = Field(default=120, ge=1, le=3600)
    check_seconds: int = Field(default=60, ge=1, le=3600)
    memory_mb: int = Field(default=768, ge=64, le=16384)
    output_kb: int = Field(default=512, ge=1, le=16384)


class Grade(PackModel):
    """One cell that earns points: judged by the checks, or by an instructor where `manual`."""

    id: str = GradeId
    points: float = Field(gt=0)
    title: LocalText
    manual: bool = False


class Hint(PackModel):
    """A text that the checks may show a trainee, by key."""

    key: Slug
    text: LocalText


class WrongFile(PackModel):
    """A wrong solution that the pack is tested with, and what each automatic cell of it deserves."""

    file: str
    mistake: LocalText
    hint: Slug | None = None
    scores: dict[str, float]


class Step(PackModel):
    """One step of the task that stands beside the lab; `text` is Markdown."""

    title: LocalText
    text: LocalText


class LabInfo(PackModel):
    """Table `[lab]`."""

    slug: Slug
    version: Version
    title: LocalText
    summary: LocalText
    minutes: int = Field(ge=1, le=1440)
    notebook: str | None = None
    form: str | None = None
    checks: str | None = None
    field: Slug

    @model_validator(mode="after")
    def _notebook_or_form(self) -> LabInfo:
        if (self.notebook is None) == (self.form is None):
            raise ValueError("a lab has either a notebook or a form")
        return self


class LabFile(PackModel):
    """The whole of `lab.toml`."""

    lab: LabInfo
    plant: Plant | None = None
    limits: LabLimits = Field(default_factory=LabLimits)
    grade: list[Grade] = Field(min_length=1)
    hint: list[Hint] = Field(default_factory=list)
    wrong: list[WrongFile] = Field(default_factory=list)
    step: list[Step] = Field(default_factory=list)


@dataclass(frozen=True)
class Wrong:
    """A wrong solution: `cells` maps grade ids of solution cells to their wrong text.

    In a form lab `code` is Python instead: `answers(right, plant_log)` gives the answers that differ from the right ones.
    """

    file: str
    mistake: LocalText
    hint: str | None
    scores: dict[str, float]
    cells: dict[str, str]
    code: str = ""


@dataclass(frozen=True)
class Lab:
    """A lab pack, complete in memory: the folder may go away after loading.

    `checks` is the source of the hidden checks, None for a lab that is practice only; `assets` are the files below
    `assets/` that the trainee receives, by path. A lab without code has a `form` and no `cells`.
    """

    slug: str
    version: str
    title: LocalText
    summary: LocalText
    minutes: int
    field: str
    plant: Plant | None
    limits: LabLimits
    grades: tuple[Grade, ...]
    hints: dict[str, LocalText]
    wrong: tuple[Wrong, ...]
    steps: tuple[Step, ...]
    cells: tuple[Cell, ...]
    form: tuple[FormField, ...]
    checks: str | None
    assets: dict[str, bytes]
    digest: str

    @property
    def max_points(self) -> float:
        """Points of all graded cells together."""
        return sum(grade.points for grade in self.grades)


@dataclass(frozen=True)
class Notebooks:
    """The notebooks of a lab (UTF-8 JSON) and what intake restores.

    `release` is the trainee's, `source` holds the reference solution; `locked` maps the ids of locked cells to their
    canonical text as released.
    """

    release: bytes
    source: bytes
    locked: dict[str, str]


def build_notebooks(lab: Lab) -> Notebooks:
    """Build a lab's notebooks; the same lab gives the same bytes."""
    return Notebooks(
        release=notebook_bytes(lab.cells, {cell.id: cell.release for cell in lab.cells}),
        source=notebook_bytes(lab.cells, {cell.id: cell.source for cell in lab.cells}),
        locked={cell.id: cell.release for cell in lab.cells if cell.is_locked},
    )


def with_wrong(lab: Lab, wrong: Wrong) -> bytes:
    """The reference solution with the cells of one wrong solution in their place, as a notebook."""
    return notebook_bytes(lab.cells, {cell.id: cell.source for cell in lab.cells} | wrong.cells)


def reference_file(lab: Lab) -> str:
    """Where a lab's reference solution stands: its notebook, or the function `answers` of a form lab's checks."""
    return "checks.py" if lab.form else "notebook.py"


def release_files(lab: Lab) -> dict[str, bytes]:
    """All files that a trainee receives, by path: the released notebook and the assets, nothing else of the pack."""
    return ({} if lab.form else {NOTEBOOK_NAME: build_notebooks(lab).release}) | lab.assets


def load_lab(folder: Path) -> Lab:
    """Read and check a lab pack. Raises PackError with all problems found."""
    pack = PackFolder(folder)
    document, spec = pack.toml("lab.toml", LabFile)
    if document is None or spec is None:
        raise PackError(pack.problems)
    pack.named_as(document, spec.lab.slug, "lab")
    pack.unique(document, [(grade.id, ("grade", index, "id")) for index, grade in enumerate(spec.grade)])
    pack.unique(document, [(hint.key, ("hint", index, "key")) for index, hint in enumerate(spec.hint)])
    cells = _read_notebook(pack, document, spec)
    form = _read_form(pack, document, spec)
    checks = _read_checks(pack, document, spec)
    wrong = [_read_wrong(pack, document, spec, index, cells) for index in range(len(spec.wrong))]
    digest = pack.sealed()
    return Lab(
        slug=spec.lab.slug,
        version=spec.lab.version,
        title=spec.lab.title,
        summary=spec.lab.summary,
        minutes=spec.lab.minutes,
        field=spec.lab.field,
        plant=spec.plant,
        limits=spec.limits,
        grades=tuple(spec.grade),
        hints={hint.key: hint.text for hint in spec.hint},
        wrong=tuple(wrong),
        steps=tuple(spec.step),
        cells=cells,
        form=form,
        checks=checks,
        assets={path: (folder / path).read_bytes() for path in pack.files if path.startswith("assets/")},
        digest=digest,
    )


def _read_notebook(pack: PackFolder, document: TomlDocument, spec: LabFile) -> tuple[Cell, ...]:
    """Read the notebook and hold its graded cells against `[[grade]]`."""
    name = spec.lab.notebook
    if name is None:
        return ()
    if not pack.refers(document, name, "lab", "notebook") or (text := pack.text(name)) is None:
        return ()
    path = (pack.folder / name).as_posix()
    cells: tuple[Cell, ...] = ()
    with pack.catching():
        cells = read_cells(read_percent(text, path), spec.lab.slug, path)
    if not cells:
        return ()
    graded = {cell.id: cell for cell in cells if cell.nbgrader and cell.nbgrader.grade}
    for index, grade in enumerate(spec.grade):
        cell = graded.pop(grade.id, None)
        if cell is None or cell.nbgrader is None:
            pack.problems.append(document.problem(f"{name} has no graded cell {grade.id!r}", "grade", index, "id"))
        elif cell.nbgrader.points != grade.points:
            message = f"{grade.id} has {cell.nbgrader.points:g} points here and {grade.points:g} in lab.toml"
            pack.add(name, cell.line, message)
        elif grade.manual and not cell.is_solution:
            pack.add(name, cell.line, f"{grade.id} is graded by hand, so it must be a solution cell")
    for cell in graded.values():
        pack.add(name, cell.line, f"the graded cell {cell.id} is not in lab.toml")
    return cells


def _read_form(pack: PackFolder, document: TomlDocument, spec: LabFile) -> tuple[FormField, ...]:
    """Read the form and hold it against `[[grade]]`; a form reads a recorded plant, a notebook speaks to a live one."""
    name = spec.lab.form
    if spec.plant is not None and spec.plant.recorded != (name is not None):
        message = "a form needs a plant with recorded = true" if name else "a notebook can't speak to a recorded plant"
        pack.problems.append(document.problem(message, "plant", "recorded"))
    if name is None:
        return ()
    return read_form(pack, document, name, {grade.id: index for index, grade in enumerate(spec.grade)})


def _read_checks(pack: PackFolder, document: TomlDocument, spec: LabFile) -> str | None:
    """Read `checks.py` (never run here) and look for its two functions."""
    name = spec.lab.checks
    if name is None:
        for index, grade in enumerate(spec.grade):
            if not grade.manual:
                message = f"{grade.id} is judged by checks, but [lab] names none"
                pack.problems.append(document.problem(message, "grade", index, "id"))
        return None
    if not pack.refers(document, name, "lab", "checks") or (text := pack.text(name)) is None:
        return None
    problem = syntax_problem(text, (pack.folder / name).as_posix(), cell=False)
    if problem:
        pack.problems.append(problem)
        return None
    for needed in ("answers" if spec.lab.form else "calls", "judge"):
        if needed not in functions_of(text):
            pack.add(name, None, f"there is no function {needed}()")
    return text


def _read_wrong(pack: PackFolder, document: TomlDocument, spec: LabFile, index: int, cells: tuple[Cell, ...]) -> Wrong:
    wrong = spec.wrong[index]
    _check_scores(pack, document, spec, index)
    if wrong.hint is not None and wrong.hint not in {hint.key for hint in spec.hint}:
        pack.problems.append(document.problem(f"there is no hint {wrong.hint!r}", "wrong", index, "hint"))
    found: dict[str, str] = {}
    if spec.lab.form is not None:
        code = read_answers_code(pack, wrong.file) if pack.refers(document, wrong.file, "wrong", index, "file") else ""
        return Wrong(wrong.file, wrong.mistake, wrong.hint, wrong.scores, found, code)
    if pack.refers(document, wrong.file, "wrong", index, "file") and (text := pack.text(wrong.file)) is not None:
        solutions = {cell.id: cell for cell in cells if cell.is_solution}
        for cell_id, source, line in _wrong_cells(pack, wrong.file, text):
            if cell_id in found:
                pack.add(wrong.file, line, f"{cell_id} is there twice")
            if cells and cell_id not in solutions:
                pack.add(wrong.file, line, f"{cell_id} is no solution cell of the notebook")
            found[cell_id] = _replacement(pack, wrong.file, source, line, solutions.get(cell_id))
    return Wrong(wrong.file, wrong.mistake, wrong.hint, wrong.scores, found)


def _replacement(pack: PackFolder, name: str, source: str, line: int, cell: Cell | None) -> str:
    """The text that stands in for `cell`: Markdown is written as comment lines, as in the notebook."""
    if cell and cell.kind == "markdown":
        try:
            source = "\n".join(uncomment(text) for text in source.split("\n"))
        except ValueError as error:
            pack.add(name, line, str(error))
    elif problem := syntax_problem(source, (pack.folder / name).as_posix(), line + 1):
        pack.problems.append(problem)
    if cell and source == cell.source:
        pack.add(name, line, f"{cell.id} is the same as in the reference solution")
    return source


def _check_scores(pack: PackFolder, document: TomlDocument, spec: LabFile, index: int) -> None:
    """Every automatic cell is named, no other, within its points, and something is lost."""
    scores = spec.wrong[index].scores
    points = {grade.id: grade.points for grade in spec.grade if not grade.manual}
    for missing in points.keys() - scores.keys():
        pack.problems.append(document.problem(f"scores: {missing} is missing", "wrong", index, "scores"))
    for grade_id, score in scores.items():
        if grade_id not in points:
            message = f"scores: {grade_id} is no automatic cell"
        elif not 0 <= score <= points[grade_id]:
            message = f"scores: {grade_id} must be from 0 to {points[grade_id]:g}"
        else:
            continue
        pack.problems.append(document.problem(message, "wrong", index, "scores", grade_id))
    if scores == points:
        pack.problems.append(document.problem("scores: a wrong solution has full marks", "wrong", index, "scores"))


def _wrong_cells(pack: PackFolder, name: str, text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (cell id, text, line of the marker) of a file whose cells begin with `# %% [grade_id]`."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _WRONG_MARKER.match(line)]
    if not starts:
        pack.add(name, None, "has no cells: a cell begins with a line `# %% [grade_id]`")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        match = _WRONG_MARKER.match(lines[start])
        yield (match.group(1) if match else ""), "\n".join(lines[start + 1 : end]).rstrip(), start + 1
