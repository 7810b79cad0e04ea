"""The key that signs ID tokens."""

from functools import lru_cache

from joserfc.jwk import ECKey, KeySet

ALGORITHM = "ES256"


@lru_cache(maxsize=4)
def signing_key(secret_key: str) -> ECKey:
    """The P-256 key that belongs to this installation's `secret_key` (HKDF with a label of its own).

    Derived, not stored: every web process on every host has the same key without sharing a file, and nothing has to be
    created, backed up or protected beside the secret that is there anyway. A new `secret_key` is a new signing key.
    """
    key = ECKey.derive_key(
        secret_key, "P-256", kdf_options={"info": b"shixun openid id-token signing v1"}, auto_kid=True
    )
    if not key.is_private:
        raise ValueError("no private key was derived")
    return key


def public_keys(secret_key: str) -> dict[str, object]:
    """The JWK set for `/oauth/jwks`: public parts only."""
    return dict(KeySet([signing_key(secret_key)]).as_dict(private=False, alg=ALGORITHM, use="sig"))
