"""Importing a roster: a preview that writes nothing else, one confirmation, one handing out of first passwords.

2 000 people are one short transaction because first passwords need no slow hash (see `passwords`); a queue with a progress
bar would have to keep the passwords readable until its end.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from shixun.accounts import passwords, roster
from shixun.accounts.models import Membership, Person, RoleAssignment, RosterImport, SignInSession
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, NotFound
from shixun.core.i18n import _l
from shixun.core.ids import new_id
from shixun.core.permissions import Actor, Permission, Role

PREVIEW_LIFE = timedelta(minutes=30)
SECRET_LIFE = timedelta(days=7)  # first passwords that nobody fetched by then have to be made anew
_BATCH = 500  # names in one query
_CHANGED = _l("The people of this center changed since the preview. Upload the file again.")


class Effect(StrEnum):
    """What a row will do."""

    NEW = "new"  # an account and a membership
    BACK = "back"  # a former member is let in again
    ROLES = "roles"  # a member gets roles
    NOTHING = "nothing"  # a member who has all that


@dataclass(frozen=True)
class Planned:
    """A row and what it will do to the center as it stands now."""

    row: roster.Row
    effect: Effect
    person_id: str | None
    missing: frozenset[Role]


def plan(center_id: str, rows: Sequence[roster.Row]) -> tuple[list[Planned], list[roster.Problem]]:
    """Hold the rows against the people of the platform. Accounts of other centers are not available, and no more is said of them."""
    known = {person.username: person for person in _people([row.username for row in rows])}
    ids = [person.id for person in known.values()]
    members: dict[str, bool] = {}
    held: dict[str, set[Role]] = defaultdict(set)
    for part in _parts(ids):
        ended = select(Membership.person_id, Membership.ended_at).where(
            Membership.center_id == center_id, Membership.person_id.in_(part)
        )
        members.update({person_id: at is None for person_id, at in db.session.execute(ended)})
        roles = select(RoleAssignment.person_id, RoleAssignment.role).where(
            RoleAssignment.center_id == center_id, RoleAssignment.person_id.in_(part)
        )
        for person_id, role in db.session.execute(roles):
            held[person_id].add(Role(role))
    planned: list[Planned] = []
    problems: list[roster.Problem] = []
    for row in rows:
        person = known.get(row.username)
        if person is None:
            planned.append(Planned(row, Effect.NEW, None, frozenset(row.roles)))
        elif person.id not in members or person.disabled_at is not None:
            message = _l("This sign-in name is not available. Choose another.")
            problems.append(roster.Problem(row.line, "username", message))
        elif person.name != row.name:
            message = _l("In this center the sign-in name belongs to %(name)s.", name=person.name)
            problems.append(roster.Problem(row.line, "name", message))
        else:
            missing = frozenset(row.roles) - held[person.id]
            effect = Effect.BACK if not members[person.id] else Effect.ROLES if missing else Effect.NOTHING
            planned.append(Planned(row, effect, person.id, missing))
    return planned, problems


def _people(usernames: Sequence[str]) -> Iterator[Person]:
    for part in _parts(usernames):
        yield from db.session.scalars(select(Person).where(Person.username.in_(part)))


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def preview(actor: Actor, center_id: str, rows: Sequence[roster.Row], file_name: str) -> RosterImport:
    """Keep checked rows for the one who uploaded them, until they are confirmed or half an hour has passed."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    kept = RosterImport(
        center_id=center_id,
        person_id=actor.person_id,
        file_name=file_name[:120],
        rows=[row.to_json() for row in rows],
        expires_at=now() + PREVIEW_LIFE,
    )
    db.session.add(kept)
    db.session.flush()
    return kept


def own_import(actor: Actor, center_id: str, import_id: str) -> RosterImport:
    """An import of this center that the actor uploaded, or `NotFound`."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    found = db.session.scalar(
        select(RosterImport).where(
            RosterImport.id == import_id,
            RosterImport.center_id == center_id,
            RosterImport.person_id == actor.person_id,
        )
    )
    if found is None:
        raise NotFound(_l("There is no such roster, or somebody else uploaded it."))
    return found


def confirm(actor: Actor, center_id: str, import_id: str) -> RosterImport:
    """Write what the preview showed. A second confirmation changes nothing and returns the same import."""
    kept = own_import(actor, center_id, import_id)
    if kept.confirmed_at is None and kept.expires_at <= now():
        raise Conflict(_l("This preview is older than half an hour. Upload the file again."))
    claimed = db.session.scalar(
        update(RosterImport)
        .where(RosterImport.id == kept.id, RosterImport.confirmed_at.is_(None))
        .values(confirmed_at=now())
        .returning(RosterImport.id)
    )
    db.session.refresh(kept)
    if claimed is None:
        return kept
    planned, problems = plan(center_id, rows_of(kept))
    if problems:
        raise Conflict(_CHANGED)
    kept.secret = secrets.token_hex(32)
    try:
        kept.created_ids = _write(actor, center_id, planned, kept.secret)
    except IntegrityError as error:  # somebody took a name since we looked
        raise Conflict(_CHANGED) from error
    kept.granted = sum(one.effect in {Effect.ROLES, Effect.BACK} for one in planned)
    kept.rows = []  # the names stand in the accounts now
    db.session.flush()
    audit.record(actor, "accounts.roster.confirmed", kept.id, created=len(kept.created_ids), granted=kept.granted)
    return kept


def rows_of(kept: RosterImport) -> list[roster.Row]:
    """The rows as they were read."""
    return [roster.Row.from_json(one) for one in kept.rows]


def _write(actor: Actor, center_id: str, planned: Sequence[Planned], secret: str) -> list[str]:
    """Returns the ids of the accounts made."""
    created = []
    for one in planned:
        person_id = one.person_id or new_id()
        if one.effect is Effect.NEW:
            password = passwords.derived_first_password(secret, person_id)
            db.session.add(
                Person(
                    id=person_id,
                    username=one.row.username,
                    name=one.row.name,
                    password_hash=passwords.hash_first_password(password),
                    must_change_password=True,
                )
            )
            created.append(person_id)
            audit.record(actor, "accounts.person.created", person_id)
    db.session.flush()  # people before what refers to them
    for one, person_id in zip(planned, _ids(planned, created), strict=True):
        if one.effect is Effect.NEW:
            db.session.add(Membership(person_id=person_id, center_id=center_id))
        elif one.effect is Effect.BACK:
            db.session.execute(
                update(Membership)
                .where(Membership.person_id == person_id, Membership.center_id == center_id)
                .values(ended_at=None)
            )
            audit.record(actor, "accounts.membership.restored", person_id)
        for role in sorted(one.missing):
            db.session.add(
                RoleAssignment(person_id=person_id, center_id=center_id, role=role, granted_by=actor.person_id)
            )
            audit.record(actor, "accounts.role.granted", person_id, role=str(role))
    return created


def _ids(planned: Sequence[Planned], created: Sequence[str]) -> Iterator[str]:
    made = iter(created)
    for one in planned:
        yield one.person_id or next(made)


def hand_out(actor: Actor, center_id: str, import_id: str) -> list[tuple[Person, str]]:
    """The first passwords of the accounts that an import made, once: what they are made from is forgotten with this.

    People who have another password by now (reset by hand) are left out.
    """
    kept = own_import(actor, center_id, import_id)
    taken = db.session.scalar(
        update(RosterImport)
        .where(RosterImport.id == kept.id, RosterImport.secret.is_not(None))
        .values(handed_out_at=now())
        .returning(RosterImport.secret)
    )
    if taken is None:
        raise Conflict(_l("These first passwords were handed out already. Make new ones if the list is lost."))
    db.session.refresh(kept)
    kept.secret = None
    audit.record(actor, "accounts.roster.handed-out", kept.id)
    db.session.flush()
    people = [person for part in _parts(kept.created_ids) for person in _by_id(part)]
    pairs = [(person, passwords.derived_first_password(taken, person.id)) for person in people]
    return [
        (person, password) for person, password in pairs if passwords.is_first_password(person.password_hash, password)
    ]


def _by_id(ids: Sequence[str]) -> list[Person]:
    found = {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def waiting(kept: RosterImport) -> list[str]:
    """The ids of those whom an import made, who never signed in, and who are members of this center and of no other."""
    other = aliased(Membership)
    elsewhere = select(other.id).where(other.person_id == Person.id, other.center_id != kept.center_id)
    seen = select(SignInSession.id).where(SignInSession.person_id == Person.id)
    query = (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.must_change_password.is_(True),
            Membership.center_id == kept.center_id,
            Membership.ended_at.is_(None),
            ~elsewhere.exists(),
            ~seen.exists(),
        )
    )
    return [one for part in _parts(kept.created_ids) for one in db.session.scalars(query.where(Person.id.in_(part)))]


def reissue(actor: Actor, center_id: str, import_id: str) -> int:
    """Make new first passwords for those who never signed in: the list was lost. Returns for how many."""
    kept = own_import(actor, center_id, import_id)
    if kept.confirmed_at is None:
        raise Conflict(_l("This roster was not imported yet."))
    secret = secrets.token_hex(32)
    ids = waiting(kept)
    for part in _parts(ids):
        for person in _by_id(part):
            password = passwords.derived_first_password(secret, person.id)
            person.password_hash = passwords.hash_first_password(password)
    kept.secret = secret if ids else None
    kept.handed_out_at = None if ids else kept.handed_out_at
    audit.record(actor, "accounts.roster.reissued", kept.id, count=len(ids))
    db.session.flush()
    return len(ids)


def recent(actor: Actor, center_id: str) -> list[RosterImport]:
    """The actor's last imports in a center."""
    actor.require(Permission.PEOPLE_MANAGE, center_id)
    return list(
        db.session.scalars(
            select(RosterImport)
            .where(
                RosterImport.center_id == center_id,
                RosterImport.person_id == actor.person_id,
                RosterImport.confirmed_at.is_not(None),
            )
            .order_by(RosterImport.confirmed_at.desc())
            .limit(10)
        )
    )


def sweep() -> None:
    """Delete previews that nobody confirmed, and forget what first passwords are made from when nobody fetched them."""
    db.session.execute(
        delete(RosterImport).where(RosterImport.confirmed_at.is_(None), RosterImport.expires_at < now() - PREVIEW_LIFE)
    )
    db.session.execute(
        update(RosterImport)
        .where(RosterImport.confirmed_at < now() - SECRET_LIFE, RosterImport.secret.is_not(None))
        .values(secret=None)
    )
