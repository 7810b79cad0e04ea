"""Bringing the counted figures up to the head of the chain.

Counting reads; only its result is written, in one short transaction. So a recount of everything holds nobody up, and a page sees
either the figures of the old head or those of the new one.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import delete, distinct, func, insert, select

from shixun.accounts.models import Center
from shixun.config import Settings
from shixun.core.db import db, reading
from shixun.core.unit_of_work import unit_of_work
from shixun.ledger import sealing
from shixun.ledger.models import LedgerEntry, LedgerSeal
from shixun.volume import rules
from shixun.volume.book import OF_CENTER, OF_TRAINEES, Book, Record, by_subject, evidence_of, ranges
from shixun.volume.calendar import MINUTE, Calendar, instant
from shixun.volume.counting import Line, count
from shixun.volume.models import VolumeLine, VolumeRun, VolumeState, VolumeYear

AT_ONCE = 500  # subjects in one query of an incremental count


@dataclass(frozen=True)
class Basis:
    """What figures depend on besides the ledger."""

    rule: rules.Rule
    cap_minutes: int
    timezone: str

    @property
    def text(self) -> str:
        return f"{self.rule.digest} cap={self.cap_minutes} zone={self.timezone}"


@dataclass
class Counted:
    """The outcome of counting: lines per subject to put in place of what is there (`subjects` None: of everything)."""

    head_seq: int
    head_hash: str
    head_at: datetime
    book: Book
    lines: list[tuple[str, Line]]
    subjects: list[str] | None
    before: tuple[int, str] | None  # the state that this goes on from


def refresh(center_id: str) -> bool:
    """Bring a center's figures to the head of its chain; True if they changed. Runs units of work of its own.

    Counts only trainees with new evidence, or everything where the rule, the daily cap, the zone or an opening of a run changed.
    """
    with reading(), unit_of_work():
        center = db.session.get_one(Center, center_id)
        settings: Settings = current_app.config["SETTINGS"]
        basis = Basis(rules.default(), settings.daily_cap_minutes, center.timezone)
        counted = _count(center_id, basis)
    if counted is None:
        return False
    with unit_of_work():
        return _write(center_id, basis, counted)


def refresh_due() -> None:
    """Bring all centers up; cheap where nothing is new."""
    with reading(), unit_of_work():
        centers = list(db.session.scalars(select(LedgerSeal.center_id).distinct()))
    for center_id in centers:
        refresh(center_id)


def _count(center_id: str, basis: Basis) -> Counted | None:
    head_seq, head_hash = sealing.head(center_id)
    state = db.session.get(VolumeState, center_id)
    if head_seq == 0 or (state is not None and (state.head_hash, state.basis) == (head_hash, basis.text)):
        return None
    head_at = db.session.scalars(
        select(LedgerSeal.sealed_at).where(LedgerSeal.center_id == center_id, LedgerSeal.seq == head_seq)
    ).one()
    book = Book.read(list(_records(center_id, head_seq, OF_CENTER)))
    subjects = _changed(center_id, state, head_seq, basis)
    calendar, cap = Calendar(basis.timezone), basis.cap_minutes * MINUTE
    lines = [
        (subject, line)
        for subject, records in by_subject(_of_trainees(center_id, head_seq, subjects))
        for line in count(evidence_of(records, book.reversed_ids), book.runs, basis.rule.share, cap, calendar)
    ]
    before = (state.head_seq, state.basis) if state is not None else None
    return Counted(head_seq, head_hash, head_at, book, lines, subjects, before)


def _changed(center_id: str, state: VolumeState | None, head_seq: int, basis: Basis) -> list[str] | None:
    """Subjects with evidence since the state's head; None where everything has to be counted."""
    if state is None or state.basis != basis.text or state.head_seq > head_seq:
        return None
    at_state = select(LedgerSeal.hash).where(LedgerSeal.center_id == center_id, LedgerSeal.seq == state.head_seq)
    if db.session.scalar(at_state) != state.head_hash:
        return None  # not the chain that was counted
    new = (
        select(LedgerEntry.kind, LedgerEntry.subject_id)
        .join(LedgerSeal, LedgerSeal.entry_id == LedgerEntry.id)
        .where(LedgerSeal.center_id == center_id, LedgerSeal.seq > state.head_seq, LedgerSeal.seq <= head_seq)
        .where(LedgerEntry.kind.in_((*OF_TRAINEES, "run.opened", "entry.reversed")))
        .distinct()
    )
    subjects = set()
    for kind, subject_id in db.session.execute(new):
        if subject_id is not None:
            subjects.add(subject_id)
        elif kind == "entry.reversed":
            return None  # a run's opening may be gone
    if _opened_late(center_id, state.head_seq, head_seq):
        return None
    return sorted(subjects)


def _opened_late(center_id: str, after: int, until: int) -> bool:
    """Whether a run that lines exist of got its opening only now."""
    opened = _records(center_id, until, ("run.opened",), after=after)
    runs = [record["data"]["run_id"] for _seq, record in opened]
    query = select(func.count()).select_from(VolumeLine)
    return bool(runs and db.session.scalar(query.where(VolumeLine.center_id == center_id, VolumeLine.run_id.in_(runs))))


def _records(
    center_id: str, until: int, kinds: Sequence[str], after: int = 0, subjects: Sequence[str] | None = None
) -> Iterator[tuple[int, Record]]:
    """Sealed records of these kinds, streamed; those of trainees by subject.

    Numbers are compared here, and other kinds aren't sorted: SQLite would walk along the chain instead of finding them.
    """
    query = (
        select(LedgerSeal.seq, LedgerEntry.canonical)
        .join(LedgerEntry, LedgerEntry.id == LedgerSeal.entry_id)
        .where(LedgerEntry.center_id == center_id, LedgerEntry.kind.in_(kinds))
        .execution_options(yield_per=2000)
    )
    if kinds is OF_TRAINEES:
        query = query.order_by(LedgerEntry.subject_id, LedgerSeal.seq)
    if subjects is not None:
        query = query.where(LedgerEntry.subject_id.in_(subjects))
    for seq, canonical in db.session.execute(query):
        if after < seq <= until:
            yield seq, json.loads(canonical)


def _of_trainees(center_id: str, until: int, subjects: list[str] | None) -> Iterator[tuple[int, Record]]:
    if subjects is None:
        yield from _records(center_id, until, OF_TRAINEES)
        return
    for start in range(0, len(subjects), AT_ONCE):
        yield from _records(center_id, until, OF_TRAINEES, subjects=subjects[start : start + AT_ONCE])


def _write(center_id: str, basis: Basis, counted: Counted) -> bool:
    """Put the new lines in place, unless another process has moved the state meanwhile."""
    db.session.scalar(select(Center.id).where(Center.id == center_id).with_for_update())
    state = db.session.get(VolumeState, center_id, populate_existing=True)
    if ((state.head_seq, state.basis) if state is not None else None) != counted.before:
        return False
    _replace_lines(center_id, counted)
    db.session.execute(delete(VolumeRun).where(VolumeRun.center_id == center_id))
    runs = [
        {"center_id": center_id, "run_id": run_id, "seq": counted.book.runs[run_id].seq, "facts": facts}
        for run_id, facts in counted.book.run_facts.items()
    ]
    if runs:
        db.session.execute(insert(VolumeRun), runs)
    _replace_years(center_id, counted, Calendar(basis.timezone))
    values: dict[str, Any] = {
        "head_seq": counted.head_seq,
        "head_hash": counted.head_hash,
        "head_at": counted.head_at,
        "rule": basis.rule.name,
        "basis": basis.text,
        "daily_cap_minutes": basis.cap_minutes,
        "timezone": basis.timezone,
    }
    if state is None:
        db.session.add(VolumeState(center_id=center_id, **values))
    else:
        for name, value in values.items():
            setattr(state, name, value)
    return True


def _replace_lines(center_id: str, counted: Counted) -> None:
    gone = delete(VolumeLine).where(VolumeLine.center_id == center_id)
    if counted.subjects is None:
        db.session.execute(gone)
    else:
        for start in range(0, len(counted.subjects), AT_ONCE):
            db.session.execute(gone.where(VolumeLine.subject_id.in_(counted.subjects[start : start + AT_ONCE])))
    rows = [
        {
            "center_id": center_id,
            "subject_id": subject,
            "run_id": line.run_id,
            "year": line.year,
            "counted": line.counted,
            "class_hours": line.class_hours,
            "person_times": line.person_times,
            "credited_at": instant(line.credited_at) if line.credited_at is not None else None,
            "entries": ranges(line.entries),
        }
        for subject, line in counted.lines
    ]
    if rows:
        db.session.execute(insert(VolumeLine), rows)


def _replace_years(center_id: str, counted: Counted, calendar: Calendar) -> None:
    """The sums of each year, from the lines that stand now."""
    db.session.execute(delete(VolumeYear).where(VolumeYear.center_id == center_id))
    sums = {
        row.year: row
        for row in db.session.execute(
            select(
                VolumeLine.year,
                func.sum(VolumeLine.counted).label("counted"),
                func.sum(VolumeLine.class_hours).label("class_hours"),
                func.sum(VolumeLine.person_times).label("person_times"),
                func.count(distinct(VolumeLine.subject_id)).label("trainees"),
            )
            .where(VolumeLine.center_id == center_id)
            .group_by(VolumeLine.year)
        )
    }
    for year in sorted(set(sums) | counted.book.years(calendar)):
        found = sums.get(year)
        held = counted.book.contests_of(year, calendar)
        places = counted.book.places_at(calendar.year_end(year))
        figures = {
            "person_times": int(found.person_times) if found else 0,
            "class_hours": int(found.class_hours) / 100 if found else 0,
            "measured_minutes": int(found.counted) // MINUTE if found else 0,
            "trainees": int(found.trainees) if found else 0,
            "contests": len(held),
            "teams": sum(len(contest.teams) for contest in held),
            "places": places[1] if places else None,
        }
        db.session.add(VolumeYear(center_id=center_id, year=year, head_seq=counted.head_seq, figures=figures))
