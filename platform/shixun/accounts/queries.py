"""Reads about accounts."""

from sqlalchemy import or_, select

from shixun.accounts.models import Center, Membership, Person, RoleAssignment, SignInSession
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.ids import token_hash
from shixun.core.permissions import GRANTS, Actor, Permission, Role


def session_person(token: str) -> Person | None:
    """Whose browser holds this token, if the session still stands."""
    return db.session.scalar(
        select(Person)
        .join(SignInSession, SignInSession.person_id == Person.id)
        .where(
            SignInSession.id == token_hash(token),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now(),
            Person.disabled_at.is_(None),
        )
    )


def roles_of(person_id: str, center_id: str | None) -> set[Role]:
    """The roles a person has in a center (or, with None, over the platform)."""
    scope = RoleAssignment.center_id == center_id if center_id else RoleAssignment.center_id.is_(None)
    return set(db.session.scalars(select(RoleAssignment.role).where(RoleAssignment.person_id == person_id, scope)))


def permissions_of(roles: set[Role]) -> frozenset[Permission]:
    return frozenset().union(*(GRANTS[Role(role)] for role in roles))


def actor_in(person: Person, center: Center | None) -> Actor:
    """The person as an actor in a center, or over the platform."""
    roles = roles_of(person.id, center.id if center else None)
    return Actor(person.id, center.id if center else None, permissions_of(roles))


def centers_of(person_id: str) -> list[Center]:
    """The centers that a person is a member of, by name."""
    return list(
        db.session.scalars(
            select(Center)
            .join(Membership, Membership.center_id == Center.id)
            .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
            .order_by(Center.name_zh)
        )
    )


def center_of(person_id: str, slug: str) -> Center | None:
    """The center with this slug if the person is a member; None says nothing about whether it exists."""
    return next((center for center in centers_of(person_id) if center.slug == slug), None)


def members(center_id: str, search: str = "") -> list[tuple[Person, list[Role]]]:
    """The people of a center with their roles, by name; `search` narrows by a part of name or user name."""
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.center_id == center_id, Membership.ended_at.is_(None))
        .order_by(Person.name, Person.username)
    )
    if search:
        part = search.strip()
        query = query.where(or_(Person.name.icontains(part, autoescape=True), Person.username.icontains(part, autoescape=True)))
    people = list(db.session.scalars(query))
    roles: dict[str, list[Role]] = {person.id: [] for person in people}
    for person_id, role in db.session.execute(
        select(RoleAssignment.person_id, RoleAssignment.role).where(RoleAssignment.center_id == center_id)
    ):
        if person_id in roles:
            roles[person_id].append(Role(role))
    return [(person, sorted(roles[person.id])) for person in people]


def subject_of(person_id: str, center_id: str) -> str:
    """The ledger's name for a person in a center."""
    return db.session.scalars(
        select(Membership.subject_id).where(Membership.person_id == person_id, Membership.center_id == center_id)
    ).one()
