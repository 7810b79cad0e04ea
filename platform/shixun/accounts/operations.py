"""What happens to accounts. Every function takes the actor, checks, writes, flushes; the edge commits."""

import re
import unicodedata
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from shixun.accounts import passwords
from shixun.accounts.models import Center, Membership, Person, RoleAssignment, SignInFailure, SignInSession
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, DomainError, Invalid
from shixun.core.i18n import _l
from shixun.core.ids import new_token, token_hash
from shixun.core.permissions import Actor, Permission, Role

SESSION_LIFE = timedelta(hours=12)  # a day of training; a shared classroom PC is signed out over night
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
_USERNAME = re.compile(r"[\w.@+-]{2,64}")
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,39}")


def normalise_username(raw: str) -> str:
    """One form for every way to write a name (NFKC, case folded), so that no two accounts look the same."""
    name = unicodedata.normalize("NFKC", raw).strip().casefold()
    if not _USERNAME.fullmatch(name):
        message = _l("Use 2 to 64 letters, digits or . @ + - _")
        raise Invalid(message, {"username": message})
    return name


def clean_name(raw: str) -> str:
    """A person's name: one line, no control or direction-changing characters, at most 80."""
    name = unicodedata.normalize("NFKC", raw).strip()
    if not name or len(name) > 80 or any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in name):
        message = _l("Give a name of 1 to 80 characters, in one line.")
        raise Invalid(message, {"name": message})
    return " ".join(name.split())


def create_center(actor: Actor, slug: str, name_zh: str, name_en: str, timezone: str = "Asia/Shanghai") -> Center:
    """Open a center. Its slug stands in every address and never changes."""
    actor.require(Permission.CENTERS_MANAGE)
    if not _SLUG.fullmatch(slug):
        raise Invalid(_l("Use a short name of letters, digits and -."), {"slug": _l("Use letters, digits and -.")})
    if db.session.scalar(select(Center).where(Center.slug == slug)) is not None:
        raise Invalid(_l("This short name is taken."), {"slug": _l("This short name is taken.")})
    center = Center(slug=slug, name_zh=name_zh, name_en=name_en, timezone=timezone)
    db.session.add(center)
    db.session.flush()
    audit.record(actor, "accounts.center.created", center.id)
    return center


def create_person(actor: Actor, username: str, name: str, password: str, *, must_change: bool = True) -> Person:
    """Make an account. Raises `Invalid` with the field at fault; a taken name is not told apart from a reserved one."""
    actor.require(Permission.PEOPLE_MANAGE)
    username = normalise_username(username)
    if db.session.scalar(select(Person.id).where(Person.username == username)) is not None:
        message = _l("This sign-in name is not available. Choose another.")
        raise Invalid(message, {"username": message})
    passwords.check_new(password, username)
    person = Person(
        username=username,
        name=clean_name(name),
        password_hash=passwords.hash_password(password),
        must_change_password=must_change,
    )
    db.session.add(person)
    db.session.flush()
    audit.record(actor, "accounts.person.created", person.id)
    return person


def add_member(actor: Actor, person: Person, center: Center, roles: set[Role]) -> Membership:
    """Let a person into a center with these roles; adding again adds missing roles only."""
    actor.require(Permission.PEOPLE_MANAGE, center.id)
    if Role.PLATFORM_ADMINISTRATOR in roles:
        raise Invalid(_l("A center can't give a role of the platform."))
    membership = db.session.scalar(
        select(Membership).where(Membership.person_id == person.id, Membership.center_id == center.id)
    )
    if membership is None:
        membership = Membership(person_id=person.id, center_id=center.id)
        db.session.add(membership)
    membership.ended_at = None
    held = set(
        db.session.scalars(
            select(RoleAssignment.role).where(
                RoleAssignment.person_id == person.id, RoleAssignment.center_id == center.id
            )
        )
    )
    for role in sorted(roles - held):
        db.session.add(
            RoleAssignment(person_id=person.id, center_id=center.id, role=role, granted_by=actor.person_id)
        )
        audit.record(actor, "accounts.role.granted", person.id, role=str(role))
    db.session.flush()
    return membership


def grant_platform_role(actor: Actor, person: Person) -> None:
    """Make a person an administrator of the platform (from the command line only)."""
    actor.require(Permission.CENTERS_MANAGE)
    db.session.add(RoleAssignment(person_id=person.id, role=Role.PLATFORM_ADMINISTRATOR, granted_by=actor.person_id))
    db.session.flush()
    audit.record(actor, "accounts.role.granted", person.id, role=str(Role.PLATFORM_ADMINISTRATOR))


class SignInRefused(DomainError):
    """Wrong name or password: which one is never said."""

    status = 401
    code = "sign-in-refused"


def sign_in(username: str, password: str, browser: str) -> str:
    """Check a name and a password; returns the token of a new session. Raises `SignInRefused`.

    Guessing is slowed down per account name, not per address: a training hall shares one.
    """
    try:
        normal = normalise_username(username)
    except Invalid:
        normal = ""
    since = now() - FAILURE_WINDOW
    failures = db.session.scalar(
        select(func.count()).where(SignInFailure.username == normal, SignInFailure.created_at >= since)
    )
    if (failures or 0) >= FAILURES_ALLOWED:
        raise SignInRefused(_l("Too many wrong tries for this name. Wait a quarter of an hour, then try again."))
    person = db.session.scalar(select(Person).where(Person.username == normal))
    stored = person.password_hash if person is not None else passwords.dummy_hash()
    if not passwords.matches(stored, password) or person is None or person.disabled_at is not None:
        db.session.add(SignInFailure(username=normal))
        db.session.flush()
        raise SignInRefused(_l("The name or the password is wrong. Check both; capital letters matter in the password."))
    token = new_token()
    db.session.add(
        SignInSession(
            id=token_hash(token), person_id=person.id, expires_at=now() + SESSION_LIFE, browser=browser[:200]
        )
    )
    db.session.execute(delete(SignInFailure).where(SignInFailure.username == normal))
    db.session.flush()
    audit.record(Actor(person.id), "accounts.session.started", person.id)
    return token


def sign_out(token: str) -> None:
    """End the session of this token."""
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.id == token_hash(token), SignInSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def change_password(actor: Actor, person: Person, old: str, new: str, *, keep_token: str) -> None:
    """Change one's own password; every other browser is signed out."""
    if actor.person_id != person.id:
        raise Conflict(_l("A password can only be changed by its owner."))
    if not passwords.matches(person.password_hash, old):
        raise Invalid(_l("Please check the fields below."), {"old_password": _l("This is not your present password.")})
    passwords.check_new(new, person.username)
    person.password_hash = passwords.hash_password(new)
    person.must_change_password = False
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.person_id == person.id,
            SignInSession.id != token_hash(keep_token),
            SignInSession.ended_at.is_(None),
        )
        .values(ended_at=now())
    )
    audit.record(actor, "accounts.password.changed", person.id)
