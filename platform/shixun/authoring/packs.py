"""Drafts as the folders that packs are: read by the same code as packs from git, problems and all."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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
