"""Where each key of a TOML text stands: tomllib and pydantic don't tell, tree-sitter does."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

KeyPath = tuple[str | int, ...]

_LANGUAGE = Language(tree_sitter_toml.language())
_KEYS = {"bare_key", "quoted_key", "dotted_key"}


def key_lines(text: str, first_line: int = 1) -> dict[KeyPath, int]:
    """Map the path of every table, key and array element of a valid TOML text to the line where it first stands.

    Lines count from `first_line`; elements of arrays and of arrays of tables are numbered from 0.
    """
    tree = Parser(_LANGUAGE).parse(text.encode("utf-8"))
    lines: dict[KeyPath, int] = {}
    for path, line in _document_lines(tree.root_node, first_line):
        lines.setdefault(path, line)
    return lines


@dataclass(frozen=True)
class TableBlock:
    """A `[table]` or `[[array element]]` as it is written. Lines count from 0; `last` is the last one with a key of its own."""

    path: KeyPath
    header: int
    last: int


def table_blocks(text: str) -> list[TableBlock]:
    """The tables of a valid TOML text that have a header, in the order of the text; elements are numbered from 0."""
    counts: dict[KeyPath, int] = {}
    blocks = []
    for node in Parser(_LANGUAGE).parse(text.encode("utf-8")).root_node.named_children:
        if node.type not in {"table", "table_array_element"}:
            continue
        path = _absolute(_key_parts(next(child for child in node.named_children if child.type in _KEYS)), counts)
        if node.type == "table_array_element":
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        pairs = [child for child in node.named_children if child.type == "pair"]
        blocks.append(TableBlock(path, node.start_point[0], pairs[-1].end_point[0] if pairs else node.start_point[0]))
    return blocks


def _document_lines(root: Node, first_line: int) -> Iterator[tuple[KeyPath, int]]:
    """Yield every key path of a document with its line, in the order of the text."""
    counts: dict[KeyPath, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair_lines(node, (), first_line)
        elif node.type in {"table", "table_array_element"}:
            keys = next(child for child in node.named_children if child.type in _KEYS)
            path = _absolute(_key_parts(keys), counts)
            line = _line(node, first_line)
            if node.type == "table_array_element":
                counts[path] = counts.get(path, -1) + 1
                yield path, line
                path = (*path, counts[path])
            yield path, line
            for child in node.named_children:
                if child.type == "pair":
                    yield from _pair_lines(child, path, first_line)


def _pair_lines(pair: Node, parent: KeyPath, first_line: int) -> Iterator[tuple[KeyPath, int]]:
    key, value = (child for child in pair.named_children if child.type != "comment")
    path = parent
    for part in _key_parts(key):
        path = (*path, part)
        yield path, _line(key, first_line)
    yield from _value_lines(value, path, first_line)


def _value_lines(value: Node, path: KeyPath, first_line: int) -> Iterator[tuple[KeyPath, int]]:
    children = [child for child in value.named_children if child.type != "comment"]
    if value.type == "inline_table":
        for child in children:
            yield from _pair_lines(child, path, first_line)
    elif value.type == "array":
        for index, child in enumerate(children):
            yield (*path, index), _line(child, first_line)
            yield from _value_lines(child, (*path, index), first_line)


def _absolute(parts: list[str], counts: dict[KeyPath, int]) -> KeyPath:
    """The path of a table header: below an array of tables it belongs to the latest element."""
    path: KeyPath = ()
    for index, part in enumerate(parts):
        path = (*path, part)
        if path in counts and index + 1 < len(parts):
            path = (*path, counts[path])
    return path


def _key_parts(node: Node) -> list[str]:
    if node.type == "dotted_key":
        return [part for child in node.named_children for part in _key_parts(child)]
    text = (node.text or b"").decode("utf-8")
    return [next(iter(tomllib.loads(f"{text} = 0")))] if node.type == "quoted_key" else [text]


def _line(node: Node, first_line: int) -> int:
    return node.start_point[0] + first_line
