"""`course.toml` of a draft: read although it is not finished, changed block by block. Pure functions from text to text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from shixun.authoring import toml_text
from shixun_packs.course import CourseInfo, Item, Unit
from shixun_packs.positions import KeyPath
from shixun_packs.text import PackModel
from shixun_packs.toml import parse_toml, validate

FILE = "course.toml"
FIRST_VERSION = "1.0.0"


class DraftUnit(Unit):
    """A unit that may still be empty."""

    item: list[Annotated[Item, Field(discriminator="kind")]] = Field(default_factory=list)


class DraftCourse(PackModel):
    """The whole of a draft's `course.toml`."""

    course: CourseInfo
    unit: list[DraftUnit] = Field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """All items in order, units dissolved."""
        return [item for unit in self.unit for item in unit.item]


@dataclass(frozen=True)
class Place:
    """Where an item stands: indexes of its unit and within it."""

    unit: int
    item: int

    @property
    def path(self) -> KeyPath:
        return ("unit", self.unit, "item", self.item)


def read(text: str) -> DraftCourse:
    """Read a draft's `course.toml`. Raises `PackError`."""
    return validate(DraftCourse, parse_toml(text, FILE))


def new(info: Mapping[str, Any]) -> str:
    """The text of a course without units. `info` has the keys of `CourseInfo`, in its order."""
    return toml_text.block("[course]", info)


def place(course: DraftCourse, slug: str) -> Place | None:
    """Where the item of this slug stands."""
    for u, unit in enumerate(course.unit):
        for i, item in enumerate(unit.item):
            if item.slug == slug:
                return Place(u, i)
    return None


def in_blocks(text: str) -> str:
    """The same course with a block for each unit and item; a text that has them already stays as it is."""
    course = read(text)
    found = toml_text.elements(text)
    wanted: list[KeyPath] = [("course",), *(("unit", u) for u in range(len(course.unit)))]
    wanted += [("unit", u, "item", i) for u, unit in enumerate(course.unit) for i in range(len(unit.item))]
    if all(path in found for path in wanted):
        return text
    parts = [new(course.course.model_dump())]
    for unit in course.unit:
        parts.append(_unit_block(unit.slug, unit.title.model_dump()))
        parts += [_item_block(item.model_dump()) for item in unit.item]
    return "\n".join(parts)


def _unit_block(slug: str, title: Mapping[str, str]) -> str:
    return toml_text.block("[[unit]]", {"slug": slug, "title": title})


def _item_block(item: Mapping[str, Any]) -> str:
    keys = ("kind", "slug", "file", "lab", "minutes", "title")
    return toml_text.block("[[unit.item]]", {key: item[key] for key in keys if key in item})


def set_info(text: str, values: Mapping[str, Any]) -> str:
    """Change keys of `[course]`."""
    return toml_text.set_values(in_blocks(text), ("course",), values)


def add_unit(text: str, slug: str, title: Mapping[str, str]) -> str:
    """Put a unit at the end."""
    return toml_text.put_last(in_blocks(text), _unit_block(slug, title))


def set_unit(text: str, unit: int, title: Mapping[str, str]) -> str:
    """Rename a unit."""
    return toml_text.set_values(in_blocks(text), ("unit", unit), {"title": title})


def remove_unit(text: str, unit: int) -> str:
    """Take a unit out with all its items."""
    return toml_text.cut(in_blocks(text), ("unit", unit))[0]


def move_unit(text: str, unit: int, step: int) -> str:
    """Move a unit up (-1) or down (+1); at the end of the road nothing changes."""
    text = in_blocks(text)
    if not 0 <= unit + step < len(read(text).unit):
        return text
    rest, own = toml_text.cut(text, ("unit", unit))
    if step < 0:
        return toml_text.put_before(rest, ("unit", unit - 1), own)
    return toml_text.put_after(rest, ("unit", unit), own)


def add_item(text: str, unit: int, item: Mapping[str, Any]) -> str:
    """Put an item at the end of a unit. `item` has the keys of its kind's model."""
    return toml_text.put_after(in_blocks(text), ("unit", unit), _item_block(item))


def set_item(text: str, at: Place, values: Mapping[str, Any]) -> str:
    """Change keys of an item."""
    return toml_text.set_values(in_blocks(text), at.path, values)


def remove_item(text: str, at: Place) -> str:
    """Take an item out."""
    return toml_text.cut(in_blocks(text), at.path)[0]


def move_item(text: str, at: Place, step: int) -> str:
    """Move an item up (-1) or down (+1), over the edge into the neighbouring unit; at the end of the road nothing changes."""
    text = in_blocks(text)
    units = read(text).unit
    inside = 0 <= at.item + step < len(units[at.unit].item)
    if not inside and not 0 <= at.unit + step < len(units):
        return text
    rest, own = toml_text.cut(text, at.path)
    if inside and step < 0:
        return toml_text.put_before(rest, (*at.path[:-1], at.item - 1), own)
    if inside:
        return toml_text.put_after(rest, at.path, own)  # what stood behind has taken its place
    if step < 0:
        return toml_text.put_after(rest, ("unit", at.unit - 1), own)
    first = ("unit", at.unit + 1, "item", 0)
    if first in toml_text.elements(rest):
        return toml_text.put_before(rest, first, own)
    return toml_text.put_after(rest, ("unit", at.unit + 1), own)
