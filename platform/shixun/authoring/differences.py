"""What a draft changes of the published version: items by their slugs, then everything else by its file. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shixun.authoring import course_text
from shixun_packs.course import CHECKS_FILE, Item
from shixun_packs.problems import PackError

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Change:
    """Something that is other than before. `what`: item, unit, checks, figure, file, or course; `title` is {zh, en} or a path."""

    what: str
    title: Mapping[str, str] | str


@dataclass
class Differences:
    """What came, went, and is another now."""

    added: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def differences(old: Files, new: Files) -> Differences:
    """The differences between two states of a pack."""
    found = Differences()
    before, after = _course(old), _course(new)
    own: set[str] = set()
    if after is not None:
        earlier = before.items if before is not None else []
        own = {item.file for item in [*earlier, *after.items] if item.kind != "lab"} | {course_text.FILE}
        _items(found, earlier, after.items, old, new)
        if before is not None:
            _course_data(found, before, after)
    for path in sorted((old.keys() | new.keys()) - own):
        _file(found, path, old, new)
    return found


def _course(files: Files) -> course_text.DraftCourse | None:
    try:
        return course_text.read(files[course_text.FILE].decode())
    except (KeyError, PackError, UnicodeDecodeError):
        return None


def _course_data(found: Differences, before: course_text.DraftCourse, after: course_text.DraftCourse) -> None:
    if before.course.model_copy(update={"version": ""}) != after.course.model_copy(update={"version": ""}):
        found.changed.append(Change("course", course_text.FILE))
    units = [
        [(unit.slug, unit.title, [item.slug for item in unit.item]) for unit in course.unit]
        for course in (before, after)
    ]
    if units[0] != units[1] and not (found.added or found.removed):
        found.changed.append(Change("order", course_text.FILE))


def _items(found: Differences, before: Sequence[Item], after: Sequence[Item], old: Files, new: Files) -> None:
    earlier = {item.slug: item for item in before}
    later = {item.slug: item for item in after}
    for slug, item in later.items():
        if slug not in earlier:
            found.added.append(Change(item.kind, item.title.model_dump()))
        elif item != earlier[slug] or _content(item, new) != _content(earlier[slug], old):
            found.changed.append(Change(item.kind, item.title.model_dump()))
    found.removed += [Change(item.kind, item.title.model_dump()) for slug, item in earlier.items() if slug not in later]


def _content(item: Item, files: Files) -> bytes | None:
    return files.get(item.file) if item.kind != "lab" else None


def _file(found: Differences, path: str, old: Files, new: Files) -> None:
    what = "checks" if path == CHECKS_FILE else "figure" if path.startswith("figures/") else "file"
    if path not in old:
        found.added.append(Change(what, path))
    elif path not in new:
        found.removed.append(Change(what, path))
    elif old[path] != new[path]:
        found.changed.append(Change(what, path))
