"""What happens in contests: they are made from packs, teams sign up, answers come in, cells and ranks follow."""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun_contests import standings
from shixun_contests.formats.ranking import FORMATS
from shixun_contests.models import Attempt, Contest, ContestChallenge, ContestPack, Entry, EntryMember
from shixun_contests.packs import pack_of
from shixun_packs.contest import FlagChallenge, expected_flag, team_values

WRONG_ALLOWED = 10  # wrong answers of a team for one challenge …
WRONG_WINDOW = timedelta(minutes=5)  # … within this time: guessing does not pay, and nobody is locked out for good


@dataclass(frozen=True)
class ContestPlan:
    """When a contest takes place. Instants are aware."""

    starts_at: datetime
    ends_at: datetime
    freeze_at: datetime | None = None


def create_contest(actor: Actor, center_id: str, pack_row: ContestPack, plan: ContestPlan) -> Contest:
    """Plan a contest from a pack. Raises `Invalid` with the field at fault."""
    actor.require(Permission.CONTEST_MANAGE, center_id)
    _check_plan(plan)
    pack = pack_of(pack_row.digest)
    if pack.info.format not in FORMATS:
        raise Invalid(_l("This contest's ranking rule is not known here: %(name)s", name=pack.info.format))
    contest = Contest(
        center_id=center_id,
        pack_digest=pack_row.digest,
        title=pack.info.title.model_dump(),
        summary=pack.info.summary.model_dump(),
        field=pack.info.field,
        format=pack.info.format,
        team_min=pack.info.team.min,
        team_max=pack.info.team.max,
        divisions=[division.model_dump() for division in pack.info.divisions],
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        freeze_at=plan.freeze_at,
        secret=secrets.token_bytes(32),
    )
    for position, challenge in enumerate(pack.challenges):
        contest.challenges.append(
            ContestChallenge(
                position=position,
                slug=challenge.slug,
                kind=challenge.kind,
                title=challenge.title.model_dump(),
                points=challenge.points,
                lab_slug=None if isinstance(challenge, FlagChallenge) else challenge.lab,
            )
        )
    db.session.add(contest)
    db.session.flush()
    audit.record(actor, "contests.contest.created", contest.id, pack=pack_row.digest)
    return contest


def _check_plan(plan: ContestPlan) -> None:
    if plan.ends_at <= plan.starts_at:
        raise Invalid(_l("Please check the times."), {"ends_at": _l("The end must come after the beginning.")})
    if plan.freeze_at is not None and not plan.starts_at <= plan.freeze_at <= plan.ends_at:
        raise Invalid(_l("Please check the times."), {"freeze_at": _l("The freeze must lie within the contest.")})


def open_contest(actor: Actor, contest: Contest) -> None:
    """Let teams sign up. Again changes nothing."""
    actor.require(Permission.CONTEST_MANAGE, contest.center_id)
    if contest.opened_at is None:
        contest.opened_at = now()
        audit.record(actor, "contests.contest.opened", contest.id)


def phase(contest: Contest) -> str:
    """`draft`, `open` (sign-up), `running`, `closed` or `final`, by the server's clock."""
    instant = now()
    if contest.published_at is not None:
        return "final"
    if contest.opened_at is None:
        return "draft"
    if instant < contest.starts_at:
        return "open"
    return "running" if instant < contest.ends_at else "closed"


def clean_team_name(raw: str) -> str:
    """A team's name: one line of 1 to 60 characters, nothing invisible."""
    name = " ".join(unicodedata.normalize("NFKC", raw).split())
    if not name or len(name) > 60 or any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in name):
        message = _l("Give a name of 1 to 60 characters, in one line.")
        raise Invalid(message, {"name": message})
    return name


def create_entry(actor: Actor, contest: Contest, name: str, division: str) -> Entry:
    """Sign a team up; its maker is the captain. One team per person and contest, one name per contest."""
    actor.require(Permission.CONTEST_ENTER, contest.center_id)
    assert actor.person_id is not None
    _check_sign_up(contest)
    if division not in {known["slug"] for known in contest.divisions}:
        raise Invalid(_l("Please choose a division."), {"division": _l("Please choose a division.")})
    name = clean_team_name(name)
    if db.session.scalar(select(Entry.id).where(Entry.contest_id == contest.id, Entry.name == name)) is not None:
        message = _l("Another team has this name. Choose another.")
        raise Invalid(message, {"name": message})
    entry = Entry(
        center_id=contest.center_id,
        contest_id=contest.id,
        name=name,
        division=division,
        invite=secrets.token_hex(5),
        captain_id=actor.person_id,
    )
    _add_member(contest, entry, actor.person_id)
    standings.rank(contest, entry)
    audit.record(actor, "contests.entry.created", entry.id)
    return entry


def join(actor: Actor, contest: Contest, invite: str) -> Entry:
    """Join a team by its invite code."""
    actor.require(Permission.CONTEST_ENTER, contest.center_id)
    assert actor.person_id is not None
    _check_sign_up(contest)
    entry = db.session.scalar(
        select(Entry)
        .where(Entry.contest_id == contest.id, Entry.invite == invite.strip().lower(), Entry.withdrawn_at.is_(None))
        .with_for_update()
    )
    if entry is None:
        message = _l("No team of this contest has this code. Ask your captain for it again.")
        raise Invalid(message, {"invite": message})
    if len(entry.members) >= contest.team_max:
        raise Conflict(_l("This team is complete: %(most)d people at most.", most=contest.team_max))
    _add_member(contest, entry, actor.person_id)
    audit.record(actor, "contests.entry.joined", entry.id)
    return entry


def _add_member(contest: Contest, entry: Entry, person_id: str) -> None:
    """Put a person into a team. Raises `Conflict` if they are in one of this contest, or the team's name was just taken."""
    try:
        with db.session.begin_nested():
            db.session.add(entry)
            db.session.flush()
            db.session.add(EntryMember(contest_id=contest.id, entry_id=entry.id, person_id=person_id))
    except IntegrityError:
        raise Conflict(_l("You are in a team of this contest already, or its name was taken this moment.")) from None
    db.session.expire(entry, ["members"])


def _check_sign_up(contest: Contest) -> None:
    if phase(contest) not in {"open", "running"}:
        raise Conflict(_l("Teams can't sign up for this contest now."))


def entry_of(actor: Actor, contest: Contest) -> Entry | None:
    """The actor's team in a contest."""
    return db.session.scalar(
        select(Entry)
        .join(EntryMember, EntryMember.entry_id == Entry.id)
        .where(
            Entry.contest_id == contest.id,
            Entry.center_id == actor.center_id,
            EntryMember.person_id == actor.person_id,
            Entry.withdrawn_at.is_(None),
        )
    )


def playing(actor: Actor, contest: Contest) -> Entry:
    """The actor's team while it may answer. Raises `Conflict` outside the window or with too few people, `NotFound` without one."""
    actor.require(Permission.CONTEST_ENTER, contest.center_id)
    entry = entry_of(actor, contest)
    if entry is None:
        raise NotFound(_l("You are in no team of this contest."))
    if phase(contest) != "running":
        raise Conflict(_l("The contest is not running now."), code="window")
    if len(entry.members) < contest.team_min:
        raise Conflict(_l("Your team needs %(least)d people at least.", least=contest.team_min))
    return entry


def challenge_of(contest: Contest, slug: str) -> ContestChallenge:
    """A challenge of the contest, or `NotFound`."""
    found = next((challenge for challenge in contest.challenges if challenge.slug == slug), None)
    if found is None:
        raise NotFound(_l("There is no such challenge."))
    return found


def team_seed(contest: Contest, entry_id: str, slug: str) -> bytes:
    """What a team's values in a challenge are drawn from: HMAC(contest secret, team and challenge), 32 bytes."""
    return hmac.new(contest.secret, f"{entry_id}|{slug}".encode(), hashlib.sha256).digest()


def team_task(contest: Contest, entry_id: str, slug: str) -> tuple[FlagChallenge, dict[str, str]]:
    """A flag challenge and the team's values in it."""
    challenge = next(known for known in pack_of(contest.pack_digest).challenges if known.slug == slug)
    assert isinstance(challenge, FlagChallenge)
    return challenge, team_values(challenge, team_seed(contest, entry_id, slug))


def answer_flag(actor: Actor, contest: Contest, slug: str, answer: str) -> Attempt:
    """Take an answer: it is right, wrong, or another team's (wrong as well, and noted for the judges).

    Receipt on the server's clock decides; the team's row is locked, so two answers at once can't score twice.
    """
    entry = playing(actor, contest)
    assert actor.person_id is not None
    challenge = challenge_of(contest, slug)
    if challenge.kind != "flag":
        raise Invalid(_l("This challenge is answered in its lab."))
    given = unicodedata.normalize("NFKC", answer).strip()
    if not given or len(given) > 200:
        raise Invalid(_l("Type the flag."), {"answer": _l("Type the flag.")})
    db.session.execute(select(Entry.id).where(Entry.id == entry.id).with_for_update())
    if standings.cell_of(entry.id, challenge.id) is not None:
        raise Conflict(_l("Your team has solved this challenge."), code="solved")
    _check_guessing(entry, challenge)
    pack_challenge, values = team_task(contest, entry.id, slug)
    right = hmac.compare_digest(given.encode(), expected_flag(pack_challenge, values).encode())
    attempt = Attempt(
        contest_id=contest.id,
        entry_id=entry.id,
        challenge_id=challenge.id,
        person_id=actor.person_id,
        answer=given,
        right=right,
        foreign_entry_id=None if right else _whose_flag(contest, pack_challenge, given, entry.id),
    )
    db.session.add(attempt)
    db.session.flush()
    if right:
        standings.set_cell(contest, entry, challenge, raw=1.0, points=challenge.points, received_at=attempt.created_at)
    return attempt


def _check_guessing(entry: Entry, challenge: ContestChallenge) -> None:
    wrong = db.session.scalar(
        select(func.count()).where(
            Attempt.entry_id == entry.id,
            Attempt.challenge_id == challenge.id,
            Attempt.right.is_(False),
            Attempt.created_at > now() - WRONG_WINDOW,
        )
    )
    if (wrong or 0) >= WRONG_ALLOWED:
        raise Conflict(_l("Too many wrong answers in a short time. Wait five minutes, then try again."), code="rate")


def _whose_flag(contest: Contest, challenge: FlagChallenge, given: str, own: str) -> str | None:
    """The team whose flag this is: flags are secret to a team, so a match is a trace of passing them on."""
    others = db.session.scalars(select(Entry.id).where(Entry.contest_id == contest.id, Entry.id != own))
    for other in others:
        flag = expected_flag(challenge, team_values(challenge, team_seed(contest, other, challenge.slug)))
        if hmac.compare_digest(flag.encode(), given.encode()):
            return other
    return None
