"""Drafts as the folders that packs are: read by the same code as packs from git, problems and all."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shixun.curriculum.packs import ReadyCourse, ReadyLab, read_course, read_lab
from shixun_packs.problems import PackError, Problem

Files = Mapping[str, bytes]


@contextmanager
def folder(files: Files, slug: str) -> Iterator[Path]:
    """The files in a folder named as the pack; problems raised inside name them by their path within it."""
    with tempfile.TemporaryDirectory(prefix="shixun-draft-") as parent:
        root = Path(parent) / slug
        root.mkdir()
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        try:
            yield root
        except PackError as error:
            raise PackError(relative(problem, root) for problem in error.problems) from None


def relative(problem: Problem, root: Path) -> Problem:
    """The problem with its file's path within the pack; of the folder as a whole, the path is empty."""
    path = "" if problem.path == root.as_posix() else problem.path.removeprefix(f"{root.as_posix()}/")
    return Problem(path, problem.line, problem.message)


def course(files: Files, slug: str) -> ReadyCourse:
    """The course of a draft, complete and rendered. Raises `PackError`."""
    with folder(files, slug) as root:
        return read_course(root)


def lab(files: Files, slug: str) -> ReadyLab:
    """The lab of a draft, complete and rendered. Raises `PackError`."""
    with folder(files, slug) as root:
        return read_lab(root)


def problems(kind: str, files: Files, slug: str) -> list[Problem]:
    """Everything that stands between the draft and a published version, by file and line."""
    try:
        if kind == "course":
            course(files, slug)
        else:
            lab(files, slug)
    except PackError as error:
        return error.problems
    return []
