"""`lab.toml` of a draft, and the files of its solutions. Pure functions from text to text."""

from collections.abc import Mapping, Sequence
from typing import Any

from shixun.authoring import toml_text
from shixun_packs.lab import LabFile
from shixun_packs.notebooks import Cell
from shixun_packs.toml import parse_toml, validate

FILE = "lab.toml"


def read(text: str) -> LabFile:
    """Read a draft's `lab.toml`. Raises `PackError`."""
    return validate(LabFile, parse_toml(text, FILE))


def set_info(text: str, values: Mapping[str, Any]) -> str:
    """Change keys of `[lab]`."""
    return toml_text.set_values(text, ("lab",), values)


def add_wrong(text: str, file: str, mistake: Mapping[str, str], hint: str | None) -> str:
    """Declare another wrong solution, which deserves nothing until its author says otherwise."""
    lab = read(text)
    scores = {grade.id: 0 for grade in lab.grade if not grade.manual}
    values = {"file": file, "mistake": mistake, "hint": hint, "scores": scores}
    return toml_text.put_last(text, toml_text.block("[[wrong]]", values))


def remove_wrong(text: str, index: int) -> str:
    """Take the declaration of a wrong solution out."""
    return toml_text.cut(text, ("wrong", index))[0]


def wrong_file(mistake: str, cells: Sequence[Cell]) -> str:
    """A wrong solution to begin with: the reference's cells, to be spoilt."""
    parts = [f"# {' '.join(mistake.split())}"]
    for cell in cells:
        if cell.is_solution:
            lines = cell.source.split("\n")
            source = [f"# {line}".rstrip() for line in lines] if cell.kind == "markdown" else lines
            parts.append("\n".join([f"# %% [{cell.id}]", *source]))
    return "\n\n".join(parts) + "\n"
