"""Passwords: argon2id, limited in how many run at once so that a hall that signs in together can't take the memory.

First passwords are another matter. We make them, from 74 random bits, to be changed at the first sign-in; the slowness of
argon2 makes up for the little that people choose, and has nothing to add there: nobody tries 2^74 hashes. So they are kept
as a salted SHA-256, and a roster of 2 000 people is one short transaction instead of a minute's queue that would need the
passwords in plain text somewhere until they are handed out.
"""

import hashlib
import hmac
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from shixun.core.errors import Invalid
from shixun.core.i18n import _l

MINIMUM = 10
MAXIMUM = 200
_gate = threading.BoundedSemaphore(2)
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # 31 characters, none to be misread
_FIRST_LENGTH = 15  # 31^15 ≈ 2^74
_FIRST = "first$"


def _hasher() -> PasswordHasher:
    settings = current_app.config["SETTINGS"]
    return PasswordHasher(time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password that passed `check_new`."""
    with _gate:
        return _hasher().hash(password)


def _verify(password_hash: str, password: str) -> bool:
    with _gate:
        try:
            return _hasher().verify(password_hash, password[:MAXIMUM])
        except (VerificationError, InvalidHashError):
            return False


def matches(password_hash: str, password: str) -> bool:
    """Whether the password is the one. One argon2 verification whatever the kind of hash, so time tells nothing apart.

    For unknown people, callers pass `dummy_hash()`.
    """
    if password_hash.startswith(_FIRST):
        right = is_first_password(password_hash, password)
        _verify(dummy_hash(), password)
        return right
    return _verify(password_hash, password)


def outdated(password_hash: str) -> bool:
    """Whether a chosen password was hashed with another cost than the present settings ask for."""
    return not password_hash.startswith(_FIRST) and _hasher().check_needs_rehash(password_hash)


def dummy_hash() -> str:
    """A hash that nothing matches, made once per process with the present cost: unknown names take as long as known ones."""
    cache = current_app.extensions.setdefault("shixun-dummy-hash", {})
    if "hash" not in cache:
        cache["hash"] = hash_password(secrets.token_urlsafe(16))
    return str(cache["hash"])


def check_new(password: str, username: str) -> None:
    """Raise `Invalid` (field `password`) unless the password may be chosen: its length, and not the user name."""
    if len(password) < MINIMUM:
        message = _l("Choose at least %(count)d characters.", count=MINIMUM)
    elif len(password) > MAXIMUM:
        message = _l("Choose at most %(count)d characters.", count=MAXIMUM)
    elif username.casefold() in password.casefold() or len(set(password)) < 4:
        message = _l("This password is easy to guess. Use several words that do not belong together.")
    else:
        return
    raise Invalid(_l("Please choose another password."), {"password": message})


def first_password() -> str:
    """A password to hand out on paper, to be changed at the first sign-in."""
    return _readable(secrets.randbits(256))


def derived_first_password(secret: str, person_id: str) -> str:
    """The first password of one person of a roster, from the roster's `secret` and the platform's key.

    So it can be handed out after the accounts were made without having been stored; whoever reads the database alone can't make it.
    """
    key = current_app.config["SETTINGS"].secret_key.encode()
    digest = hmac.new(key, f"shixun first password\0{secret}\0{person_id}".encode(), hashlib.sha256).digest()
    return _readable(int.from_bytes(digest))


def _readable(number: int) -> str:
    """15 characters in groups of five; the bias of 256 bits modulo 31^15 is far below anything measurable."""
    letters = []
    for _ in range(_FIRST_LENGTH):
        number, at = divmod(number, len(_READABLE))
        letters.append(_READABLE[at])
    text = "".join(letters)
    return "-".join(text[start : start + 5] for start in range(0, _FIRST_LENGTH, 5))


def hash_first_password(password: str) -> str:
    """Hash what `first_password` or `derived_first_password` made. Never for a password that a person chose."""
    salt = secrets.token_hex(8)
    return f"{_FIRST}{salt}${_first_digest(salt, password)}"


def _first_digest(salt: str, password: str) -> str:
    """Capital letters, dashes and spaces don't matter: phones put them in by themselves."""
    plain = "".join(c for c in password.lower() if c.isascii() and c.isalnum())
    return hashlib.sha256(f"{salt}${plain}".encode()).hexdigest()


def is_first_password(password_hash: str, password: str) -> bool:
    """Whether the hash is that of this first password. Quick; for sign-in use `matches`."""
    kind, _, rest = password_hash.partition("$")
    salt, _, digest = rest.partition("$")
    return kind + "$" == _FIRST and hmac.compare_digest(digest, _first_digest(salt, password[:MAXIMUM]))
