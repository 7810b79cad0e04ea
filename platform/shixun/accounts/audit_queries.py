"""A center's audit trail, page by page."""

from dataclasses import dataclass

from sqlalchemy import func, select

from shixun.accounts.models import Membership, Person
from shixun.accounts.queries import PAGE_SIZE
from shixun.core.audit import AuditEntry
from shixun.core.db import db


@dataclass(frozen=True)
class AuditPage:
    """One page, the latest first. `names`: of the people in it who belong or belonged to this center, by id."""

    entries: list[AuditEntry]
    names: dict[str, str]
    number: int
    pages: int
    total: int


def audit_page(center_id: str, *, action: str = "", person_id: str = "", number: int = 1) -> AuditPage:
    """Entries of a center; `action` and `person_id` (who did it, or to whom it was done) narrow them."""
    query = select(AuditEntry).where(AuditEntry.center_id == center_id)
    if action:
        query = query.where(AuditEntry.action == action)
    if person_id:
        query = query.where((AuditEntry.person_id == person_id) | (AuditEntry.target == person_id))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, number), pages)
    latest = (
        query.order_by(AuditEntry.created_at.desc(), AuditEntry.id).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    )
    entries = list(db.session.scalars(latest))
    ids = {one for entry in entries for one in (entry.person_id, entry.target) if one}
    names = db.session.execute(
        select(Person.id, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.center_id == center_id, Person.id.in_(ids))
    )
    return AuditPage(entries, dict(names.all()), number, pages, total)


def actions(center_id: str) -> list[str]:
    """The codes that occur in a center's trail."""
    return list(
        db.session.scalars(
            select(AuditEntry.action).where(AuditEntry.center_id == center_id).distinct().order_by(AuditEntry.action)
        )
    )
