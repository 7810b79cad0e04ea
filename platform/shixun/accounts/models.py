"""People, centers (the tenants), memberships, roles, sign-in sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shixun.core.clock import now
from shixun.core.db import Identified, Model
from shixun.core.ids import new_id
from shixun.core.permissions import Role


def new_hub_user() -> str:
    """An opaque, stable user name at the hub: `t` and 19 characters."""
    return "t" + new_id()[1:]


class Center(Identified, Model):
    """A center (促进中心): the tenant. Every row of a center is reached through a query that names it."""

    __tablename__ = "center"

    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    category: Mapped[str] = mapped_column(String(20), default="functional")
    functional_kind: Mapped[str | None] = mapped_column(String(20), default="talent")

    @property
    def name(self) -> dict[str, str]:
        """For the `local` filter."""
        return {"zh": self.name_zh, "en": self.name_en}


class Person(Identified, Model):
    """One account per human being, whatever the number of centers."""

    __tablename__ = "person"

    username: Mapped[str] = mapped_column(String(64), unique=True)  # normalised, see operations.normalise_username
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(5))
    hub_user: Mapped[str] = mapped_column(String(20), unique=True, default=new_hub_user)
    disabled_at: Mapped[datetime | None]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(Identified, Model):
    """A person belongs to a center. `subject_id` is what the ledger knows: random, so erasing the person breaks nothing."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "center_id"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_id)
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    center: Mapped[Center] = relationship()


class RoleAssignment(Identified, Model):
    """A role in a scope: one center, or the whole platform."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "center_id"),
        CheckConstraint("(center_id IS NULL) = (role = 'platform-administrator')", name="scope"),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    center_id: Mapped[str | None] = mapped_column(ForeignKey("center.id"), index=True)
    role: Mapped[Role] = mapped_column(String(30))
    granted_by: Mapped[str | None] = mapped_column(String(20))


class SignInSession(Model):
    """A browser that is signed in. The database decides, so losing Valkey signs nobody out and ending one works at once."""

    __tablename__ = "sign_in_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # hash of the token in the cookie
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person] = relationship()


class SignInFailure(Identified, Model):
    """A wrong password, kept to slow guessing down; swept after a day."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_username_created_at", "username", "created_at"),
        Index("ix_sign_in_failure_created_at", "created_at"),
    )

    username: Mapped[str] = mapped_column(String(64))


class OAuthCode(Identified, Model):
    """A one-use authorization code of the OpenID provider, stored hashed; `used_at` makes a second use visible."""

    __tablename__ = "oauth_code"
    __table_args__ = (Index("ix_oauth_code_client_id_nonce", "client_id", "nonce"),)

    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    redirect_uri: Mapped[str] = mapped_column(String(300))
    scope: Mapped[str] = mapped_column(String(100))
    nonce: Mapped[str | None] = mapped_column(String(200))
    code_challenge: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    claims: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OAuthToken(Identified, Model):
    """An access token of the OpenID provider, stored hashed: it reads the userinfo and nothing else."""

    __tablename__ = "oauth_token"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_id: Mapped[str] = mapped_column(ForeignKey("oauth_code.id"), index=True)
    client_id: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    scope: Mapped[str] = mapped_column(String(100))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RosterImport(Identified, Model):
    """An uploaded roster: first a preview that writes nothing else, then, once confirmed, the record of what it made."""

    __tablename__ = "roster_import"

    center_id: Mapped[str] = mapped_column(ForeignKey("center.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))  # who uploaded it, and alone may confirm it
    file_name: Mapped[str] = mapped_column(String(120))
    rows: Mapped[list[Any]]  # [{line, username, name, roles}], checked; empty once they are accounts
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    created_ids: Mapped[list[Any]] = mapped_column(default=list)  # the accounts it made
    granted: Mapped[int] = mapped_column(default=0)  # members who were there and got roles
    # Together with the platform's key this gives the first passwords, until they were handed out: then it is forgotten.
    secret: Mapped[str | None] = mapped_column(String(64))
    handed_out_at: Mapped[datetime | None]
