"""TOML with line numbers: tomllib gives the data, tree-sitter the places, pydantic the rules."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shixun_packs.positions import KeyPath, key_lines
from shixun_packs.problems import PackError, Problem

ModelT = TypeVar("ModelT", bound=BaseModel)

_MESSAGES = {"extra_forbidden": "unknown key", "missing": "is missing"}


@dataclass(frozen=True)
class TomlDocument:
    """Parsed TOML and where each key stands. `first_line` is the file's line on which the text begins."""

    path: str
    data: dict[str, Any]
    lines: dict[KeyPath, int] = field(repr=False)
    first_line: int = 1

    def line(self, *keypath: str | int) -> int:
        """Line (from 1) of a key, table or array element; of its nearest parent where it isn't there."""
        while keypath not in self.lines and keypath:
            keypath = keypath[:-1]
        return self.lines.get(keypath, self.first_line)

    def problem(self, message: str, *keypath: str | int) -> Problem:
        """A problem at the line of `keypath`."""
        return Problem(self.path, self.line(*keypath), message)


def read_text(path: Path) -> str:
    """Read a UTF-8 text file (a byte-order mark is dropped, line ends become `\\n`). Raises PackError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PackError([Problem(path.as_posix(), None, "there is no such file")]) from None
    except OSError as error:
        raise PackError([Problem(path.as_posix(), None, f"can't be read: {error.strerror}")]) from None
    return decode_text(path.as_posix(), data)


def decode_text(path: str, data: bytes) -> str:
    """Decode UTF-8, naming the first bad line of `path` otherwise."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PackError([Problem(path, line, "is not UTF-8 (saved as GBK?): save the file as UTF-8")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_toml(path: Path) -> TomlDocument:
    """Read a TOML file. Raises PackError with the line of a syntax error."""
    return parse_toml(read_text(path), path.as_posix())


def parse_toml(text: str, path: str, first_line: int = 1) -> TomlDocument:
    """Parse TOML text that begins on line `first_line` of the file `path`. Raises PackError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r" \(at line (\d+), column \d+\)$", message)
        offset = int(place.group(1)) - 1 if place else text.rstrip().count("\n")
        reason = message[: place.start()] if place else message.removesuffix(" (at end of document)")
        raise PackError([Problem(path, first_line + offset, f"not valid TOML: {reason}")]) from None
    except RecursionError:
        raise PackError([Problem(path, first_line, "not valid TOML: nested too deeply")]) from None
    except ValueError as error:  # a number or date that Python can't hold; tomllib doesn't say where
        raise PackError([Problem(path, first_line, f"not valid TOML: {error}")]) from None
    return TomlDocument(path, data, key_lines(text, first_line), first_line)


def validate(model: type[ModelT], document: TomlDocument) -> ModelT:
    """Check a document against a pydantic model. Raises PackError with every error at its line."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise PackError(_problem(document, item) for item in error.errors(include_url=False)) from None


def _problem(document: TomlDocument, error: ErrorDetails) -> Problem:
    """Name the key as an author writes it; pydantic's location also holds tags of unions, which are left out."""
    location, kind, message = error["loc"], error["type"], error["msg"]
    if kind in {"union_tag_invalid", "union_tag_not_found"}:  # these blame the table, not its key
        location = (*location, error["ctx"]["discriminator"].strip("'"))
        kind = "missing" if kind == "union_tag_not_found" else kind
    keypath: list[str | int] = []
    here: Any = document.data
    for index, part in enumerate(location):
        if index and isinstance(location[index - 1], int) and isinstance(here, dict) and here.get("kind") == part:
            continue  # the tag of a union; all of ours go by `kind`
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            if kind != "missing" or index + 1 < len(location):
                continue
        keypath.append(part)
    name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in keypath).lstrip(".")
    reason = _MESSAGES.get(kind, message.removeprefix("Value error, "))
    return document.problem(f"{name}: {reason}" if name else reason, *keypath)
