"""A course's units and items as `ui.course_outline` takes them."""

from collections.abc import Callable
from typing import Any

from shixun.core.i18n import local
from shixun.curriculum.models import CourseItem, CourseVersion


def outline(
    version: CourseVersion,
    *,
    url: Callable[[CourseItem], str | None] = lambda _item: None,
    state: Callable[[CourseItem], str] = lambda _item: "new",
    note: Callable[[CourseItem], str] = lambda _item: "",
) -> list[dict[str, Any]]:
    """Units with their items in the present language; the functions say where an item leads and how far it is."""
    units: list[dict[str, Any]] = [{"title": local(unit["title"]), "items": []} for unit in version.units]
    for item in version.items:
        units[item.unit]["items"].append(
            {
                "title": local(item.title),
                "url": url(item),
                "kind": item.kind,
                "minutes": item.minutes,
                "note": note(item),
                "state": state(item),
            }
        )
    return units
