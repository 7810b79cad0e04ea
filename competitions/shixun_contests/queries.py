"""Reads about contests. Every one names the center."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun_contests.models import Contest, ContestPack, Entry, ScoreCell


def contest_of(actor: Actor, contest_id: str) -> Contest:
    """A contest of the center; drafts only for who manages contests. Else `NotFound`."""
    found = db.session.scalar(
        select(Contest)
        .where(Contest.id == contest_id, Contest.center_id == actor.center_id)
        .options(selectinload(Contest.challenges))
    )
    if found is None or (found.opened_at is None and not actor.may(Permission.CONTEST_MANAGE)):
        raise NotFound(_l("There is no such contest."))
    return found


def contests(actor: Actor) -> Sequence[Contest]:
    """The center's contests that the actor may see, newest first."""
    query = select(Contest).where(Contest.center_id == actor.center_id).order_by(Contest.starts_at.desc())
    if not actor.may(Permission.CONTEST_MANAGE):
        query = query.where(Contest.opened_at.is_not(None))
    return db.session.scalars(query).all()


def entries(contest: Contest) -> Sequence[Entry]:
    """The teams of a contest with their members, in order of sign-up."""
    return db.session.scalars(
        select(Entry)
        .where(Entry.contest_id == contest.id, Entry.center_id == contest.center_id, Entry.withdrawn_at.is_(None))
        .options(selectinload(Entry.members))
        .order_by(Entry.created_at)
    ).all()


def entry_count(contest: Contest) -> int:
    """How many teams have signed up."""
    query = select(func.count()).where(Entry.contest_id == contest.id, Entry.withdrawn_at.is_(None))
    return db.session.scalar(query) or 0


def cells(entry_id: str) -> dict[str, ScoreCell]:
    """A team's cells by challenge id."""
    found = db.session.scalars(select(ScoreCell).where(ScoreCell.entry_id == entry_id))
    return {cell.challenge_id: cell for cell in found}


def packs() -> Sequence[ContestPack]:
    """The contest packs that a contest can be made from."""
    return db.session.scalars(select(ContestPack).where(ContestPack.current.is_(True)).order_by(ContestPack.slug)).all()
