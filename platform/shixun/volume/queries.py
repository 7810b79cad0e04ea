"""Reads of counted figures. Each names the center."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from shixun.accounts.models import Center
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import NotFound, Unavailable
from shixun.core.i18n import _l
from shixun.ledger import sealing
from shixun.ledger.kinds import instant_text
from shixun.ledger.models import LedgerEntry, LedgerSeal
from shixun.ledger.verifier import STATEMENT_FORMAT
from shixun.volume import rules
from shixun.volume.book import OF_CENTER, Book, Contest, figures
from shixun.volume.calendar import Calendar, micros
from shixun.volume.counting import Line
from shixun.volume.models import VolumeLine, VolumeRun, VolumeState, VolumeYear
from shixun.volume.statement import rule_part

EMPTY: dict[str, Any] = {
    "person_times": 0,
    "class_hours": 0,
    "measured_minutes": 0,
    "trainees": 0,
    "contests": 0,
    "teams": 0,
    "places": None,
}


@dataclass(frozen=True)
class Standing:
    """How current the figures are: the state they were counted at, and how many entries came after it."""

    state: VolumeState | None
    newer: int


def standing(center_id: str) -> Standing:
    """Where a center's figures stand against its chain and the entries that wait for it."""
    state = db.session.get(VolumeState, center_id)
    length, _hash = sealing.head(center_id)
    return Standing(state, length - (state.head_seq if state is not None else 0) + sealing.waiting(center_id))


def years(center_id: str) -> list[int]:
    """The years that a center has records of, newest first."""
    query = select(VolumeYear.year).where(VolumeYear.center_id == center_id).order_by(VolumeYear.year.desc())
    return list(db.session.scalars(query))


def this_year(center: Center) -> int:
    """The present year in the center's zone."""
    return Calendar(center.timezone).year(micros(now()))


def year_figures(center_id: str, year: int) -> dict[str, Any] | None:
    """The figures of a year as of the state's head; None where the center has no records of it.

    person_times, trainees, contests, teams: counts. class_hours: class hours (two decimals). measured_minutes: whole minutes. places:
    the last declaration before the year's end, or None.
    """
    found = db.session.get(VolumeYear, (center_id, year))
    return {**EMPTY, **found.figures} if found is not None else None


COLUMNS = {
    "person_times": VolumeLine.person_times,
    "class_hours": VolumeLine.class_hours,
    "measured_minutes": VolumeLine.counted,
}


def lines(center_id: str, year: int, figure: str, page: int, size: int) -> tuple[list[VolumeLine], int]:
    """A page (from 1) of the lines that make up a figure of `COLUMNS`, by run and trainee; and how many there are."""
    where = (VolumeLine.center_id == center_id, VolumeLine.year == year, COLUMNS[figure] > 0)
    total = db.session.scalar(select(func.count()).select_from(VolumeLine).where(*where)) or 0
    query = select(VolumeLine).where(*where).order_by(VolumeLine.run_id, VolumeLine.subject_id)
    return list(db.session.scalars(query.limit(size).offset((page - 1) * size))), total


def all_lines(center_id: str, year: int) -> Iterator[VolumeLine]:
    """All lines of a year, streamed."""
    query = (
        select(VolumeLine)
        .where(VolumeLine.center_id == center_id, VolumeLine.year == year)
        .order_by(VolumeLine.run_id, VolumeLine.subject_id)
        .execution_options(yield_per=1000)
    )
    yield from db.session.scalars(query)


def line(center_id: str, year: int, subject_id: str, run_id: str) -> VolumeLine:
    """One line, or `NotFound`."""
    found = db.session.get(VolumeLine, (center_id, subject_id, run_id, year))
    if found is None:
        raise NotFound(_l("There is no such record."))
    return found


def runs(center_id: str) -> dict[str, VolumeRun]:
    """The runs that a center's ledger knows, by id."""
    return {run.run_id: run for run in db.session.scalars(select(VolumeRun).where(VolumeRun.center_id == center_id))}


def book(center_id: str, until: int) -> Book:
    """What the ledger says about the center itself, up to a sequence number."""
    rows = db.session.execute(
        select(LedgerSeal.seq, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.id == LedgerSeal.entry_id)
        .where(LedgerEntry.center_id == center_id, LedgerEntry.kind.in_(OF_CENTER))
    )
    return Book.read([(row.seq, row.LedgerEntry.record) for row in rows if row.seq <= until])


def contests(center: Center, year: int) -> list[Contest]:
    """The contests that count in a year, as of the state's head."""
    state = db.session.get(VolumeState, center.id)
    if state is None:
        return []
    return book(center.id, state.head_seq).contests_of(year, Calendar(state.timezone))


def places_entry(center: Center, year: int) -> int | None:
    """The sequence number of the declaration of places that stands at a year's end, as of the state's head."""
    state = db.session.get(VolumeState, center.id)
    if state is None:
        return None
    found = book(center.id, state.head_seq).places_at(Calendar(state.timezone).year_end(year))
    return found[0] if found is not None else None


def statement(center: Center, year: int) -> dict[str, Any]:
    """The figures of a year as a document that `shixun ledger verify` counts again from an export. Raises `NotFound`."""
    for _attempt in range(3):
        state = db.session.get(VolumeState, center.id, populate_existing=True)
        if state is None:
            raise NotFound(_l("Nothing has been counted yet."))
        seq, found = state.head_seq, _statement(center, state, year)
        if db.session.scalar(select(VolumeState.head_seq).where(VolumeState.center_id == center.id)) == seq:
            return found
    raise Unavailable(_l("The figures are being counted anew. Try again in a minute."))


def _statement(center: Center, state: VolumeState, year: int) -> dict[str, Any]:
    calendar = Calendar(state.timezone)
    rule = rules.load(*state.rule.split("/"))
    counted = figures(year, _as_lines(center.id, year), book(center.id, state.head_seq), calendar)
    return {
        "format": STATEMENT_FORMAT,
        "center": {"id": center.id, "slug": center.slug, "name": center.name, "timezone": state.timezone},
        "year": year,
        "issued_at": instant_text(now()),
        "rule": rule_part(rule),
        "daily_cap_minutes": state.daily_cap_minutes,
        "ledger": {"seq": state.head_seq, "hash": state.head_hash, "sealed_at": instant_text(state.head_at)},
        "figures": counted,
    }


def _as_lines(center_id: str, year: int) -> Iterator[tuple[Line, str]]:
    for row in all_lines(center_id, year):
        kept = Line(row.run_id, row.year, row.counted, row.class_hours, row.person_times, None, ())
        yield kept, row.entries
