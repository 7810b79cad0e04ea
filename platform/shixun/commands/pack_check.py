"""`shixun pack check`: what is wrong with packs, and whether the checks of labs say what the packs declare."""

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from shixun.curriculum.packs import read_course, read_lab
from shixun_packs.contest import load_contest
from shixun_packs.lab import Lab, load_lab, reference_file
from shixun_packs.paths import is_ignored
from shixun_packs.problems import PackError, Problem
from shixun_packs.repository import load_repository
from shixun_packs.review import review_course, review_lab, review_other

PLACES = {"course": "courses", "lab": "labs/packs", "contest": "competitions/packs"}
_HEAD = f"  {'solution':<28} {'cell':<20} {'declared':>8} {'got':>8}  {'hint':<20} {'seconds':>7} {'MB':>5}"


@dataclass(frozen=True)
class Kind:
    """What one kind of pack is recognised, read and reviewed by."""

    marker: str
    read: Callable[[Path], object]
    review: Callable[[Path], list[Problem]]


KINDS = {
    "course": Kind("course.toml", read_course, review_course),
    "lab": Kind("lab.toml", read_lab, review_lab),
    "contest": Kind("contest.toml", load_contest, review_other),
}


@dataclass
class Found:
    """Everything that a check found. `rows` are the solutions that were tried, by lab."""

    packs: list[tuple[str, Path]] = field(default_factory=list)
    problems: dict[Problem, None] = field(default_factory=dict)
    notes: dict[Problem, None] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def differences(self) -> int:
        """Solutions that did not earn what their pack declares."""
        return sum(not row["ok"] for rows in self.rows.values() for row in rows)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--no-run", is_flag=True, help="Don't run the solutions of labs: only read.")
@click.option("--only", multiple=True, metavar="FILE", help="Run only this solution, as wrong/units.py (repeatable).")
@click.option("--strict", is_flag=True, help="Fail for notes, too: English that is Chinese, figures in no lesson, …")
@click.option("as_json", "--json", is_flag=True, help="Print JSON for programs.")
def check(paths: tuple[Path, ...], no_run: bool, only: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Say what is wrong with packs, by file and line; exit with 1 if anything is.

    PATHS are packs, folders of packs (courses, labs/packs), or folders that hold courses/, labs/packs/ and
    competitions/packs/ (default: here). The reference and the wrong solutions of labs are graded in the sandbox as a
    trainee's would be; each must earn what its pack declares.
    """
    found = Found()
    for path in paths or (Path(),):
        _read(path, found)
    if not as_json:
        for problem in found.problems:
            click.echo(str(problem))
        for note in found.notes:
            click.echo(f"{note.path if note.line is None else f'{note.path}:{note.line}'}: note: {note.message}")
    if not no_run:
        _run(found, only, show=not as_json)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "packs": [f"{kind} {folder.resolve().name}" for kind, folder in found.packs],
                    "problems": [asdict(problem) for problem in found.problems],
                    "notes": [asdict(note) for note in found.notes],
                    "labs": found.rows,
                },
                ensure_ascii=False,
            )
        )
    tried = sum(map(len, found.rows.values()))
    told = f"{len(found.packs)} packs checked, {len(found.problems)} problems, {len(found.notes)} notes"
    click.echo(told if no_run else f"{told}; {tried} solutions run, {found.differences} not as declared", err=True)
    sys.exit(1 if found.problems or found.differences or (strict and found.notes) else 0)


def _read(path: Path, found: Found) -> None:
    """Read one pack, a folder of packs, or all packs below a root."""
    packs = list(packs_below(path))
    if not packs:
        message = "there is no pack here: no course.toml, lab.toml or contest.toml"
        found.problems[Problem(path.as_posix(), None, message)] = None
    for kind, folder in packs:
        found.packs.append((kind, folder))
        _collect(found.problems, KINDS[kind].read, folder)
        with_notes: dict[Problem, None] = {}
        _collect(with_notes, lambda here, kind=kind: _raise(KINDS[kind].review(here)), folder)  # type: ignore[misc]
        found.notes.update({note: None for note in with_notes if note not in found.problems})
    root = _root(path)
    if packs and root is not None:  # what packs say of one another
        inside = tuple(folder.as_posix() + "/" for _kind, folder in packs)
        about: dict[Problem, None] = {}
        _collect(about, load_repository, root)
        found.problems.update({problem: None for problem in about if problem.path.startswith(inside)})


def packs_below(path: Path) -> Iterable[tuple[str, Path]]:
    """Kind and folder of the pack at `path`, of those in it, or of all below a root."""
    for kind, of in KINDS.items():
        if (path / of.marker).exists():
            yield kind, path
            return
    parents = [path, *(path / place for place in PLACES.values())]
    for parent in parents:
        for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
            if folder.is_dir() and not is_ignored(folder.name):
                in_place = [kind for kind, place in PLACES.items() if parent == path / place]
                marked = [kind for kind, of in KINDS.items() if (folder / of.marker).exists()]
                yield from ((kind, folder) for kind in (marked or in_place)[:1])


def _root(path: Path) -> Path | None:
    """The folder that holds courses/, labs/packs/ and competitions/packs/, where `path` is it or one of these."""
    for place in PLACES.values():
        below = Path(place).parts
        if path.parts[-len(below) :] == below:
            return Path(*path.parts[: -len(below)])
    return path if any((path / place).is_dir() for place in PLACES.values()) else None


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise PackError(problems)


def _collect(into: dict[Problem, None], read: Callable[[Path], object], path: Path) -> None:
    try:
        read(path)
    except PackError as error:
        into.update(dict.fromkeys(error.problems))


# -- the solutions of labs ---------------------------------------------------------------------------------------------


def _run(found: Found, only: Collection[str], *, show: bool) -> None:
    """Grade the solutions of every lab that could be read and has checks. The graders load by name: see ARCHITECTURE.md."""
    labs: dict[Path, Lab] = {}
    for kind, folder in found.packs:
        if kind == "lab":
            try:
                lab = load_lab(folder)
            except PackError:
                continue
            if lab.checks is not None:
                labs[folder] = lab
    if not labs:
        return
    registry = import_module("shixun_graders.sandbox.registry")
    try:
        driver = import_module("shixun_graders.measure").Measured(registry.choose(os.environ))
    except registry.NoSandboxError as error:
        message = f"no sandbox can be made here, so the labs were not run (--no-run only reads): {error}"
        found.problems[Problem(".", None, message)] = None
        click.echo(message, err=True)
        return
    for folder, lab in labs.items():
        found.rows[lab.slug] = _run_lab(folder, lab, driver, only, show=show)
    tried = {row["file"] for rows in found.rows.values() for row in rows}
    for file in [file for file in only if file not in tried]:
        message = f"no lab here has the solution {file}"
        found.problems[Problem(".", None, message)] = None
        click.echo(message, err=True)


def _run_lab(folder: Path, lab: Lab, driver: Any, only: Collection[str], *, show: bool) -> list[dict[str, Any]]:
    files = [reference_file(lab), *(wrong.file for wrong in lab.wrong)]
    total, rows = sum(not only or file in only for file in files), list[dict[str, Any]]()
    hints = {wrong.file: wrong.hint for wrong in lab.wrong}
    if show:
        click.echo(f"\nlab {lab.slug} ({total} solutions, {driver.name})\n{_HEAD}")

    def tell(row: Any) -> None:
        peak = driver.take()
        rows.append(
            {
                "file": row.file,
                "declared": dict(row.expected),
                "got": dict(row.earned),
                "hint": hints.get(row.file),
                "hints": dict(row.hints),
                "problems": list(row.problems),
                "ok": row.ok,
                "seconds": row.seconds,
                "memory_mb": None if peak is None else round(peak),
            }
        )
        if show:
            click.echo(_table(rows[-1]))
        else:
            click.echo(f"{lab.slug} {len(rows)}/{total} {row.file}", err=True)

    try:
        import_module("shixun_graders.packcheck").check_lab(folder, driver, tell, only)
    except PackError as error:  # changed since it was read
        rows.append({"file": "lab.toml", "problems": [str(error)], "ok": False})
    return rows


def _table(row: Mapping[str, Any]) -> str:
    """One solution: a line for each cell, then what is wrong."""
    lines = []
    for number, (cell, declared) in enumerate(row["declared"].items()):
        file = row["file"] if number == 0 else ""
        got = row["got"].get(cell, 0.0)
        ends = f" {row['seconds']:>7.1f} {row['memory_mb'] or '':>5}" if number == 0 else ""
        hint = row["hints"].get(cell) or ""
        mark = " " if abs(got - declared) <= 0.005 else "≠"
        lines.append(f"{mark} {file:<28} {cell:<20} {declared:>8g} {got:>8g}  {hint:<20}{ends}".rstrip())
    return "\n".join([*lines, *(f"    {problem}" for problem in row["problems"])])
