"""Who may do what: one enum, roles as sets of it, deny by default.

A permission reads `<scope>:<resource>:<action>`. Its scope says where it is looked up: `center` in the roles that the person
has in the center at hand, `platform` in the roles that reach over all centers.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from shixun.core.errors import Forbidden
from shixun.core.i18n import _l


class Permission(StrEnum):
    """Everything that can be allowed."""

    CENTER_ENTER = "center:home:read"
    PEOPLE_READ = "center:people:read"
    PEOPLE_MANAGE = "center:people:manage"
    COURSE_READ = "center:course:read"
    COURSE_LEARN = "center:course:learn"
    COURSE_PREVIEW = "center:course:preview"
    COURSE_OFFER = "center:course:offer"
    COURSE_AUTHOR = "center:course:author"
    RUN_MANAGE = "center:run:manage"
    LAB_USE = "center:lab:use"
    SUBMIT = "center:submission:create"
    GRADE = "center:submission:grade"
    GRADEBOOK_READ = "center:gradebook:read"
    CONTEST_READ = "center:contest:read"
    CONTEST_ENTER = "center:contest:enter"
    CONTEST_MANAGE = "center:contest:manage"
    FIGURES_READ = "center:figures:read"
    CAPACITY_DECLARE = "center:capacity:declare"
    LEDGER_READ = "center:ledger:read"
    LEDGER_CORRECT = "center:ledger:correct"
    AUDIT_READ = "center:audit:read"
    CENTERS_MANAGE = "platform:centers:manage"
    PACKS_MANAGE = "platform:packs:manage"
    OPERATIONS_READ = "platform:operations:read"


class Access(StrEnum):
    """Routes that need no permission say so."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"


class Role(StrEnum):
    """A set of permissions that a person holds in a scope."""

    TRAINEE = "trainee"
    INSTRUCTOR = "instructor"
    ORGANIZER = "organizer"
    CENTER_MANAGER = "center-manager"
    PLATFORM_ADMINISTRATOR = "platform-administrator"


_P = Permission
_MEMBER = {_P.CENTER_ENTER, _P.COURSE_READ, _P.CONTEST_READ}
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.TRAINEE: frozenset(_MEMBER | {_P.COURSE_LEARN, _P.LAB_USE, _P.SUBMIT, _P.CONTEST_ENTER}),
    Role.INSTRUCTOR: frozenset(
        _MEMBER
        | {_P.PEOPLE_READ, _P.COURSE_PREVIEW, _P.COURSE_AUTHOR, _P.RUN_MANAGE}
        | {_P.LAB_USE, _P.GRADE, _P.GRADEBOOK_READ}
    ),
    Role.ORGANIZER: frozenset(_MEMBER | {_P.PEOPLE_READ, _P.CONTEST_MANAGE}),
    Role.CENTER_MANAGER: frozenset(
        _MEMBER
        | {_P.PEOPLE_READ, _P.PEOPLE_MANAGE, _P.COURSE_PREVIEW, _P.COURSE_OFFER, _P.RUN_MANAGE, _P.GRADEBOOK_READ}
        | {_P.FIGURES_READ, _P.CAPACITY_DECLARE, _P.LEDGER_READ, _P.LEDGER_CORRECT, _P.AUDIT_READ}
    ),
    # Runs the platform, and for that reason sees no center's people or figures.
    Role.PLATFORM_ADMINISTRATOR: frozenset({_P.CENTERS_MANAGE, _P.PACKS_MANAGE, _P.OPERATIONS_READ}),
}


@dataclass(frozen=True)
class Actor:
    """Who does something, as operations see it: a person in a center, or the system itself (`person_id` None)."""

    person_id: str | None
    center_id: str | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission, center_id: str | None = None) -> None:
        """Raise `Forbidden` unless allowed, and unless the thing at hand belongs to the actor's center."""
        if center_id is not None and center_id != self.center_id:
            raise Forbidden(_l("This belongs to another center."))
        if permission not in self.permissions:
            raise Forbidden(_l("Your role does not allow this. Ask your center manager if you need it."))


def system_actor(center_id: str | None = None) -> Actor:
    """The platform itself: jobs and commands run by its operator."""
    return Actor(person_id=None, center_id=center_id, permissions=frozenset(Permission))
