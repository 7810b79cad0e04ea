"""Authorization codes and access tokens of the OpenID provider, in the database: as hashes, used once, short-lived."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from shixun.accounts import queries
from shixun.accounts.models import OAuthCode, OAuthToken, Person
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.ids import token_hash
from shixun.core.permissions import Actor

CODE_LIFE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=1)  # past its life, so that a late second use is still seen
NONCE_MAXIMUM = 200


def entitled_person(person_id: str) -> Person | None:
    """The person, if the account stands and may use labs in some center; nobody else gets through to the hub."""
    person = db.session.get(Person, person_id)
    if person is None or person.disabled_at is not None or not queries.may_use_labs(person.id):
        return None
    return person


def issue(
    person: Person,
    code: str,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    nonce: str | None,
    code_challenge: str,
    signed_in_at: datetime,
) -> None:
    """Remember that `code` stands for this person's consent to exactly this request."""
    db.session.add(
        OAuthCode(
            code_hash=token_hash(code),
            client_id=client_id,
            person_id=person.id,
            redirect_uri=redirect_uri,
            scope=scope,
            nonce=nonce,
            code_challenge=code_challenge,
            expires_at=now() + CODE_LIFE,
            claims={"auth_time": int(signed_in_at.timestamp())},
        )
    )
    db.session.flush()
    audit.record(Actor(person.id), "accounts.openid.authorized", client_id)


def claim(code: str, client_id: str) -> OAuthCode | None:
    """Take a code out of circulation and return it, if it is this client's, fresh and unused.

    The first presentation takes it even if the request then fails (a wrong verifier gets no second guess). A second one is a
    theft or a replay: every token that the code gave is revoked (RFC 6749 §4.1.2). The caller must commit either way.
    """
    row = db.session.scalar(select(OAuthCode).where(OAuthCode.code_hash == token_hash(code)))
    if row is None or row.client_id != client_id:
        return None
    taken = db.session.scalar(
        update(OAuthCode)
        .where(OAuthCode.id == row.id, OAuthCode.used_at.is_(None))
        .values(used_at=now())
        .returning(OAuthCode.id)
    )
    if taken is None:
        revoked = db.session.scalars(
            update(OAuthToken)
            .where(OAuthToken.code_id == row.id, OAuthToken.revoked_at.is_(None))
            .values(revoked_at=now())
            .returning(OAuthToken.id)
        )
        audit.record(
            Actor(row.person_id), "accounts.openid.code-reused", row.client_id, tokens_revoked=len(revoked.all())
        )
        return None
    return row if row.expires_at > now() else None


def save_token(code: OAuthCode, token: str, life: timedelta) -> None:
    """Remember the access token that a code gave."""
    db.session.add(
        OAuthToken(
            token_hash=token_hash(token),
            code_id=code.id,
            client_id=code.client_id,
            person_id=code.person_id,
            scope=code.scope,
            expires_at=now() + life,
        )
    )
    db.session.flush()


def nonce_seen(client_id: str, nonce: str) -> bool:
    """Whether the client has used this nonce before (within the time that codes are kept)."""
    query = select(OAuthCode.id).where(OAuthCode.client_id == client_id, OAuthCode.nonce == nonce)
    return db.session.scalar(query.limit(1)) is not None


def token_bearer(token: str) -> tuple[Person, str] | None:
    """The person and the scope of an access token that still stands."""
    row = db.session.scalar(
        select(OAuthToken).where(
            OAuthToken.token_hash == token_hash(token), OAuthToken.revoked_at.is_(None), OAuthToken.expires_at > now()
        )
    )
    person = entitled_person(row.person_id) if row is not None else None
    return (person, row.scope) if row is not None and person is not None else None


def sweep() -> None:
    """Delete codes and tokens that are long over."""
    old = select(OAuthCode.id).where(OAuthCode.expires_at < now() - KEPT_FOR)
    db.session.execute(delete(OAuthToken).where(OAuthToken.code_id.in_(old)))
    db.session.execute(delete(OAuthCode).where(OAuthCode.expires_at < now() - KEPT_FOR))
