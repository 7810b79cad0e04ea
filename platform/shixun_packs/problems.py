"""What is wrong with a pack, named by file and line, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True)
class Problem:
    """One thing an author must mend.

    `path` is the file as the caller reaches it (folder as given, then the path inside the pack, posix style);
    `line` counts from 1 and is None where no single line is to blame.
    """

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where}: {self.message}"


class PackError(Exception):
    """A pack that can't be used; `problems` lists everything found, by file and line, each once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems = sorted(unique, key=lambda problem: (problem.path, problem.line or 0, problem.message))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass
class Report:
    """Collects problems while a pack is read, so that the first one does not hide the others."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, line: int | None, message: str) -> None:
        """Note a problem in the file `path` (relative to the pack's folder)."""
        self.problems.append(Problem((self.folder / path).as_posix(), line, message))

    def catching(self) -> _Catching:
        """A context that takes over the problems of a PackError raised inside, and goes on after the block."""
        return _Catching(self.problems)

    def close(self) -> None:
        """Raise PackError if anything was found."""
        if self.problems:
            raise PackError(self.problems)


class _Catching:
    """See `Report.catching`: a class, so that type checkers know that it may swallow the error."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, PackError):
            return False
        self.problems.extend(error.problems)
        return True
