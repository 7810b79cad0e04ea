"""Reads about accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from shixun.accounts.models import Center, Membership, Person, RoleAssignment, SignInSession
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.ids import token_hash
from shixun.core.permissions import GRANTS, Actor, Permission, Role

PAGE_SIZE = 50


def sign_in_session(token: str) -> SignInSession | None:
    """The sign-in session of this token, with its person, if both still stand."""
    return db.session.scalar(
        select(SignInSession)
        .join(SignInSession.person)
        .options(contains_eager(SignInSession.person))
        .where(
            SignInSession.id == token_hash(token),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now(),
            Person.disabled_at.is_(None),
        )
    )


def open_sessions(person_id: str) -> list[SignInSession]:
    """The browsers in which a person is signed in, the latest first."""
    return list(
        db.session.scalars(
            select(SignInSession)
            .where(
                SignInSession.person_id == person_id,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > now(),
            )
            .order_by(SignInSession.created_at.desc())
        )
    )


def last_sign_in(person_id: str) -> datetime | None:
    """When a person last signed in, as far as sessions are kept."""
    return db.session.scalar(select(func.max(SignInSession.created_at)).where(SignInSession.person_id == person_id))


def roles_of(person_id: str, center_id: str | None) -> set[Role]:
    """The roles a person has in a center (or, with None, over the platform)."""
    scope = RoleAssignment.center_id == center_id if center_id else RoleAssignment.center_id.is_(None)
    found = db.session.scalars(select(RoleAssignment.role).where(RoleAssignment.person_id == person_id, scope))
    return {Role(role) for role in found}


def permissions_of(roles: set[Role]) -> frozenset[Permission]:
    return frozenset().union(*(GRANTS[Role(role)] for role in roles))


def actor_in(person: Person, center: Center | None) -> Actor:
    """The person as an actor in a center, or over the platform."""
    roles = roles_of(person.id, center.id if center else None)
    return Actor(person.id, center.id if center else None, permissions_of(roles))


def may_use_labs(person_id: str) -> bool:
    """Whether some center that the person belongs to lets them use labs."""
    roles = db.session.scalars(
        select(RoleAssignment.role)
        .join(
            Membership,
            (Membership.person_id == RoleAssignment.person_id) & (Membership.center_id == RoleAssignment.center_id),
        )
        .where(RoleAssignment.person_id == person_id, Membership.ended_at.is_(None))
    )
    return Permission.LAB_USE in permissions_of({Role(role) for role in roles})


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
    people = list(db.session.scalars(_members(center_id, search=search).order_by(Person.name, Person.username)))
    roles = _roles(center_id, [person.id for person in people])
    return [(person, roles[person.id]) for person in people]


@dataclass(frozen=True)
class MemberRow:
    """One line of the list of people."""

    person: Person
    username: str
    roles: list[Role]
    ended: bool


@dataclass(frozen=True)
class MemberPage:
    """One page of the list of people; `number` is within 1 … `pages`."""

    rows: list[MemberRow]
    number: int
    pages: int
    total: int


def member_page(
    center_id: str, *, search: str = "", role: Role | None = None, former: bool = False, number: int = 1
) -> MemberPage:
    """A page of a center's present (or former) people, by name."""
    query = _members(center_id, search=search, role=role, former=former)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, number), pages)
    ordered = query.order_by(Person.name, Person.username).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    people = list(db.session.scalars(ordered))
    roles = _roles(center_id, [person.id for person in people])
    rows = [MemberRow(person, person.username, roles[person.id], former) for person in people]
    return MemberPage(rows, number, pages, total)


def _members(center_id: str, *, search: str = "", role: Role | None = None, former: bool = False) -> Select[Person]:
    left = Membership.ended_at.is_not(None) if former else Membership.ended_at.is_(None)
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.center_id == center_id, left)
    )
    part = search.strip()
    if part:
        query = query.where(
            or_(Person.name.icontains(part, autoescape=True), Person.username.icontains(part, autoescape=True))
        )
    if role is not None:
        query = query.join(RoleAssignment, RoleAssignment.person_id == Person.id).where(
            RoleAssignment.center_id == center_id, RoleAssignment.role == role
        )
    return query


def _roles(center_id: str, person_ids: Sequence[str]) -> dict[str, list[Role]]:
    roles: dict[str, list[Role]] = {person_id: [] for person_id in person_ids}
    query = select(RoleAssignment.person_id, RoleAssignment.role).where(RoleAssignment.center_id == center_id)
    if len(roles) <= PAGE_SIZE:
        query = query.where(RoleAssignment.person_id.in_(roles))
    for person_id, role in db.session.execute(query):
        if person_id in roles:
            roles[person_id].append(Role(role))
    return {person_id: sorted(found, key=list(Role).index) for person_id, found in roles.items()}


def member(center_id: str, person_id: str) -> Membership:
    """A person's membership of a center, ended ones too; `NotFound` for people of other centers."""
    found = db.session.scalar(
        select(Membership)
        .where(Membership.center_id == center_id, Membership.person_id == person_id)
        .options(joinedload(Membership.person), joinedload(Membership.center))
    )
    if found is None:
        raise NotFound(_l("There is no such person in this center."))
    return found


def managers(center_id: str) -> set[str]:
    """The ids of the people who can manage a center now."""
    return set(db.session.scalars(_managers().where(RoleAssignment.center_id == center_id)))


def _managers() -> Select[str]:
    return (
        select(RoleAssignment.person_id)
        .join(
            Membership,
            (Membership.person_id == RoleAssignment.person_id) & (Membership.center_id == RoleAssignment.center_id),
        )
        .join(Person, Person.id == RoleAssignment.person_id)
        .where(RoleAssignment.role == Role.CENTER_MANAGER, Membership.ended_at.is_(None), Person.disabled_at.is_(None))
    )


def belongs_elsewhere(person_id: str, center_id: str) -> bool:
    """Whether a person is something outside of this center: a member of another, or on the platform's staff."""
    other = select(Membership.id).where(
        Membership.person_id == person_id, Membership.center_id != center_id, Membership.ended_at.is_(None)
    )
    return db.session.scalar(other.limit(1)) is not None or bool(roles_of(person_id, None))


def subject_of(person_id: str, center_id: str) -> str:
    """The ledger's name for a person in a center."""
    return db.session.scalars(
        select(Membership.subject_id).where(Membership.person_id == person_id, Membership.center_id == center_id)
    ).one()


@dataclass(frozen=True)
class CenterRow:
    """A center as the platform's administrator sees it: figures, no people."""

    center: Center
    people: int
    managers: int


def center_rows() -> list[CenterRow]:
    """All centers, by slug, with how many people and managers they have."""
    people = _counts(
        select(Membership.center_id, func.count()).where(Membership.ended_at.is_(None)).group_by(Membership.center_id)
    )
    managing = _counts(
        _managers().with_only_columns(RoleAssignment.center_id, func.count()).group_by(RoleAssignment.center_id)
    )
    centers = db.session.scalars(select(Center).order_by(Center.slug))
    return [CenterRow(center, people.get(center.id, 0), managing.get(center.id, 0)) for center in centers]


def _counts(query: Select[Any, int]) -> dict[str, int]:
    return dict(db.session.execute(query).all())
