"""The audit trail: who did what to what, as codes, never as prose."""

from typing import Any

import structlog
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shixun.core.db import Identified, Model, db
from shixun.core.permissions import Actor


class AuditEntry(Identified, Model):
    """One action. `action` is a dotted code (`accounts.role.granted`); `details` holds ids and values, no free text about people."""

    __tablename__ = "audit_entry"

    center_id: Mapped[str | None] = mapped_column(String(20), index=True)
    person_id: Mapped[str | None] = mapped_column(String(20), index=True)
    action: Mapped[str] = mapped_column(String(80), index=True)
    target: Mapped[str] = mapped_column(String(120), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_id: Mapped[str] = mapped_column(String(40), default="")


def record(actor: Actor, action: str, target: str = "", **details: Any) -> None:
    """Write an entry in the actor's center, in the present unit of work, with the request id that the edge has bound."""
    bound = structlog.contextvars.get_contextvars()
    db.session.add(
        AuditEntry(
            center_id=actor.center_id,
            person_id=actor.person_id,
            action=action,
            target=target,
            details=details,
            request_id=str(bound.get("request_id", "")),
        )
    )
