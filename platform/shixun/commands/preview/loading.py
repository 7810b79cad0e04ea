"""Packs below a path, read again when a file of theirs has changed; a broken one is its problems."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from shixun.commands.pack_check import KINDS, packs_below
from shixun.curriculum import questions
from shixun.curriculum.packs import ReadyCourse, ReadyLab, read_course, read_lab
from shixun_packs.paths import is_ignored
from shixun_packs.problems import PackError, Problem

_CONTEXT = 2  # lines shown above and below one that has a problem


@dataclass(frozen=True)
class Shown:
    """One pack as it stands: `ready` unless it has problems."""

    kind: str
    folder: Path
    stamp: str
    ready: ReadyCourse | ReadyLab | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The folder's name: the pack's address in the preview."""
        return self.folder.resolve().name


class Packs:
    """The courses and labs below a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: dict[Path, Shown] = {}
        self._lock = Lock()

    def folders(self) -> list[tuple[str, Path]]:
        """Kind and folder of each pack that is there now."""
        return [(kind, folder) for kind, folder in packs_below(self.path) if kind in {"course", "lab"}]

    def all(self) -> list[Shown]:
        """All packs as they stand."""
        return [self._shown(kind, folder) for kind, folder in self.folders()]

    def find(self, kind: str, name: str) -> Shown | None:
        """One pack as it stands."""
        for other, folder in self.folders():
            if other == kind and folder.resolve().name == name:
                return self._shown(kind, folder)
        return None

    def figure(self, digest: str, path: str) -> bytes | None:
        """A figure of a pack that was read, by the address that `figure_address` gave it."""
        with self._lock:
            kept = list(self._kept.values())
        for shown in kept:
            if isinstance(shown.ready, ReadyCourse) and shown.ready.course.digest == f"sha256:{digest}":
                return shown.ready.course.figures.get(path)
            if isinstance(shown.ready, ReadyLab) and shown.ready.lab.digest == f"sha256:{digest}":
                return shown.ready.figures.get(path)
        return None

    def stamp(self) -> str:
        """Changes whenever a file of any pack does."""
        return _digest("".join(f"{kind}{folder}{stamp_of(folder)}" for kind, folder in self.folders()))

    def _shown(self, kind: str, folder: Path) -> Shown:
        stamp = stamp_of(folder)
        with self._lock:
            kept = self._kept.get(folder)
        if kept is not None and kept.stamp == stamp:
            return kept
        shown = _read(kind, folder, stamp)
        with self._lock:
            self._kept[folder] = shown
        return shown


def stamp_of(folder: Path) -> str:
    """Path, size and time of every file of a pack, as one short text."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_ignored(name)]
        for name in files:
            if not is_ignored(name):
                try:
                    stat = (Path(parent) / name).lstat()
                except OSError:  # an editor's file that came and went
                    continue
                found.append(f"{parent}/{name}\0{stat.st_size}\0{stat.st_mtime_ns}")
    return _digest("\n".join(sorted(found)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _read(kind: str, folder: Path, stamp: str) -> Shown:
    try:
        ready = read_course(folder) if kind == "course" else read_lab(folder)
        return Shown(kind, folder, stamp, ready, [], KINDS[kind].review(folder))
    except PackError as error:
        return Shown(kind, folder, stamp, None, error.problems)
    except OSError as error:  # changed while it was read: the page asks again
        return Shown(kind, folder, stamp, None, [Problem(folder.as_posix(), None, str(error))])


def excerpt(problem: Problem) -> list[tuple[int, str, bool]]:
    """The lines around a problem: (number, text, whether it is the one)."""
    if problem.line is None:
        return []
    try:
        lines = Path(problem.path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    first = max(1, problem.line - _CONTEXT)
    return [
        (number, lines[number - 1][:200], number == problem.line)
        for number in range(first, min(len(lines), problem.line + _CONTEXT) + 1)
    ]


def card(question: dict[str, Any], form: questions.Form, seed: str) -> dict[str, Any]:
    """A question for a trainee, judged where `form` holds an answer to it."""
    order = questions.order_of(question, seed)
    asked = questions.card(question, order)
    try:
        given = questions.read(question, order, form)
    except questions.Malformed:
        given = None
    if form.get("asked", "") != question["id"] and form.get("asked", "") != "all":
        return {"question": asked, "answer": None, "result": None}
    return {
        "question": asked,
        "answer": questions.card_answer(question, order, given),
        "result": questions.result(question, order, given, reveal=True),
    }
