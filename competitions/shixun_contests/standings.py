"""Standings, kept up with every right answer: one cell, one key, and a board that is published at most once a second."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shixun.accounts.queries import subject_of
from shixun.assessment.events import SubmissionGraded
from shixun.assessment.models import Submission
from shixun.assessment.scores import in_force
from shixun.core import audit, outbox
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict
from shixun.core.events import subscribe
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.core.unit_of_work import after_commit
from shixun.core.wakeup import publish, publish_board
from shixun.ledger.operations import record
from shixun_contests.formats.ranking import FORMATS, Cell, ranks
from shixun_contests.models import Attempt, Board, Contest, ContestChallenge, Entry, EntryMember, ScoreCell

COALESCE = timedelta(seconds=1)
PUBLIC, RESTRICTED = "public", "restricted"


def board_channel(contest_id: str) -> str:
    """The live channel that says when a new board is out."""
    return f"board:{contest_id}"


def board_name(contest_id: str, audience: str) -> str:
    """The name of a published board file at the live process."""
    return f"{contest_id}/{audience}"


def cell_of(entry_id: str, challenge_id: str) -> ScoreCell | None:
    """What an entry has in a challenge."""
    return db.session.scalar(
        select(ScoreCell).where(ScoreCell.entry_id == entry_id, ScoreCell.challenge_id == challenge_id)
    )


def set_cell(
    contest: Contest, entry: Entry, challenge: ContestChallenge, *, raw: float, points: float, received_at: datetime
) -> None:
    """Note what an answer earned; rank and board follow. What was received after the freeze stays out of the public pair."""
    cell = cell_of(entry.id, challenge.id)
    if cell is None:
        cell = ScoreCell(entry_id=entry.id, challenge_id=challenge.id, public_points=0.0)
        db.session.add(cell)
    cell.raw, cell.points, cell.received_at, cell.graded_at = raw, points, received_at, now()
    if contest.freeze_at is None or received_at < contest.freeze_at:
        cell.public_points, cell.public_received_at = points, received_at
    db.session.flush()
    rank(contest, entry)


def rank(contest: Contest, entry: Entry) -> None:
    """Compute an entry's total and keys from its cells, and have the board published."""
    cells = db.session.scalars(select(ScoreCell).where(ScoreCell.entry_id == entry.id)).all()
    rule = FORMATS[contest.format]
    known = rule([Cell(cell.points, cell.received_at) for cell in cells], contest.starts_at)
    shown = rule([Cell(cell.public_points, cell.public_received_at) for cell in cells], contest.starts_at)
    entry.points, entry.key = known.points, known.key
    entry.public_points, entry.public_key = shown.points, shown.key
    db.session.flush()
    request_board(contest)


def request_board(contest: Contest) -> None:
    """Have the board published a second from now, unless that is on its way."""
    if contest.board_due_at is None:
        contest.board_due_at = now() + COALESCE
        outbox.enqueue("contests.board", {"contest": contest.id}, delay=COALESCE)


@outbox.handler("contests.board")
def publish_boards(payload: dict[str, Any]) -> None:
    """Make the next version of both boards and hand them to the live process."""
    contest = db.session.scalar(select(Contest).where(Contest.id == payload["contest"]).with_for_update())
    if contest is None:
        return
    contest.board_due_at = None
    contest.board_version += 1
    for audience in (PUBLIC, RESTRICTED):
        board = Board(
            contest_id=contest.id,
            audience=audience,
            version=contest.board_version,
            json=build(contest, audience),
        )
        db.session.add(board)
        name, version, data = board_name(contest.id, audience), board.version, board.json
        after_commit(lambda name=name, version=version, data=data: publish_board(name, version, data))  # type: ignore[misc]
    channel, told = board_channel(contest.id), {"version": contest.board_version}
    after_commit(lambda: publish(channel, "board", told))


def build(contest: Contest, audience: str) -> dict[str, Any]:
    """The standings as plain data: per division the entries in order, with rank, points and cells."""
    public = audience == PUBLIC
    key = Entry.public_key if public else Entry.key
    entries = db.session.scalars(
        select(Entry)
        .where(Entry.contest_id == contest.id, Entry.withdrawn_at.is_(None))
        .order_by(key.desc(), Entry.created_at)
    ).all()
    cells: dict[str, dict[str, float]] = {}
    for cell in db.session.scalars(
        select(ScoreCell).join(Entry, Entry.id == ScoreCell.entry_id).where(Entry.contest_id == contest.id)
    ):
        points = cell.public_points if public else cell.points
        if not public or cell.public_received_at is not None:
            cells.setdefault(cell.entry_id, {})[cell.challenge_id] = points
    slugs = {challenge.id: challenge.slug for challenge in contest.challenges}
    divisions = {}
    for division in contest.divisions:
        ours = [entry for entry in entries if entry.division == division["slug"]]
        placed = ranks([entry.public_key if public else entry.key for entry in ours])
        divisions[division["slug"]] = [
            {
                "id": entry.id,
                "rank": place,
                "name": entry.name,
                "points": entry.public_points if public else entry.points,
                "cells": {slugs[challenge]: points for challenge, points in cells.get(entry.id, {}).items()},
            }
            for entry, place in zip(ours, placed, strict=True)
        ]
    frozen = public and contest.freeze_at is not None and now() >= contest.freeze_at
    return {
        "contest": contest.id,
        "version": contest.board_version,
        "at": now().isoformat(),
        "frozen": frozen and contest.published_at is None,
        "divisions": divisions,
    }


def latest_board(contest_id: str, audience: str) -> Board | None:
    """The newest published board."""
    return db.session.scalar(
        select(Board)
        .where(Board.contest_id == contest_id, Board.audience == audience)
        .order_by(Board.version.desc())
        .limit(1)
    )


@subscribe(SubmissionGraded)
def on_graded(event: SubmissionGraded) -> None:
    """A notebook challenge was graded: the best result counts, by the time at which it was received."""
    submission = event.submission
    if submission.context != "contest" or not submission.counts:
        return
    contest = db.session.get_one(Contest, submission.context_id)
    entry = db.session.scalar(select(Entry).where(Entry.id == submission.owner_id).with_for_update())
    challenge = next((known for known in contest.challenges if known.slug == submission.item), None)
    if entry is None or challenge is None or not contest.starts_at <= submission.created_at < contest.ends_at:
        return
    best = max(
        ((_share(sent), -sent.created_at.timestamp(), sent) for sent in _scored(contest, submission)),
        key=lambda found: found[:2],
    )
    share, _earlier, sent = best
    verdict = in_force(sent)
    raw = verdict.points if verdict is not None else 0.0
    points = round(challenge.points * share, 3)
    set_cell(contest, entry, challenge, raw=raw, points=points, received_at=sent.created_at)


def _scored(contest: Contest, submission: Submission) -> Any:
    """All submissions of the same team for the same challenge within the window: a regrade may change which is best."""
    return db.session.scalars(
        select(Submission).where(
            Submission.center_id == contest.center_id,
            Submission.context == "contest",
            Submission.context_id == contest.id,
            Submission.item == submission.item,
            Submission.owner_id == submission.owner_id,
            Submission.counts.is_(True),
            Submission.created_at >= contest.starts_at,
            Submission.created_at < contest.ends_at,
        )
    ).all()


def _share(submission: Submission) -> float:
    """The part of the full marks of the cells that a contest judges: what instructors grade by hand has no place in a ranking."""
    verdict = in_force(submission)
    if verdict is None:
        return 0.0
    full = sum(float(cell["max_points"]) for cell in verdict.cells if not cell.get("manual"))
    return min(verdict.points / full, 1.0) if full else 0.0


def publish_results(actor: Actor, contest: Contest) -> None:
    """Make the standings final, lift the freeze, and write contest and teams to the ledger. Once."""
    actor.require(Permission.CONTEST_MANAGE, contest.center_id)
    if contest.published_at is not None:
        return
    if now() < contest.ends_at:
        raise Conflict(_l("The contest is still running. Results can be published after its end."))
    contest.published_at = now()
    entries = db.session.scalars(
        select(Entry)
        .where(Entry.contest_id == contest.id, Entry.withdrawn_at.is_(None))
        .options(selectinload(Entry.members))
    ).all()
    _to_ledger(actor, contest, entries)
    for cell in db.session.scalars(
        select(ScoreCell).join(Entry, Entry.id == ScoreCell.entry_id).where(Entry.contest_id == contest.id)
    ):
        cell.public_points, cell.public_received_at = cell.points, cell.received_at
    for entry in entries:
        rank(contest, entry)
    audit.record(actor, "contests.results.published", contest.id, entries=len(entries))


def _to_ledger(actor: Actor, contest: Contest, entries: Any) -> None:
    """The contest, and every team that took part: one with at least one answer or submission."""
    title = {"zh": contest.title["zh"], "en": contest.title["en"]}
    record(
        actor,
        "contest.held",
        subject_id=None,
        key=contest.id,
        occurred_at=contest.ends_at,
        data={"contest_id": contest.id, "title": title, "field": contest.field},
    )
    for entry in entries:
        if not took_part(contest, entry):
            continue
        members: list[EntryMember] = entry.members
        record(
            actor,
            "contest.team",
            subject_id=None,
            key=entry.id,
            occurred_at=contest.ends_at,
            data={
                "contest_id": contest.id,
                "entry_id": entry.id,
                "division": entry.division,
                "members": sorted(subject_of(member.person_id, contest.center_id) for member in members),
            },
        )


def took_part(contest: Contest, entry: Entry) -> bool:
    """A team took part if it answered or handed in anything within the window: signing up alone is no participation."""
    answered = select(Attempt.id).where(Attempt.entry_id == entry.id).limit(1)
    sent = (
        select(Submission.id)
        .where(
            Submission.center_id == contest.center_id,
            Submission.context == "contest",
            Submission.context_id == contest.id,
            Submission.owner_id == entry.id,
            Submission.created_at >= contest.starts_at,
            Submission.created_at < contest.ends_at,
        )
        .limit(1)
    )
    return db.session.scalar(answered) is not None or db.session.scalar(sent) is not None
