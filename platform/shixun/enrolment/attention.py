"""Learning time by heartbeats. The server's clock at receipt is the only one; a page only says that it is there.

A page beats every 30 s while it is visible. Each beat spends a nonce and gets the next; the latest may be repeated, since
its answer can be lost on the way, and then counts nothing more. Ten minutes without input: the page asks; unanswered, the
stretch ends at its last proof. Silence of 90 s ends it at the last beat. A stretch without any proof is kept and counts
nothing. The protocol with the page stands at the top of web/assets/js/heartbeat.js.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import func, select, update

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, NotFound, Unavailable
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum import queries as curriculum
from shixun.enrolment import evidence, progress, queries
from shixun.enrolment.attention_models import Attention
from shixun.enrolment.models import Enrolment

EVERY = 30  # seconds between beats
SILENCE = timedelta(seconds=90)
ANSWER_WITHIN = timedelta(seconds=120)
START_WITHIN = 12 * 3600  # seconds that a page may stay unopened in a background tab
MOST_PAGES = 30  # of one trainee at once
SOURCES = ("lesson", "lab")
_STALE = _l("This page no longer counts learning time. Reload it to go on.")

MayCount = Callable[[Enrolment, str], bool]
_may_count: dict[str, MayCount] = {"lesson": lambda _enrolment, _item: True}


@dataclass(frozen=True)
class Beat:
    """The answer to a beat. `ask`: the page asks whether somebody is there; `stop`: nothing counts here any more."""

    nonce: str
    ask: bool = False
    stop: bool = False


def register_may_count(source: str, function: MayCount) -> None:
    """Say for a source (`lab`) whether an item counts for an enrolment right now: its server is ready. Without: never."""
    _may_count[source] = function


def start_token(enrolment: Enrolment, item: str, source: str) -> str:
    """The nonce that a page begins with (`ui.heartbeat`): signed, for this trainee and item, good for one stretch."""
    return "start." + _signer().dumps([enrolment.id, item, source, secrets.token_urlsafe(16)])


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="shixun.attention")


def beat(actor: Actor, center_id: str, nonce: str, *, has_input: bool, present: bool) -> Beat:
    """Take one beat. Raises `Conflict` for a spent or made-up nonce, `Unavailable` while nothing may count."""
    actor.require(Permission.COURSE_LEARN, center_id)
    if nonce.startswith("start."):
        return _begin(actor, center_id, nonce.removeprefix("start."), has_input=has_input or present)
    row, count = _find(actor, center_id, nonce)
    if count == row.beats - 1:
        return _repeat(row)
    _check_may_count(row.enrolment, row.item, row.source)
    spent = update(Attention).where(Attention.id == row.id, Attention.beats == count).values(beats=count + 1)
    if not db.session.execute(spent.returning(Attention.id)).all():
        raise Conflict(_STALE, code="nonce")
    db.session.refresh(row, with_for_update=True)
    instant = now()
    if row.ended_at is None and _is_over(row, instant):
        close(row)
    if row.ended_at is None:
        return _go_on(row, instant, has_input=has_input, present=present)
    if row.asked_at is not None and not present:
        return Beat(_nonce(row), ask=True)  # nobody has answered yet; the chain goes on, no time does
    return _follow(row, instant, has_input=has_input or present)


def end(actor: Actor, center_id: str, nonce: str) -> None:
    """The page is left: its stretch ends now."""
    actor.require(Permission.COURSE_LEARN, center_id)
    row, count = _find(actor, center_id, nonce)
    if count != row.beats:
        raise Conflict(_STALE, code="nonce")
    row.beats += 1
    if row.ended_at is None:
        instant = now()
        if row.asked_at is None and instant - row.last_beat_at <= SILENCE:
            row.last_beat_at = instant
        close(row)


def prove(enrolment: Enrolment, item: str) -> None:
    """Something was answered on the page: a proof for every open stretch on this item."""
    instant = now()
    query = select(Attention).where(
        Attention.enrolment_id == enrolment.id, Attention.item == item, Attention.ended_at.is_(None)
    )
    for row in db.session.scalars(query.with_for_update()).all():
        if instant - row.last_beat_at <= SILENCE:
            _prove(row, instant)
    db.session.flush()


def close_stale() -> None:
    """End what has fallen silent, what nobody answered, and what reached the end of its run. For the worker's tick."""
    instant = now()
    query = select(Attention).where(
        Attention.ended_at.is_(None),
        (Attention.last_beat_at < instant - SILENCE) | (Attention.asked_at < instant - ANSWER_WITHIN),
    )
    for row in db.session.scalars(query.limit(500).with_for_update(skip_locked=True)).all():
        close(row)


def close(row: Attention) -> None:
    """End a stretch: at its last proof if a question stayed unanswered, else at its last beat; never after its run."""
    end_at = row.last_beat_at if row.asked_at is None else row.last_proof_at
    row.ended_at = min(end_at, row.enrolment.run.ends_at)
    db.session.flush()
    evidence.interval(
        row.enrolment,
        item=row.item,
        source=row.source,
        key=row.id,
        start=row.started_at,
        end=row.ended_at,
        proofs=row.proofs,
    )


def _begin(actor: Actor, center_id: str, token: str, *, has_input: bool) -> Beat:
    try:
        enrolment_id, item, source, token_id = _signer().loads(token, max_age=START_WITHIN)
    except (BadSignature, ValueError) as error:
        raise Conflict(_STALE, code="nonce") from error
    enrolment = queries.own_enrolment_by_id(actor, center_id, enrolment_id)
    progress.one_at_a_time(enrolment)
    seen = db.session.scalar(select(Attention).where(Attention.opened_with == token_id))
    if seen is not None:
        if seen.beats == 1 and seen.ended_at is None:
            return Beat(_nonce(seen))
        raise Conflict(_STALE, code="nonce")
    instant = now()
    if not enrolment.run.starts_at <= instant < enrolment.run.ends_at:
        return Beat("", stop=True)
    curriculum.item(enrolment.run.course_version_id, item)
    _check_may_count(enrolment, item, source)
    pages = select(func.count()).where(
        Attention.enrolment_id == enrolment.id, Attention.ended_at.is_(None), Attention.last_beat_at > instant - SILENCE
    )
    if (db.session.scalar(pages) or 0) >= MOST_PAGES:
        raise Conflict(_l("Too many pages of this course are open. Close some of them."), code="pages")
    progress.touch(enrolment, item)
    return _open(enrolment, item, source, token_id, instant, has_input=has_input)


def _open(
    enrolment: Enrolment, item: str, source: str, opened_with: str, instant: datetime, *, has_input: bool
) -> Beat:
    row = Attention(
        center_id=enrolment.center_id,
        enrolment=enrolment,
        item=item,
        source=source,
        opened_with=opened_with,
        started_at=instant,
        last_beat_at=instant,
        last_proof_at=instant,
        proofs=1 if has_input else 0,
    )
    db.session.add(row)
    db.session.flush()
    return Beat(_nonce(row))


def _go_on(row: Attention, instant: datetime, *, has_input: bool, present: bool) -> Beat:
    run_ends = row.enrolment.run.ends_at
    row.last_beat_at = instant
    if present or (has_input and row.asked_at is None):
        _prove(row, instant)
    elif row.asked_at is None and instant - row.last_proof_at >= _idle():
        row.asked_at = instant
    if instant >= run_ends:
        close(row)
    db.session.flush()
    return Beat(_nonce(row), ask=row.asked_at is not None, stop=instant >= run_ends)


def _is_over(row: Attention, instant: datetime) -> bool:
    """Whether the page was silent for too long, or its question stayed unanswered."""
    unanswered = row.asked_at is not None and instant - row.asked_at > ANSWER_WITHIN
    return unanswered or instant - row.last_beat_at > SILENCE


def _follow(row: Attention, instant: datetime, *, has_input: bool) -> Beat:
    """The page is back after a silence or an unanswered question: a new stretch, once for each beat of the old one."""
    enrolment = row.enrolment
    if instant >= enrolment.run.ends_at:
        return Beat(_nonce(row), stop=True)
    return _open(enrolment, row.item, row.source, _successor(row), instant, has_input=has_input)


def _repeat(row: Attention) -> Beat:
    """The latest nonce again: its answer was lost. The same answer, and no time."""
    next_row = db.session.scalar(select(Attention).where(Attention.opened_with == _successor(row)))
    if next_row is None:
        return Beat(_nonce(row), ask=row.asked_at is not None)
    if next_row.beats > 1:
        raise Conflict(_STALE, code="nonce")
    return Beat(_nonce(next_row))


def _successor(row: Attention) -> str:
    return f"after:{row.id}:{row.beats}"


def _prove(row: Attention, instant: datetime) -> None:
    row.proofs += 1
    row.last_proof_at = instant
    row.asked_at = None


def _idle() -> timedelta:
    return timedelta(minutes=int(current_app.config["SETTINGS"].idle_minutes))


def _check_may_count(enrolment: Enrolment, item: str, source: str) -> None:
    allowed = _may_count.get(source)
    if allowed is None or not allowed(enrolment, item):
        raise Unavailable(_l("Learning time does not run yet: the lab is not ready."), code="not-ready")


def _nonce(row: Attention) -> str:
    return f"{row.id}.{row.beats}.{_mac(row, row.beats)}"


def _mac(row: Attention, count: int) -> str:
    return hmac.new(row.key.encode(), f"{row.id}.{count}".encode(), hashlib.sha256).hexdigest()


def _find(actor: Actor, center_id: str, nonce: str) -> tuple[Attention, int]:
    """The actor's own stretch and the count that a nonce names. Raises `NotFound` for others', `Conflict` for forged ones."""
    row_id, _, rest = nonce.partition(".")
    count, _, mac = rest.partition(".")
    row = db.session.scalar(
        select(Attention)
        .join(Enrolment, Enrolment.id == Attention.enrolment_id)
        .where(Attention.id == row_id, Attention.center_id == center_id)
        .where(Enrolment.person_id == actor.person_id, Enrolment.ended_at.is_(None))
    )
    if row is None:
        raise NotFound(_l("There is no such page."))
    if not count.isdecimal() or len(count) > 9 or not hmac.compare_digest(mac.encode(), _mac(row, int(count)).encode()):
        raise Conflict(_STALE, code="nonce")
    if int(count) not in {row.beats, row.beats - 1}:
        raise Conflict(_STALE, code="nonce")
    return row, int(count)
