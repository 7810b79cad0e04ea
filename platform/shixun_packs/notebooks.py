"""Notebooks of a lab: the source with the solutions, the release without, and wrong ones that labs are tested with.

What nbgrader's generate_assignment does to a notebook is done here in the same words (delimiters, stubs, locked cells:
nbgrader 0.9, preprocessors ClearSolutions, ClearHiddenTests and LockCells), without a gradebook, and repeatably: the
same text gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from shixun_packs.percent import PercentCell
from shixun_packs.problems import PackError, Problem
from shixun_packs.text import PackModel

CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "YOUR ANSWER HERE"
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NbgraderCell(PackModel):
    """nbgrader's cell metadata, schema 3."""

    grade_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    grade: bool
    solution: bool
    locked: bool
    points: float | None = Field(default=None, ge=0)
    task: Literal[False] = False
    schema_version: Literal[3] = 3
    cell_type: Literal["code", "markdown"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> NbgraderCell:
        if self.grade and self.points is None:
            raise ValueError("a graded cell needs points")
        if not self.grade and self.points is not None:
            raise ValueError("points belong to graded cells only")
        if self.solution and self.locked:
            raise ValueError("a solution cell can't be locked")
        if not (self.grade or self.solution or self.locked):
            raise ValueError("the cell is neither graded, solution nor locked")
        return self


@dataclass(frozen=True)
class Cell:
    """One cell of a lab's notebook in its canonical form.

    `id` is the grade id or a hash of the position; `source` is the author's, `release` the trainee's start.
    """

    id: str
    kind: str  # "code" or "markdown"
    source: str
    release: str
    line: int
    nbgrader: NbgraderCell | None
    tags: tuple[str, ...] = ()

    @property
    def is_solution(self) -> bool:
        """Whether the trainee writes in this cell."""
        return self.nbgrader is not None and self.nbgrader.solution

    @property
    def is_locked(self) -> bool:
        """Whether intake must restore this cell: locked, or graded without being the trainee's to write."""
        return self.nbgrader is not None and not self.nbgrader.solution


def read_cells(percent: Sequence[PercentCell], slug: str, path: str) -> tuple[Cell, ...]:
    """Turn percent cells into notebook cells. Raises PackError with every fault of metadata and regions."""
    problems: list[Problem] = []
    cells: list[Cell] = []
    seen: dict[str, int] = {}
    for index, raw in enumerate(percent):
        try:
            cell = _cell(raw, index, slug)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                where = ".".join(str(part) for part in item["loc"])
                reason = item["msg"].removeprefix("Value error, ")
                problems.append(Problem(path, raw.line, f"nbgrader metadata: {where + ': ' if where else ''}{reason}"))
            continue
        except ValueError as error:
            problems.append(Problem(path, raw.line, str(error)))
            continue
        if cell.id in seen:
            problems.append(Problem(path, raw.line, f"grade_id {cell.id} is there twice (see line {seen[cell.id]})"))
        seen.setdefault(cell.id, raw.line)
        cells.append(cell)
    if problems:
        raise PackError(problems)
    return tuple(cells)


def notebook_bytes(cells: Sequence[Cell], sources: Mapping[str, str]) -> bytes:
    """Write a notebook (nbformat 4.5, UTF-8 JSON) of `cells`, each with its text from `sources` by cell id."""
    notebook = {
        "cells": [_cell_json(cell, sources[cell.id]) for cell in cells],
        "metadata": _METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _cell_json(cell: Cell, source: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    if cell.nbgrader is not None:
        metadata["nbgrader"] = {**cell.nbgrader.model_dump(exclude_none=True), "cell_type": cell.kind}
        metadata["deletable"] = False
        if cell.is_locked:
            metadata["editable"] = False
    found: dict[str, Any] = {"cell_type": cell.kind, "id": cell.id, "metadata": metadata, "source": source}
    if cell.kind == "code":
        found |= {"execution_count": None, "outputs": []}
    return found


def _cell(raw: PercentCell, index: int, slug: str) -> Cell:
    unknown = raw.metadata.keys() - {"nbgrader", "tags"}
    if unknown:
        raise ValueError(f"unknown cell metadata: {', '.join(sorted(unknown))}")
    tags = raw.metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags must be a list of strings")
    meta = NbgraderCell.model_validate(raw.metadata["nbgrader"]) if "nbgrader" in raw.metadata else None
    if meta and meta.cell_type not in {None, raw.kind}:
        raise ValueError(f"nbgrader metadata: cell_type is {meta.cell_type}, but this is a {raw.kind} cell")
    if meta and raw.kind == "markdown" and meta.grade != meta.solution:
        raise ValueError("a markdown cell must be graded and solution, or neither")
    cell_id = meta.grade_id if meta else "cell-" + hashlib.sha256(f"{slug}:{index}".encode()).hexdigest()[:12]
    return Cell(cell_id, raw.kind, raw.source, _release(raw, meta), raw.line, meta, tuple(tags))


def _release(raw: PercentCell, meta: NbgraderCell | None) -> str:
    """The trainee's version of a cell: solution regions become stubs, hidden tests go."""
    stub = CODE_STUB if raw.kind == "code" else TEXT_STUB
    text, solutions = _replace_regions(raw.source, "SOLUTION", stub)
    if solutions and not (meta and meta.solution):
        raise ValueError("a SOLUTION region stands in a cell that is not a solution cell")
    if meta and meta.solution and not solutions:
        text = stub
    text, hidden = _replace_regions(text, "HIDDEN TESTS", None)
    if hidden and not (meta and meta.grade):
        raise ValueError("a HIDDEN TESTS region stands in a cell that is not graded")
    return text


def _replace_regions(source: str, name: str, stub: str | None) -> tuple[str, int]:
    """Replace each BEGIN/END region by the stub, indented as its first line; also count them."""
    found: list[str] = []
    count = 0
    inside = False
    for line in source.split("\n"):
        if f"BEGIN {name}" in line:
            if inside:
                raise ValueError(f"BEGIN {name} inside a region that has not ended")
            inside = True
            count += 1
            indent = re.match(r"\s*", line)
            if stub is not None:
                found += [f"{indent.group() if indent else ''}{text}" for text in stub.split("\n")]
        elif f"END {name}" in line:
            if not inside:
                raise ValueError(f"END {name} without a BEGIN {name}")
            inside = False
        elif not inside:
            found.append(line)
    if inside:
        raise ValueError(f"BEGIN {name} without an END {name}")
    return "\n".join(found), count
