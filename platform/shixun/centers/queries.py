"""What the figures pages show, put together from criteria, counted figures and the ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from shixun.accounts.models import Center, Person
from shixun.centers import criteria
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.ledger import queries as ledger
from shixun.ledger.models import LedgerEntry, LedgerSeal
from shixun.volume import queries as volume
from shixun.volume.book import numbers
from shixun.volume.calendar import MINUTE
from shixun.volume.models import VolumeLine, VolumeRun

FIRST_YEAR, LAST_YEAR = 2000, 2199


def check_year(year: int) -> int:
    """`year` if it can be one, else `NotFound`."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(_l("There is no such year."))
    return year


def shown(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as the page shows them: hours in place of minutes; parts below a tenth are dropped, never rounded up."""
    return {
        **figures,
        "class_hours": _tenths(int(figures["class_hours"] * 10)),
        "measured_minutes": _tenths(figures["measured_minutes"] * 10 // 60),
    }


def _tenths(count: int) -> float | int:
    return count // 10 if count % 10 == 0 else count / 10


@dataclass(frozen=True)
class CriterionRow:
    """A row of the criteria with what it is measured by: (figure, value, national, provincial); empty if nothing computes it."""

    row: criteria.Row
    measures: list[tuple[str, Any, int, int]]

    def reached(self, level: str) -> bool | None:
        """Whether every measure reaches the level; None where the platform can't tell."""
        if not self.measures:
            return None
        at = 2 if level == "national" else 3
        return all(item[1] is not None and item[1] >= item[at] for item in self.measures)


def criterion_rows(center: Center, figures: Mapping[str, Any]) -> list[CriterionRow]:
    """The rows that apply to a center's category and kind, measured by these figures."""
    return [
        CriterionRow(row, [(part.figure, figures[part.figure], part.national, part.provincial) for part in row.measure])
        for row in criteria.load().rows(center.category, center.functional_kind)
    ]


@dataclass(frozen=True)
class LineRow:
    """A line with its run and, for whoever may see names, its person."""

    line: VolumeLine
    run: VolumeRun | None
    person: Person | None

    @property
    def minutes(self) -> int:
        return self.line.counted // MINUTE

    @property
    def class_hours(self) -> float:
        return self.line.class_hours / 100

    @property
    def entries(self) -> int:
        """How many ledger entries it rests on."""
        return len(numbers(self.line.entries))


def line_rows(
    center_id: str, year: int, figure: str, page: int, size: int, *, names: bool
) -> tuple[list[LineRow], int]:
    """One page of the lines behind a figure of trainees, and how many there are."""
    found, total = volume.lines(center_id, year, figure, page, size)
    runs = volume.runs(center_id)
    people = ledger.people_of(center_id, {line.subject_id for line in found}) if names else {}
    return [LineRow(line, runs.get(line.run_id), people.get(line.subject_id)) for line in found], total


def entries_of(center_id: str, line: VolumeLine, page: int, size: int) -> tuple[list[LedgerEntry], int]:
    """One page of the ledger entries that a line rests on, and how many there are."""
    every = numbers(line.entries)
    return ledger.by_seq(center_id, every[(page - 1) * size : page * size]), len(every)


@dataclass(frozen=True)
class ContestRow:
    """A contest that counts, or one of its teams, with the ledger entry that proves it."""

    title: dict[str, str]
    at: datetime
    teams: int
    entry: LedgerEntry


def contest_rows(center: Center, year: int) -> list[ContestRow]:
    """The contests of a year."""
    held = volume.contests(center, year)
    entries = _by_seq(center.id, [contest.seq for contest in held])
    return [
        ContestRow(contest.title, entries[contest.seq].occurred_at, len(contest.teams), entries[contest.seq])
        for contest in held
    ]


def team_rows(center: Center, year: int, page: int, size: int) -> tuple[list[ContestRow], int]:
    """One page of the teams of a year's contests, and how many there are."""
    every = [
        (contest.title, seq) for contest in volume.contests(center, year) for seq in sorted(contest.teams.values())
    ]
    wanted = every[(page - 1) * size : page * size]
    entries = _by_seq(center.id, [seq for _title, seq in wanted])
    return [ContestRow(title, entries[seq].occurred_at, 1, entries[seq]) for title, seq in wanted], len(every)


def places_rows(center_id: str) -> list[LedgerEntry]:
    """All declarations of places, newest first, sealed or not."""
    query = select(LedgerEntry).where(LedgerEntry.center_id == center_id, LedgerEntry.kind == "capacity.places")
    return list(db.session.scalars(query.order_by(LedgerEntry.occurred_at.desc())))


def _by_seq(center_id: str, wanted: list[int]) -> dict[int, LedgerEntry]:
    found = db.session.execute(
        select(LedgerSeal.seq, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.id == LedgerSeal.entry_id)
        .where(LedgerSeal.center_id == center_id, LedgerSeal.seq.in_(wanted))
    )
    return {row.seq: row.LedgerEntry for row in found}


def csv_rows(center_id: str, year: int, *, names: bool) -> Iterator[list[Any]]:
    """Every line of a year as cells: subject (and name), run, measured minutes, hundredths exact, person-times, entries."""
    runs = volume.runs(center_id)
    people = ledger.people_in(center_id) if names else {}
    for line in volume.all_lines(center_id, year):
        run = runs.get(line.run_id)
        who = [line.subject_id, *([people.get(line.subject_id, "")] if names else [])]
        title = run.facts["title"] if run is not None else {"zh": "", "en": ""}
        yield [
            *who,
            line.run_id,
            title["zh"],
            title["en"],
            line.year,
            line.counted // MINUTE,
            line.class_hours / 100,
            line.person_times,
            line.credited_at,
            line.entries,
        ]


def statement(center: Center, year: int) -> dict[str, Any]:
    """The verifiable statement of a year with the criteria that its figures are held against."""
    found = volume.statement(center, year)
    rows = criterion_rows(center, {name: item["value"] for name, item in found["figures"].items()})
    used = criteria.load()
    found["criteria"] = {
        "set": used.set.id,
        "document": used.set.document.model_dump(),
        "rows": [
            {
                "id": item.row.id,
                "national": item.row.national.model_dump(),
                "provincial": item.row.provincial.model_dump(),
                "measures": [
                    {"figure": figure, "national": national, "provincial": provincial}
                    for figure, _value, national, provincial in item.measures
                ],
            }
            for item in rows
            if item.measures
        ],
        "our_readings": [reading.text.model_dump() for reading in used.reading],
    }
    found["verify"] = (
        "python -m shixun.ledger.verifier EXPORT.jsonl --statement THIS.json --heads KEPT --key PUBLIC.pem"
    )
    return found
