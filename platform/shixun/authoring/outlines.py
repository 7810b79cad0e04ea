"""Changes of a draft course's outline, with the files that belong to its items."""

from collections.abc import Mapping
from typing import Any

from shixun.authoring import course_text, lesson_text, queries, quiz_text
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale, change, digest_of, remove, write
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun_packs.course import Item, LabItem
from shixun_packs.exchange.ids import slug_from
from shixun_packs.problems import PackError

Title = Mapping[str, str]


def read(draft: Draft) -> course_text.DraftCourse:
    """The outline. Raises `PackError` while `course.toml` can't be read."""
    return course_text.read(queries.text(draft, course_text.FILE) or "")


def item_of(draft: Draft, slug: str) -> tuple[course_text.Place, Item]:
    """An item and where it stands. Raises `NotFound`."""
    try:
        course = read(draft)
    except PackError:
        raise NotFound(_l("course.toml can't be read as it is: mend it first.")) from None
    place = course_text.place(course, slug)
    if place is None:
        raise NotFound(_l("There is no such page in this course."))
    return place, course.unit[place.unit].item[place.item]


def unit_of(draft: Draft, slug: str) -> tuple[int, course_text.DraftUnit]:
    """A unit and its number from 0. Raises `NotFound`."""
    try:
        units = read(draft).unit
    except PackError:
        raise NotFound(_l("course.toml can't be read as it is: mend it first.")) from None
    for index, unit in enumerate(units):
        if unit.slug == slug:
            return index, unit
    raise NotFound(_l("There is no such unit in this course."))


def set_info(actor: Actor, draft: Draft, values: Mapping[str, Any], base: str) -> None:
    """Change what `[course]` says. Raises `Stale` with what somebody else has saved."""

    def work(text: str) -> str:
        stored = course_text.read(text).course
        _same(stored.model_dump(), base, stored)
        return course_text.set_info(text, values)

    change(actor, draft, course_text.FILE, work)


def add_unit(actor: Actor, draft: Draft, title: Title) -> str:
    """Put a unit at the end; returns its slug."""
    slug = slug_from(title["en"], "unit", {unit.slug for unit in read(draft).unit})
    change(actor, draft, course_text.FILE, lambda text: course_text.add_unit(text, slug, title))
    return slug


def set_unit(actor: Actor, draft: Draft, slug: str, title: Title, base: str) -> None:
    """Rename a unit. Raises `Stale`."""
    index, unit = unit_of(draft, slug)
    _same(unit.title.model_dump(), base, unit)
    change(actor, draft, course_text.FILE, lambda text: course_text.set_unit(text, index, title))


def move_unit(actor: Actor, draft: Draft, slug: str, step: int, base: str) -> None:
    """Move a unit up (-1) or down (+1) in the outline that the page showed (`base`)."""
    index, _unit = unit_of(draft, slug)
    change(actor, draft, course_text.FILE, lambda text: course_text.move_unit(text, index, step), base)


def remove_unit(actor: Actor, draft: Draft, slug: str, base: str) -> None:
    """Take a unit out with its items and their files."""
    index, unit = unit_of(draft, slug)
    change(actor, draft, course_text.FILE, lambda text: course_text.remove_unit(text, index), base)
    for item in unit.item:
        _remove_file(actor, draft, item)


def add_item(actor: Actor, draft: Draft, unit: str, kind: str, values: Mapping[str, Any]) -> str:
    """Put an item at the end of a unit, with the file that it needs; returns its slug."""
    index, _unit = unit_of(draft, unit)
    slug = slug_from(values["title"]["en"], kind, {item.slug for item in read(draft).items})
    item = {"kind": kind, "slug": slug, **values}
    if kind != "lab":
        there = queries.file_digests(draft)
        stem, suffix = ("lessons", "md") if kind == "lesson" else ("quizzes", "toml")
        names = {path.rpartition("/")[2].rpartition(".")[0] for path in there if path.startswith(f"{stem}/")}
        item["file"] = f"{stem}/{slug_from(slug, kind, names | {'checks'})}.{suffix}"
    change(actor, draft, course_text.FILE, lambda text: course_text.add_item(text, index, item))
    if kind == "lesson":
        write(actor, draft, item["file"], lesson_text.new().encode())
    elif kind == "quiz":
        write(actor, draft, item["file"], quiz_text.new(slug, values["title"]).encode())
    return slug


def set_item(actor: Actor, draft: Draft, slug: str, values: Mapping[str, Any], base: str) -> None:
    """Change an item's names and minutes. Raises `Stale`."""
    place, item = item_of(draft, slug)
    _same(item.model_dump(), base, item)
    change(actor, draft, course_text.FILE, lambda text: course_text.set_item(text, place, values))


def move_item(actor: Actor, draft: Draft, slug: str, step: int, base: str) -> None:
    """Move an item up (-1) or down (+1), into the neighbouring unit at the edge."""
    place, _item = item_of(draft, slug)
    change(actor, draft, course_text.FILE, lambda text: course_text.move_item(text, place, step), base)


def remove_item(actor: Actor, draft: Draft, slug: str, base: str) -> None:
    """Take an item out with its file."""
    place, item = item_of(draft, slug)
    change(actor, draft, course_text.FILE, lambda text: course_text.remove_item(text, place), base)
    _remove_file(actor, draft, item)


def _remove_file(actor: Actor, draft: Draft, item: Item) -> None:
    if not isinstance(item, LabItem):
        remove(actor, draft, item.file)


def _same(stored: Mapping[str, Any], base: str, theirs: object) -> None:
    if digest_of(stored) != base:
        raise Stale(theirs, digest_of(stored))
