"""A pack's folder while it is read: which files it has, and every problem found on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from shixun_packs.digest import DEFAULT_LIMITS, Limits, bundle, bundle_digest
from shixun_packs.paths import path_fault, scan_folder
from shixun_packs.positions import KeyPath
from shixun_packs.problems import Problem, Report
from shixun_packs.toml import TomlDocument, read_text, read_toml, validate

ModelT = TypeVar("ModelT", bound=BaseModel)


class PackFolder(Report):
    """The files of one pack and the problems found in them. Only plain files below the folder are ever opened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.files, problems = scan_folder(folder)
        self.problems.extend(problems)

    def text(self, path: str) -> str | None:
        """Read a UTF-8 file; None if it can't be read, which is then noted."""
        with self.catching():
            return read_text(self.folder / path)
        return None

    def toml(self, path: str, model: type[ModelT]) -> tuple[TomlDocument | None, ModelT | None]:
        """Read and validate a TOML file; what is wrong with it is noted, and the part that failed is None."""
        if path not in self.files:
            self.add(path, None, "there is no such file")
            return None, None
        document: TomlDocument | None = None
        with self.catching():
            document = read_toml(self.folder / path)
            return document, validate(model, document)
        return document, None

    def refers(self, document: TomlDocument, path: str, *keypath: str | int) -> bool:
        """Whether the key at `keypath` may name the file `path`; if not, the problem is noted at its line."""
        fault = path_fault(path)
        if fault is None and path not in self.files:
            fault = "there is no such file in the pack"
        if fault is not None:
            self.problems.append(document.problem(f"{path!r}: {fault}", *keypath))
        return fault is None

    def named_as(self, document: TomlDocument, slug: str, table: str) -> None:
        """Note a problem unless the pack's slug is its folder's name."""
        name = self.folder.resolve().name
        if slug != name:
            self.problems.append(document.problem(f"slug is {slug!r}, but the folder is {name!r}", table, "slug"))

    def unique(self, document: TomlDocument, entries: Sequence[tuple[str, KeyPath]]) -> None:
        """Note every name that is there twice; entries are (name, key path)."""
        first: dict[str, int] = {}
        for name, keypath in entries:
            line = document.line(*keypath)
            if name in first:
                message = f"{name!r} is there twice (first on line {first[name]})"
                self.problems.append(Problem(document.path, line, message))
            first.setdefault(name, line)

    def sealed(self, limits: Limits = DEFAULT_LIMITS) -> str:
        """Raise PackError if there are problems, otherwise return the digest of the pack's bundle."""
        self.close()
        return bundle_digest(bundle(self.folder, limits))
