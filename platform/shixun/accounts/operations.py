"""What happens to centers, people and their roles. Every function takes the actor, checks, writes, flushes; the edge commits."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from shixun.accounts import passwords, queries
from shixun.accounts.models import Center, Membership, Person, RoleAssignment
from shixun.accounts.names import clean_name, normalise_username
from shixun.accounts.sessions import end_sessions
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission, Role, system_actor

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,39}")
CENTER_ROLES = (Role.TRAINEE, Role.INSTRUCTOR, Role.ORGANIZER, Role.CENTER_MANAGER)
_TAKEN = _l("This sign-in name is not available. Choose another.")


@dataclass(frozen=True)
class Newcomer:
    """An account that was just made or renewed, and the password to hand out: it is kept nowhere."""

    person: Person
    first_password: str


def create_center(actor: Actor, slug: str, name_zh: str, name_en: str, timezone: str = "Asia/Shanghai") -> Center:
    """Open a center. Its slug stands in every address and never changes."""
    actor.require(Permission.CENTERS_MANAGE)
    if not _SLUG.fullmatch(slug):
        message = _l("Use 2 to 40 small letters, digits and -, and begin with a letter.")
        raise Invalid(message, {"slug": message})
    if db.session.scalar(select(Center.id).where(Center.slug == slug)) is not None:
        raise Invalid(_l("This short name is taken."), {"slug": _l("This short name is taken.")})
    center = Center(slug=slug, name_zh=name_zh.strip(), name_en=name_en.strip(), timezone=timezone)
    db.session.add(center)
    db.session.flush()
    audit.record(actor, "accounts.center.created", center.id)
    return center


def open_center(
    actor: Actor, slug: str, name_zh: str, name_en: str, *, manager_username: str, manager_name: str
) -> tuple[Center, Newcomer | None]:
    """Open a center with its first manager.

    An account that exists becomes the manager if the name agrees (somebody who looks after two centers); else one is made, and
    comes with its first password.
    """
    center = create_center(actor, slug, name_zh, name_en)
    # The platform's administrator has no rights inside of centers; putting the first manager there is part of opening one.
    inside = Actor(actor.person_id, center.id, frozenset({Permission.PEOPLE_MANAGE}))
    try:
        username, name = normalise_username(manager_username), clean_name(manager_name)
        found = db.session.scalar(select(Person).where(Person.username == username))
        if found is not None:
            if found.name != name or found.disabled_at is not None:
                raise Invalid(_TAKEN, {"username": _TAKEN})
            add_member(inside, found, center, {Role.CENTER_MANAGER})
            return center, None
        newcomer = create_newcomer(inside, username, name)
    except Invalid as invalid:
        fields = {f"manager_{field}": message for field, message in invalid.fields.items()}
        raise Invalid(invalid.message, fields) from invalid
    add_member(inside, newcomer.person, center, {Role.CENTER_MANAGER})
    return center, newcomer


def create_person(actor: Actor, username: str, name: str, password: str, *, must_change: bool = True) -> Person:
    """Make an account with a chosen password. Raises `Invalid` with the field at fault; a taken name is not told apart from a
    reserved one."""
    actor.require(Permission.PEOPLE_MANAGE)
    username = normalise_username(username)
    passwords.check_new(password, username)
    return _create(actor, username, name, passwords.hash_password(password), must_change=must_change)


def create_newcomer(actor: Actor, username: str, name: str) -> Newcomer:
    """Make an account with a first password to hand out."""
    actor.require(Permission.PEOPLE_MANAGE)
    password = passwords.first_password()
    person = _create(
        actor, normalise_username(username), name, passwords.hash_first_password(password), must_change=True
    )
    return Newcomer(person, password)


def add_newcomer(actor: Actor, center_id: str, username: str, name: str, roles: AbstractSet[Role]) -> Newcomer:
    """Make an account as a member of the center with these roles."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    _check_roles(roles)
    newcomer = create_newcomer(actor, username, name)
    add_member(actor, newcomer.person, db.session.get_one(Center, center_id), roles)
    return newcomer


def _create(actor: Actor, username: str, name: str, password_hash: str, *, must_change: bool) -> Person:
    if db.session.scalar(select(Person.id).where(Person.username == username)) is not None:
        raise Invalid(_TAKEN, {"username": _TAKEN})
    person = Person(
        username=username, name=clean_name(name), password_hash=password_hash, must_change_password=must_change
    )
    db.session.add(person)
    try:
        db.session.flush()
    except IntegrityError as error:  # somebody took the name since we looked
        raise Invalid(_TAKEN, {"username": _TAKEN}) from error
    audit.record(actor, "accounts.person.created", person.id)
    return person


def add_member(actor: Actor, person: Person, center: Center, roles: AbstractSet[Role]) -> Membership:
    """Let a person into a center with these roles; adding again adds missing roles only."""
    actor.require(Permission.PEOPLE_MANAGE, center.id)
    _check_roles(roles)
    membership = db.session.scalar(
        select(Membership).where(Membership.person_id == person.id, Membership.center_id == center.id)
    )
    if membership is None:
        membership = Membership(person_id=person.id, center_id=center.id)
        db.session.add(membership)
    membership.ended_at = None
    _grant(actor, person.id, center.id, set(roles) - queries.roles_of(person.id, center.id))
    return membership


def set_roles(actor: Actor, center_id: str, person_id: str, roles: AbstractSet[Role]) -> None:
    """Give a present member exactly these roles. The center always keeps a manager."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    _check_roles(roles)
    member = queries.member(center_id, person_id)
    if member.ended_at is not None:
        raise Conflict(_l("This person left the center. Let them in again first."))
    held = queries.roles_of(person_id, center_id)
    if Role.CENTER_MANAGER in held - set(roles):
        _keep_a_manager(center_id, person_id)
    _grant(actor, person_id, center_id, set(roles) - held)
    _revoke(actor, person_id, center_id, held - set(roles))


def end_membership(actor: Actor, center_id: str, person_id: str) -> None:
    """The person leaves the center: no role, no access from now on. What they did stays in its records."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    member = queries.member(center_id, person_id)
    if member.ended_at is not None:
        return
    held = queries.roles_of(person_id, center_id)
    if Role.CENTER_MANAGER in held:
        _keep_a_manager(center_id, person_id)
    _revoke(actor, person_id, center_id, held)
    member.ended_at = now()
    audit.record(actor, "accounts.membership.ended", person_id)
    db.session.flush()


def restore_membership(actor: Actor, center_id: str, person_id: str, roles: AbstractSet[Role]) -> None:
    """Let a former member in again, with these roles; the records of the first time are theirs again."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    member = queries.member(center_id, person_id)
    add_member(actor, member.person, member.center, roles)
    audit.record(actor, "accounts.membership.restored", person_id)


def reset_password(actor: Actor, center_id: str, person_id: str) -> Newcomer:
    """Replace a member's password by a first password, and end their sessions.

    Whoever sets a password can sign in with it. So a center may do this only for people who are nothing anywhere else:
    it would otherwise be a way into another center, or into the platform's administration.
    """
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    member = queries.member(center_id, person_id)
    if member.ended_at is not None or queries.belongs_elsewhere(person_id, center_id):
        raise Forbidden(_l("This person's password can't be set from this center. Ask the operator of the platform."))
    return _renew(actor, member.person)


def reset_password_of(username: str) -> Newcomer:
    """The operator at the machine gives anybody a first password: administrators, and people of several centers."""
    person = db.session.scalar(select(Person).where(Person.username == normalise_username(username)))
    if person is None:
        raise NotFound(_l("Nobody has this sign-in name."))
    return _renew(system_actor(), person)


def _renew(actor: Actor, person: Person) -> Newcomer:
    password = passwords.first_password()
    person.password_hash = passwords.hash_first_password(password)
    person.must_change_password = True
    end_sessions(person.id)
    audit.record(actor, "accounts.password.reset", person.id)
    db.session.flush()
    return Newcomer(person, password)


def grant_platform_role(actor: Actor, person: Person) -> None:
    """Make a person an administrator of the platform (from the command line only)."""
    actor.require(Permission.CENTERS_MANAGE)
    db.session.add(RoleAssignment(person_id=person.id, role=Role.PLATFORM_ADMINISTRATOR, granted_by=actor.person_id))
    db.session.flush()
    audit.record(actor, "accounts.role.granted", person.id, role=str(Role.PLATFORM_ADMINISTRATOR))


def create_administrator(username: str, name: str) -> Newcomer:
    """The operator at the machine makes an administrator of the platform."""
    actor = system_actor()
    newcomer = create_newcomer(actor, username, name)
    grant_platform_role(actor, newcomer.person)
    return newcomer


def _check_roles(roles: AbstractSet[Role]) -> None:
    if not roles:
        message = _l("Choose at least one role.")
        raise Invalid(message, {"roles": message})
    if not set(roles) <= set(CENTER_ROLES):
        message = _l("A center can't give a role of the platform.")
        raise Invalid(message, {"roles": message})


def _keep_a_manager(center_id: str, leaving: str) -> None:
    # Two managers who remove each other at the same moment wait for one another here.
    db.session.execute(select(Center.id).where(Center.id == center_id).with_for_update())
    if not queries.managers(center_id) - {leaving}:
        raise Conflict(_l("This is the center's only manager. Give another person that role first."))


def _grant(actor: Actor, person_id: str, center_id: str, roles: AbstractSet[Role]) -> None:
    for role in sorted(roles):
        db.session.add(RoleAssignment(person_id=person_id, center_id=center_id, role=role, granted_by=actor.person_id))
        audit.record(actor, "accounts.role.granted", person_id, role=str(role))
    db.session.flush()


def _revoke(actor: Actor, person_id: str, center_id: str, roles: AbstractSet[Role]) -> None:
    for role in sorted(roles):
        db.session.execute(
            delete(RoleAssignment).where(
                RoleAssignment.person_id == person_id,
                RoleAssignment.center_id == center_id,
                RoleAssignment.role == role,
            )
        )
        audit.record(actor, "accounts.role.revoked", person_id, role=str(role))
    db.session.flush()
