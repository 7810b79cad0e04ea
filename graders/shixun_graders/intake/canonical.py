"""The canonical notebook: the pack's own cells, with the trainee's text only where the trainee may write.

Points, grade flags, outputs and every other metadata of the submission are never read. Of a submitted cell counts its
grade id (to find its place), its kind and its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shixun_graders.intake.refusal import RefusalError
from shixun_graders.intake.shape import parse
from shixun_graders.protocol import Note, Reason
from shixun_packs.digest import Limits, read_bundle
from shixun_packs.lab import NOTEBOOK_NAME, Lab
from shixun_packs.notebooks import Cell
from shixun_packs.problems import PackError

MAX_BUNDLE = 24_000_000  # bytes
MAX_FILES = 64
MAX_CELLS = 400
MAX_SOURCE = 200_000  # characters of one cell
_FILES = Limits(files=MAX_FILES, file_bytes=MAX_BUNDLE, total_bytes=MAX_BUNDLE)


@dataclass(frozen=True)
class CanonicalCell:
    """One cell to run or show. `own` tells a trainee's cell or answer from the pack's text."""

    id: str
    kind: str
    source: str
    own: bool


@dataclass(frozen=True)
class Canonical:
    """What is graded, and what had to be mended for it."""

    cells: tuple[CanonicalCell, ...]
    notes: tuple[Note, ...]


def read_submission(bundle: bytes, name: str = NOTEBOOK_NAME, missing: Reason = Reason.NO_NOTEBOOK) -> bytes:
    """The bytes of the one file that counts in a submission bundle. Raises RefusalError, `missing` where it isn't there."""
    if len(bundle) > MAX_BUNDLE:
        raise RefusalError(Reason.TOO_LARGE)
    try:
        files = read_bundle(bundle, _FILES)
    except PackError as error:
        raise RefusalError(Reason.BAD_ARCHIVE, error.problems[0].message) from None
    if name not in files:
        raise RefusalError(missing)
    return files[name]


def canonical(lab: Lab, notebook: bytes) -> Canonical:
    """Build the canonical notebook of a submission. Raises RefusalError.

    Known cells stand in the pack's order; cells that the trainee added stay behind the known cell they followed. Locked
    cells are the pack's; a missing one is put back, a missing answer counts as released.
    """
    submitted = _cells(parse(notebook))
    known = {cell.id: cell for cell in lab.cells}
    answers: dict[str, str] = {}
    added: dict[str | None, list[CanonicalCell]] = {None: []}
    anchor: str | None = None
    for position, (cell_id, kind, source) in enumerate(submitted):
        if cell_id in known and kind == known[cell_id].kind:
            anchor = cell_id
            if answers.setdefault(cell_id, source) != source and known[cell_id].is_solution:
                raise RefusalError(Reason.DUPLICATE_CELL, cell_id)
        elif source.strip():
            added.setdefault(anchor, []).append(CanonicalCell(f"added-{position}", kind, source, own=True))
    cells = list(added[None])
    notes: dict[Note, None] = {}
    for cell in lab.cells:
        restored = _restored(cell, answers.get(cell.id), notes)
        cells += [] if restored is None else [restored]
        cells += added.get(cell.id, [])
    return Canonical(tuple(cells), tuple(notes))


def _restored(cell: Cell, text: str | None, notes: dict[Note, None]) -> CanonicalCell | None:
    """A known cell as it is graded, given the submitted text; None for a plain cell that the trainee removed."""
    if cell.is_locked:
        if text is None or text.strip() != cell.release.strip():
            notes[Note.CELL_RESTORED] = None
        return CanonicalCell(cell.id, cell.kind, cell.release, own=False)
    if text is None:
        if not cell.is_solution:
            return None
        notes[Note.CELL_MISSING] = None
        return CanonicalCell(cell.id, cell.kind, cell.release, own=False)
    return CanonicalCell(cell.id, cell.kind, text, own=cell.is_solution or text.strip() != cell.release.strip())


def _cells(notebook: Any) -> list[tuple[str, str, str]]:
    """(grade id or cell id, kind, text) of each code and Markdown cell. Raises RefusalError for what is no notebook."""
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise RefusalError(Reason.NOT_A_NOTEBOOK)
    if len(notebook["cells"]) > MAX_CELLS:
        raise RefusalError(Reason.TOO_MANY_CELLS)
    found = []
    for cell in notebook["cells"]:
        if not isinstance(cell, dict):
            raise RefusalError(Reason.NOT_A_NOTEBOOK)
        kind = cell.get("cell_type")
        if kind in {"code", "markdown"}:
            found.append((_cell_id(cell), str(kind), _text(cell.get("source"))))
    return found


def _cell_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    for name in (grade_id, cell.get("id")):
        if isinstance(name, str):
            return name
    return ""


def _text(source: Any) -> str:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise RefusalError(Reason.NOT_A_NOTEBOOK)
    if len(source) > MAX_SOURCE:
        raise RefusalError(Reason.TOO_LARGE)
    # A lone surrogate (legal in JSON, not in UTF-8) would break every writer behind us.
    return source.encode("utf-8", "replace").decode("utf-8")
