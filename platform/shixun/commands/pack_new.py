"""`shixun pack new`: a course or a lab to begin with, or an empty question sheet."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click

from shixun_packs.course import Level
from shixun_packs.exchange.xlsx_write import template
from shixun_packs.problems import PackError
from shixun_packs.starting import Template, start_pack


class _NewGroup(click.Group):
    """`new course NAME`, `new lab NAME`, and `new NAME.xlsx` for a question sheet."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0].endswith(".xlsx"):
            args = ["questions", *args]
        return super().resolve_command(ctx, args)


@click.group("new", cls=_NewGroup)
def new_group() -> None:
    """Make a small, complete pack to begin with, or an empty question sheet (new questions.xlsx)."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("folder", metavar="NAME", type=click.Path(path_type=Path)),
        click.option("--title", help="Its title in Chinese (default: the name)."),
        click.option("--title-en", help="Its title in English (default: the name)."),
    ):
        command = option(command)
    return command


@new_group.command()
@_options
@click.option("--level", type=click.Choice(get_args(Level)), default="junior", show_default=True, help="For whom.")
def course(folder: Path, title: str | None, title_en: str | None, level: str) -> None:
    """A course: a lesson with figure and formula, a question in it, a quiz. NAME is its folder and its slug."""
    _start("course", folder, title, title_en, level)


@new_group.command()
@_options
@click.option("--form", is_flag=True, help="Without code: a form about a recorded shift in place of the notebook.")
def lab(folder: Path, title: str | None, title_en: str | None, form: bool) -> None:
    """A graded lab: notebook with solution, hidden checks, four wrong solutions. NAME is its folder and its slug."""
    _start("form-lab" if form else "lab", folder, title, title_en, "")


@new_group.command(hidden=True)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def questions(file: Path) -> None:
    """The XLSX template for questions."""
    try:
        with file.open("xb") as out:
            out.write(template())
    except FileExistsError:
        raise click.ClickException(f"{file} is there already: nothing is overwritten") from None
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}") from None
    click.echo(f"wrote {file}; fill it in, then: shixun pack import xlsx {file} --into PACK")


def _start(kind: Template, folder: Path, title: str | None, title_en: str | None, level: str) -> None:
    name = folder.resolve().name
    plain = name.replace("-", " ")
    try:
        for path in start_pack(kind, folder, (title or "").strip() or plain, (title_en or "").strip() or plain, level):
            click.echo(f"wrote {(folder / path).as_posix()}")
    except PackError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        raise click.ClickException(f"{folder} can't be written: {error.strerror}") from None
    click.echo(f"next: shixun pack check {folder.as_posix()}; shixun pack preview {folder.as_posix()}", err=True)
