"""`lab.toml` of a draft, and the files of its solutions. Pure functions from text to text."""

from collections.abc import Mapping, Sequence
from typing import Any

from shixun.authoring import toml_text
from shixun_packs.form import FormField
from shixun_packs.lab import LabFile
from shixun_packs.notebooks import Cell
from shixun_packs.toml import parse_toml, validate

FILE = "lab.toml"
_TABLES = ("lab", "plant", "limits")
_LISTS = ("grade", "hint", "wrong", "step")


def read(text: str) -> LabFile:
    """Read a draft's `lab.toml`. Raises `PackError`."""
    return validate(LabFile, parse_toml(text, FILE))


def in_blocks(text: str) -> str:
    """The same lab with a block for each part; a text that has them already stays as it is. Raises `PackError`."""
    read(text)
    data = parse_toml(text, FILE).data
    tables = [table for table in _TABLES if table in data]
    lists = [(part, index) for part in _LISTS for index in range(len(data.get(part, [])))]
    if toml_text.elements(text).keys() >= {*((table,) for table in tables), *lists}:
        return text
    blocks = [toml_text.block(f"[{table}]", data[table]) for table in tables]
    return "\n".join(blocks + [toml_text.block(f"[[{part}]]", data[part][index]) for part, index in lists])


def set_info(text: str, values: Mapping[str, Any]) -> str:
    """Change keys of `[lab]`."""
    return toml_text.set_values(in_blocks(text), ("lab",), values)


def add_part(text: str, part: str, values: Mapping[str, Any]) -> str:
    """Put a grade, hint, step or wrong solution behind the last of its kind."""
    text = in_blocks(text)
    count = len(getattr(read(text), part))
    element = toml_text.block(f"[[{part}]]", values)
    return toml_text.put_after(text, (part, count - 1), element) if count else toml_text.put_last(text, element)


def set_part(text: str, part: str, index: int, values: Mapping[str, Any]) -> str:
    """Change keys of a part."""
    return toml_text.set_values(in_blocks(text), (part, index), values)


def remove_part(text: str, part: str, index: int) -> str:
    """Take a part out."""
    return toml_text.cut(in_blocks(text), (part, index))[0]


def move_part(text: str, part: str, index: int, step: int) -> str:
    """Move a part up (-1) or down (+1) among its kind; at the end of the road nothing changes."""
    text = in_blocks(text)
    if not 0 <= index + step < len(getattr(read(text), part)):
        return text
    rest, own = toml_text.cut(text, (part, index))
    if step < 0:
        return toml_text.put_before(rest, (part, index - 1), own)
    return toml_text.put_after(rest, (part, index), own)


def wrong_file(mistake: str, cells: Sequence[Cell]) -> str:
    """A wrong solution to begin with: the reference's cells, to be spoilt."""
    parts = [f"# {' '.join(mistake.split())}"]
    for cell in cells:
        if cell.is_solution:
            lines = cell.source.split("\n")
            source = [f"# {line}".rstrip() for line in lines] if cell.kind == "markdown" else lines
            parts.append("\n".join([f"# %% [{cell.id}]", *source]))
    return "\n\n".join(parts) + "\n"


def wrong_answers(mistake: str, form: Sequence[FormField]) -> str:
    """A wrong solution of a form lab to begin with: answers nothing wrong yet, and names what can be."""
    fields = ", ".join(f'right["{field.id}"]' for field in form)
    return f"""# {" ".join(mistake.split())}
# 只写答错的栏目，例如 {{"栏目": 1.5}}；right 是标准答案：{fields}
# Give only the fields that are wrong, as {{"field": 1.5}}; `right` has the right answers.


def answers(right, plant_log):
    return {{}}
"""
