"""Drafts for tests."""

from collections.abc import Mapping

from shixun.accounts.models import Center, Person
from shixun.authoring import operations
from shixun.authoring.models import Draft
from shixun.core.permissions import GRANTS, Actor, Role
from shixun.testing.learning import FILES


def author(person: Person, center: Center) -> Actor:
    """The person as an instructor of the center."""
    return Actor(person.id, center.id, GRANTS[Role.INSTRUCTOR])


def make_draft(center: Center, person: Person, changed: Mapping[str, str] | None = None, slug: str = "valves") -> Draft:
    """A draft with the content of the course `pumps` under another name, some files with other content."""
    files = {path: text.encode() for path, text in {**FILES, **(changed or {})}.items()}
    files["course.toml"] = files["course.toml"].replace(b'"pumps"', f'"{slug}"'.encode())
    title = {"zh": "水泵", "en": "Pumps"}
    return operations.create_from_files(
        author(person, center), center.id, "course", slug, title, files, lambda _: False
    )
