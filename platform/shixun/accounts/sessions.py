"""What happens to sign-in sessions and passwords of one's own. Operations: the edge commits."""

from datetime import timedelta

from sqlalchemy import delete, func, select, update

from shixun.accounts import passwords
from shixun.accounts.models import Person, SignInFailure, SignInSession
from shixun.accounts.names import normalise_username
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, DomainError, Invalid
from shixun.core.i18n import LANGUAGES, _l
from shixun.core.ids import new_token, token_hash
from shixun.core.permissions import Actor

SESSION_LIFE = timedelta(hours=12)  # a day of training; a shared classroom PC is signed out over night
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
KEPT_FOR = timedelta(days=30)  # an ended session's row; failures are kept for a day


class SignInRefused(DomainError):
    """Wrong name or password: which one is never said."""

    status = 401
    code = "sign-in-refused"


def sign_in(username: str, password: str, browser: str) -> str:
    """Check a name and a password; returns the token of a new session. Raises `SignInRefused`.

    Guessing is slowed down per account name, not per address: a training hall shares one. Known, unknown, disabled and
    malformed names take the same path: one count, one password check.
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
        raise SignInRefused(
            _l("The name or the password is wrong. Check both; capital letters matter in the password.")
        )
    if passwords.outdated(stored):
        person.password_hash = passwords.hash_password(password)
    token = new_token()
    db.session.add(
        SignInSession(id=token_hash(token), person_id=person.id, expires_at=now() + SESSION_LIFE, browser=browser[:200])
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


def end_sessions(person_id: str, *, keep: str = "") -> int:
    """End the sessions of a person, but for the one with the id `keep`. Returns how many ended."""
    ended = db.session.scalars(
        update(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.id != keep, SignInSession.ended_at.is_(None))
        .values(ended_at=now())
        .returning(SignInSession.id)
    )
    return len(ended.all())


def sign_out_others(actor: Actor, *, keep_token: str) -> int:
    """End every session of one's own but this browser's. Returns how many ended."""
    if actor.person_id is None:
        raise Conflict(_l("Please sign in."))
    count = end_sessions(actor.person_id, keep=token_hash(keep_token))
    audit.record(actor, "accounts.session.others-ended", actor.person_id, count=count)
    return count


def change_password(actor: Actor, person: Person, old: str, new: str, *, keep_token: str) -> None:
    """Change one's own password; every other browser is signed out."""
    if actor.person_id != person.id:
        raise Conflict(_l("A password can only be changed by its owner."))
    if not passwords.matches(person.password_hash, old):
        raise Invalid(_l("Please check the fields below."), {"old_password": _l("This is not your present password.")})
    passwords.check_new(new, person.username)
    if passwords.matches(person.password_hash, new):
        message = _l("This is your present password. Choose another.")
        raise Invalid(message, {"password": message})
    person.password_hash = passwords.hash_password(new)
    person.must_change_password = False
    end_sessions(person.id, keep=token_hash(keep_token))
    audit.record(actor, "accounts.password.changed", person.id)


def set_language(person: Person, language: str) -> None:
    """The language of one's pages, on every browser."""
    if language not in LANGUAGES:
        raise Invalid(_l("Choose one of the languages."), {"language": _l("Choose one of the languages.")})
    person.language = language
    db.session.flush()


def sweep() -> None:
    """Delete sessions that are long over and failures that no longer slow anybody down."""
    db.session.execute(delete(SignInSession).where(SignInSession.expires_at < now() - KEPT_FOR))
    db.session.execute(delete(SignInFailure).where(SignInFailure.created_at < now() - timedelta(days=1)))
