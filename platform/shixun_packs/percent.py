"""The notebook source of a lab: a strict subset of jupytext's percent format, read with line numbers.

A cell begins with `# %%`, optionally `[markdown]`, then `key=JSON` pairs (`nbgrader={…}`, `tags=[…]`). Markdown cells
are comment lines. jupytext reads the same files to the same cells; we read them ourselves because it names no lines.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import Any

from shixun_packs.problems import PackError, Problem

_MARKER = re.compile(r"# ?%%(?P<rest>\s.*)?$")
_KEY = re.compile(r"([A-Za-z_][\w-]*)=")
_MAGIC = re.compile(r"^\s*[%!?]", re.MULTILINE)


@dataclass(frozen=True)
class PercentCell:
    """One cell of a percent file. `line` is that of its marker, `text_line` the one on which its source begins."""

    kind: str  # "code" or "markdown"
    source: str
    line: int
    text_line: int
    metadata: dict[str, Any] = field(default_factory=dict)


def read_percent(text: str, path: str) -> list[PercentCell]:
    """Split a percent file into cells. Raises PackError for bad markers, metadata, stray code and syntax errors."""
    problems: list[Problem] = []
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _MARKER.match(line)]
    if not starts:
        raise PackError([Problem(path, None, "has no cells: a cell begins with a line `# %%`")])
    for number, line in enumerate(lines[: starts[0]]):
        if line.strip() and not line.startswith("#"):
            problems.append(Problem(path, number + 1, "there is code before the first `# %%`"))
            break
    cells: list[PercentCell] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        try:
            cells.append(_cell(lines[start], lines[start + 1 : end], start + 1))
        except ValueError as error:
            problems.append(Problem(path, start + 1, str(error)))
    for cell in cells:
        if cell.kind == "code" and (problem := syntax_problem(cell.source, path, cell.text_line)):
            problems.append(problem)
    if problems:
        raise PackError(problems)
    return cells


def syntax_problem(source: str, path: str, first_line: int = 1, *, cell: bool = True) -> Problem | None:
    """The syntax error of Python code that begins on line `first_line` of a file.

    A notebook's `cell` may await at its top level, and one with IPython magics passes unread.
    """
    if cell and _MAGIC.search(source):
        return None
    try:
        compile(source, path, "exec", flags=ast.PyCF_ONLY_AST | (ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if cell else 0))
    except SyntaxError as error:
        return Problem(path, first_line + (error.lineno or 1) - 1, f"not valid Python: {error.msg}")
    except (ValueError, RecursionError) as error:
        return Problem(path, first_line, f"not valid Python: {error}")
    except MemoryError:  # Python's parser says this of code that is nested too deeply for it
        return Problem(path, first_line, "not valid Python: nested too deeply")
    return None


def _cell(marker: str, body: list[str], line: int) -> PercentCell:
    match = _MARKER.match(marker)
    rest = ((match and match.group("rest")) or "").strip()
    kind = "code"
    text_line = line + 1
    for tag in ("[markdown]", "[md]"):
        if rest.startswith(tag):
            kind, rest = "markdown", rest.removeprefix(tag).strip()
    while body and not body[-1].strip():
        body = body[:-1]
    while body and not body[0].strip():
        body, text_line = body[1:], text_line + 1
    if kind == "markdown":
        body = [uncomment(text) for text in body]
    return PercentCell(kind, "\n".join(body), line, text_line, _metadata(rest))


def uncomment(line: str) -> str:
    """The Markdown in one comment line. Raises ValueError for a line that is none."""
    if line.strip() and not line.startswith("#"):
        raise ValueError("a markdown cell has only comment lines (each begins with `# `)")
    return line.removeprefix("#").removeprefix(" ")


def _metadata(text: str) -> dict[str, Any]:
    """Read `key=JSON key=JSON …`."""
    found: dict[str, Any] = {}
    while text:
        match = _KEY.match(text)
        if not match:
            raise ValueError(f"after `# %%` stand only [markdown] and key=JSON pairs, not {text[:40]!r}")
        try:
            value, end = json.JSONDecoder().raw_decode(text, match.end())
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError(f"the value of {match.group(1)} is not JSON: {error}") from None
        if match.group(1) in found:
            raise ValueError(f"{match.group(1)} is given twice")
        found[match.group(1)] = value
        text = text[end:].strip()
    return found
