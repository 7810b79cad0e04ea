"""TOML that stays readable in git: what an author did not touch keeps its text, comments and order to the byte.

A pack's TOML is a row of `[table]` and `[[element]]` blocks. Elements are moved, removed and put in as whole blocks, with the
comments above them; a single value is changed in its place. Pure functions from text to text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from shixun_packs.exchange.toml_text import number, string
from shixun_packs.positions import KeyPath, table_blocks

_LONG = 100  # characters of a list that still stands on one line


@dataclass(frozen=True)
class Element:
    """An element with everything below it: lines from `start` (its comments) to before `end`; `body` begins below its header."""

    path: KeyPath
    start: int
    header: int
    last: int
    end: int


def elements(text: str) -> dict[KeyPath, Element]:
    """All blocks of a valid TOML text by path."""
    lines = text.split("\n")
    blocks = table_blocks(text)
    starts = []
    for index, block in enumerate(blocks):
        above = blocks[index - 1].last + 1 if index else _first_start(lines, block.header)
        starts.append(above)
    starts.append(len(lines))
    found = {}
    for index, block in enumerate(blocks):
        after = index + 1
        while after < len(blocks) and blocks[after].path[: len(block.path)] == block.path:
            after += 1
        found[block.path] = Element(block.path, starts[index], block.header, block.last, starts[after])
    return found


def _first_start(lines: Sequence[str], header: int) -> int:
    """Above the first block only the comment right at it is its own; what stands higher heads the file."""
    start = header
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return start


def cut(text: str, path: KeyPath) -> tuple[str, str]:
    """Take an element out; returns the text without it, and the element's own."""
    lines = text.split("\n")
    element = elements(text)[path]
    own = "\n".join(lines[element.start : element.end])
    return _join("\n".join(lines[: element.start]), "\n".join(lines[element.end :])), own


def put_before(text: str, path: KeyPath, element: str) -> str:
    """Put the text of an element in front of another one."""
    return _insert(text, elements(text)[path].start, element)


def put_after(text: str, path: KeyPath, element: str) -> str:
    """Put the text of an element behind another one and all that is below that."""
    return _insert(text, elements(text)[path].end, element)


def put_last(text: str, element: str) -> str:
    """Put the text of an element at the end."""
    return _join(text, element)


def replace(text: str, path: KeyPath, element: str) -> str:
    """Put another element in the place of one; the comments above stay."""
    lines = text.split("\n")
    old = elements(text)[path]
    return _join("\n".join(lines[: old.header]) + "\n" + element.strip("\n"), "\n".join(lines[old.end :]))


def _insert(text: str, line: int, element: str) -> str:
    lines = text.split("\n")
    return _join(_join("\n".join(lines[:line]), element), "\n".join(lines[line:]))


def _join(head: str, tail: str) -> str:
    """One empty line between the two, one line end at the end."""
    parts = [part.strip("\n") for part in (head, tail) if part.strip()]
    return "\n\n".join(parts) + "\n" if parts else ""


def set_values(text: str, path: KeyPath, values: Mapping[str, Any]) -> str:
    """Give keys of a block other values (None: without the key). A value that is the same keeps its very text."""
    found = elements(text)
    for key, value in values.items():
        if isinstance(value, Mapping) and (*path, key) in found:
            text = set_values(text, (*path, key), value)
    own = {key: value for key, value in values.items() if (*path, key) not in found}
    block = found[path]
    lines = text.split("\n")
    body = tomlkit.parse("\n".join(lines[block.header + 1 : block.last + 1]) + "\n")
    changed = False
    for key, value in own.items():
        if value is None:
            if key in body:
                del body[key]
                changed = True
        elif key not in body or body[key].unwrap() != value:
            body[key] = tomlkit.parse(f"x = {rendered(value)}")["x"]
            changed = True
    if not changed:
        return text
    after = "\n".join(lines[block.last + 1 :])
    return "\n".join(lines[: block.header + 1]) + "\n" + tomlkit.dumps(body).rstrip("\n") + "\n" + after


def rendered(value: Any) -> str:
    """A value as it is written: short things on one line, lists of long ones one a line, long texts as they read."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return string(value) if "\n" not in value else _lines(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {rendered(one)}" for key, one in value.items()) + "}"
    parts = [rendered(one) for one in value]
    line = "[" + ", ".join(parts) + "]"
    if len(line) <= _LONG and not any(isinstance(one, Mapping) for one in value):
        return line
    return "[\n" + "".join(f"  {part},\n" for part in parts) + "]"


def _lines(value: str) -> str:
    plain = value.replace("\\", "\\\\").replace('"""', '""\\"')
    if plain.endswith('"'):
        plain = plain[:-1] + '\\"'
    return '"""\n' + "".join(one if one in "\n\t" or one.isprintable() else _escape(one) for one in plain) + '"""'


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else character


def block(header: str, values: Mapping[str, Any]) -> str:
    """A block of its own: `header` as `[course]` or `[[unit.item]]`; keys with None are left out."""
    lines = [header, *(f"{key} = {rendered(value)}" for key, value in values.items() if value is not None)]
    return "\n".join(lines) + "\n"
