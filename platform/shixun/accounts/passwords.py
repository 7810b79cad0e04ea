"""Passwords: argon2id, limited in how many run at once so that a hall that signs in together can't take the memory."""

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
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def _hasher() -> PasswordHasher:
    settings = current_app.config["SETTINGS"]
    return PasswordHasher(time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password that passed `check_new`."""
    with _gate:
        return _hasher().hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether the password is the one. Takes its time for unknown people too: callers pass `DUMMY` then."""
    with _gate:
        try:
            return _hasher().verify(password_hash, password[:MAXIMUM])
        except (VerificationError, InvalidHashError):
            return False


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
    """A password to hand out on paper, to be changed at the first sign-in: 12 characters, none to be misread."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(3))
