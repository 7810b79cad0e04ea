"""People and centers for tests."""

from shixun.accounts import operations
from shixun.accounts.models import Center, Person
from shixun.core.permissions import Role, system_actor

PASSWORD = "correct horse battery"  # noqa: S105 - the tests' own


def make_center(slug: str = "longyan") -> Center:
    return operations.create_center(system_actor(), slug, f"{slug}促进中心", f"{slug.title()} center")


def make_person(center: Center, username: str, *roles: Role, name: str = "") -> Person:
    """A member of the center with these roles (a trainee by default) and the password `PASSWORD`."""
    actor = system_actor(center.id)
    person = operations.create_person(actor, username, name or username.title(), PASSWORD, must_change=False)
    operations.add_member(actor, person, center, set(roles) or {Role.TRAINEE})
    return person
