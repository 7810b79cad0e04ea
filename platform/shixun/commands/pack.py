"""`shixun pack`: check packs before they travel, and load them."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from shixun.commands.database import application
from shixun.commands.pack_exchange import export_group, import_group
from shixun.core.events import emit
from shixun.core.permissions import system_actor
from shixun.core.unit_of_work import unit_of_work
from shixun.curriculum.events import PacksSynced
from shixun.curriculum.packs import read_course, read_lab
from shixun.curriculum.syncing import sync_all
from shixun_packs.contest import load_contest
from shixun_packs.paths import is_ignored
from shixun_packs.problems import PackError, Problem
from shixun_packs.repository import load_repository

_KINDS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "course": ("course.toml", read_course),
    "lab": ("lab.toml", read_lab),
    "contest": ("contest.toml", load_contest),
}
_PLACES = {"course": "courses", "lab": "labs/packs", "contest": "competitions/packs"}
_root_argument = click.argument(
    "root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), required=False
)
_json_option = click.option("as_json", "--json", is_flag=True, help="Print JSON for programs.")


@click.group()
def group() -> None:
    """Check packs (courses, labs, contests) and load them into the database."""


group.add_command(import_group)
group.add_command(export_group)


@group.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@_json_option
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say what is wrong with packs, by file and line; exit with 1 if anything is.

    PATHS are pack folders, or folders that hold courses/, labs/packs/ and competitions/packs/ (default: here).
    """
    checked: list[str] = []
    problems: dict[Problem, None] = {}
    for path in paths or (Path(),):
        found, wrong = _check(path)
        checked += found
        problems.update(dict.fromkeys(wrong))
    if as_json:
        click.echo(
            json.dumps({"packs": checked, "problems": [asdict(problem) for problem in problems]}, ensure_ascii=False)
        )
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{len(checked)} packs checked, {len(problems)} problems", err=True)
    sys.exit(1 if problems else 0)


def _check(path: Path) -> tuple[list[str], list[Problem]]:
    """Check one pack or all packs below a root; returns their names and what is wrong."""
    for kind, (marker, read) in _KINDS.items():
        if (path / marker).exists():
            return [f"{kind} {path.resolve().name}"], _problems(read, path)
    checked: list[str] = []
    problems: list[Problem] = []
    for kind, (_marker, read) in _KINDS.items():
        parent = path / _PLACES[kind]
        for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
            if folder.is_dir() and not is_ignored(folder.name):
                checked.append(f"{kind} {folder.name}")
                problems += _problems(read, folder)
    if not checked:
        return [], [Problem(path.as_posix(), None, "there is no pack here: no course.toml, lab.toml or contest.toml")]
    return checked, problems + _problems(load_repository, path)  # what packs say of one another


def _problems(read: Callable[[Path], object], path: Path) -> list[Problem]:
    try:
        read(path)
    except PackError as error:
        return error.problems
    return []


@group.command()
@_root_argument
@_json_option
def sync(root: Path, as_json: bool) -> None:
    """Load all packs below ROOT (default: here): all of them or, if one is wrong, none."""
    with application().app_context():
        try:
            with unit_of_work():
                actor = system_actor()
                synced = sync_all(actor, root / _PLACES["course"], root / _PLACES["lab"])
                emit(PacksSynced(actor, root, synced))
        except PackError as error:
            if as_json:
                click.echo(
                    json.dumps({"synced": [], "problems": [asdict(p) for p in error.problems]}, ensure_ascii=False)
                )
            else:
                click.echo(str(error))
                click.echo(f"{len(error.problems)} problems: nothing was changed", err=True)
            sys.exit(1)
    if as_json:
        click.echo(json.dumps({"synced": [asdict(one) for one in synced], "problems": []}, ensure_ascii=False))
        return
    for one in synced:
        click.echo(f"{one.kind} {one.slug} {one.version}: {'now current' if one.changed else 'unchanged'}")
