"""Counting one trainee's evidence: measured time, class hours, person-times. Pure; the offline verifier runs the same lines.

The order: intervals of a run that touch or overlap become stretches; where stretches of different runs overlap, an instant goes to
the stretch that began first (at the same start: the smaller run id); what is left is cut at local midnights; each day counts up to the
cap, earliest time first. So the result depends on the set of intervals only: not on their order, nor on how they were split.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from shixun.volume.calendar import Calendar


class Interval(NamedTuple):
    """Learning time from `start` to `end` (microseconds since 1970), with the sequence number of its entry."""

    start: int
    end: int
    run_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a run planned. Times in microseconds; `pass_share` gates class hours; `seq` of its opening."""

    run_id: str
    planned: int
    class_hour: int
    pass_share: Fraction
    meetings: int
    seq: int

    @property
    def class_hours(self) -> int:
        """The planned class hours in hundredths, rounded down."""
        return self.planned * 100 // self.class_hour


@dataclass
class Evidence:
    """All of one trainee. `enrolled`: run → sequence number; `checkins`: run → (instant, sequence number) of each."""

    intervals: list[Interval] = field(default_factory=list)
    enrolled: dict[str, int] = field(default_factory=dict)
    checkins: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Line:
    """One trainee in one run in one year: the three columns, and the entries that they come from.

    `counted` is measured time in microseconds; `class_hours` in hundredths; `credited_at` the instant of the person-time.
    """

    run_id: str
    year: int
    counted: int
    class_hours: int
    person_times: int
    credited_at: int | None
    entries: tuple[int, ...]


def stretches(intervals: Iterable[Interval]) -> list[tuple[int, int, str]]:
    """The union of each run's intervals, as (start, end, run) sorted by start, then run."""
    found: list[tuple[int, int, str]] = []
    by_run: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for interval in intervals:
        by_run[interval.run_id].append((interval.start, interval.end))
    for run_id, parts in by_run.items():
        parts.sort()
        start, end = parts[0]
        for begin, until in parts[1:]:
            if begin > end:
                found.append((start, end, run_id))
                start, end = begin, until
            elif until > end:
                end = until
        found.append((start, end, run_id))
    found.sort(key=lambda part: (part[0], part[2]))
    return found


def pieces(intervals: Iterable[Interval], cap: int, calendar: Calendar) -> Iterator[tuple[int, int, str, int]]:
    """What counts, in order of time, as (start, end, run, local year): disjoint, cut at midnights, at most `cap` µs a day."""
    covered = 0
    today, used = None, 0
    for begin, end, run_id in stretches(intervals):
        start = max(begin, covered)
        while start < end:
            day, day_end = calendar.day(start)
            if day != today:
                today, used = day, 0
            until = min(end, day_end)
            counted = min(until - start, cap - used)
            if counted > 0:
                used += counted
                yield start, start + counted, run_id, day.year
            start = until
        covered = max(covered, end)


@dataclass
class _Progress:
    """How far a trainee has come in one run."""

    total: int = 0
    by_year: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    credited_at: int | None = None
    passed_at: int | None = None


def count(evidence: Evidence, runs: Mapping[str, Run], share: Fraction, cap: int, calendar: Calendar) -> list[Line]:
    """The lines of one trainee, sorted by run and year.

    `share`: of the planned time that earns the person-time; `cap`: most microseconds that count on a local day. Time of a run that the
    ledger does not know is measured and earns nothing; so is time of a trainee who isn't enrolled in the run.
    """
    progress: dict[str, _Progress] = defaultdict(_Progress)
    for start, end, run_id, year in pieces(evidence.intervals, cap, calendar):
        state = progress[run_id]
        run = runs.get(run_id)
        if run is not None and run_id in evidence.enrolled:
            if state.credited_at is None and run.meetings != 1:
                state.credited_at = _reached(start, end, state.total, ceil(share * run.planned))
            if state.passed_at is None:
                state.passed_at = _reached(start, end, state.total, ceil(run.pass_share * run.planned))
        state.total += end - start
        state.by_year[year] += end - start
    for run_id, seen in evidence.checkins.items():
        run = runs.get(run_id)
        if seen and run is not None and run.meetings == 1 and run_id in evidence.enrolled:
            progress[run_id].credited_at = min(at for at, _seq in seen)
    return [
        line
        for run_id, state in sorted(progress.items())
        for line in _lines(run_id, state, evidence, runs.get(run_id), calendar)
    ]


def _reached(start: int, end: int, before: int, threshold: int) -> int | None:
    """The instant within start…end at which a total that was `before` reaches the threshold; None if it does not."""
    return start + threshold - before if before + end - start >= threshold else None


def _lines(run_id: str, state: _Progress, evidence: Evidence, run: Run | None, calendar: Calendar) -> Iterator[Line]:
    credited = calendar.year(state.credited_at) if state.credited_at is not None else None
    passed = calendar.year(state.passed_at) if state.passed_at is not None else None
    years = set(state.by_year) | {year for year in (credited, passed) if year is not None}
    for year in sorted(years):
        yield Line(
            run_id=run_id,
            year=year,
            counted=state.by_year.get(year, 0),
            class_hours=run.class_hours if run is not None and passed == year else 0,
            person_times=int(credited == year),
            credited_at=state.credited_at if credited == year else None,
            entries=_entries(run_id, evidence, run, calendar.year_end(year)),
        )


def _entries(run_id: str, evidence: Evidence, run: Run | None, until: int) -> tuple[int, ...]:
    """Everything of this run up to the year's end: what was reached this year may have begun in an earlier one."""
    found = {interval.seq for interval in evidence.intervals if interval.run_id == run_id and interval.start < until}
    found |= {seq for at, seq in evidence.checkins.get(run_id, ()) if at < until}
    if run is not None:
        found.add(run.seq)
    if run_id in evidence.enrolled:
        found.add(evidence.enrolled[run_id])
    return tuple(sorted(found))
