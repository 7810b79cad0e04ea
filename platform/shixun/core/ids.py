"""Random identifiers and tokens."""

import hashlib
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
ID_LENGTH = 20


def new_id() -> str:
    """A random id of 20 characters (≈ 99 bits). It starts with a letter, so that it can be a host label and a hub user."""
    head = secrets.choice(_ALPHABET[10:])
    return head + "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH - 1))


def new_token() -> str:
    """A bearer secret of 256 bits, safe in a URL. Store only its `token_hash`."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token. Tokens carry 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
