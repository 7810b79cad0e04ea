"""From the ledger's records to what is counted. Pure: records come as parsed JSON with their sequence numbers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from shixun.ledger.kinds import parse_instant
from shixun.volume.calendar import MINUTE, Calendar, micros
from shixun.volume.counting import Evidence, Interval, Line, Run

Record = dict[str, Any]
OF_TRAINEES = ("time.interval", "run.enrolled", "meeting.checkin")
OF_CENTER = ("run.opened", "contest.held", "contest.team", "capacity.places", "entry.reversed")


def _at(text: str) -> int:
    return micros(parse_instant(text))


def _minutes(value: float | int) -> int:
    return int(Fraction(str(value)) * MINUTE)


def evidence_of(records: Iterable[tuple[int, Record]], reversed_ids: frozenset[str]) -> Evidence:
    """One trainee's evidence from their records; reversed ones are left out."""
    found = Evidence()
    for seq, record in records:
        if record["id"] in reversed_ids:
            continue
        data, kind = record["data"], record["kind"]
        run_id = data["run_id"]
        if kind == "time.interval":
            found.intervals.append(Interval(_at(data["start"]), _at(data["end"]), run_id, seq))
        elif kind == "run.enrolled":
            found.enrolled[run_id] = min(seq, found.enrolled.get(run_id, seq))
        elif kind == "meeting.checkin":
            found.checkins[run_id].append((_at(record["occurred_at"]), seq))
    return found


@dataclass
class Contest:
    """A contest that was held, and the entries of its teams (sequence numbers)."""

    contest_id: str
    title: dict[str, str]
    at: int
    seq: int
    teams: dict[str, int] = field(default_factory=dict)


@dataclass
class Book:
    """What a center's ledger says about the center itself. Build it with `read`."""

    runs: dict[str, Run] = field(default_factory=dict)
    run_facts: dict[str, Record] = field(default_factory=dict)
    contests: dict[str, Contest] = field(default_factory=dict)
    places: list[tuple[int, int, int]] = field(default_factory=list)  # (instant, seq, places)
    reversed_ids: frozenset[str] = frozenset()

    @classmethod
    def read(cls, records: Sequence[tuple[int, Record]]) -> "Book":
        """From the records of the kinds `OF_CENTER`, in any order."""
        book = cls(reversed_ids=reversed_ids(records))
        teams: dict[str, dict[str, int]] = defaultdict(dict)
        for seq, record in sorted(records, key=lambda item: item[0]):
            if record["id"] not in book.reversed_ids:
                book._add(seq, record, teams)
        for contest_id, entries in teams.items():
            if contest_id in book.contests:  # a team of a contest that was not held, or was reversed, is none
                book.contests[contest_id].teams = entries
        return book

    def _add(self, seq: int, record: Record, teams: dict[str, dict[str, int]]) -> None:
        data = record["data"]
        match record["kind"]:
            case "run.opened":
                if data["run_id"] not in self.runs:
                    self.runs[data["run_id"]] = Run(
                        data["run_id"],
                        _minutes(data["planned_minutes"]),
                        _minutes(data["class_hour_minutes"]),
                        Fraction(str(data["pass_share"])),
                        data["meetings"],
                        seq,
                    )
                    self.run_facts[data["run_id"]] = data
            case "contest.held":
                at = _at(record["occurred_at"])
                self.contests.setdefault(data["contest_id"], Contest(data["contest_id"], data["title"], at, seq))
            case "contest.team":
                teams[data["contest_id"]].setdefault(data["entry_id"], seq)
            case "capacity.places":
                self.places.append((_at(record["occurred_at"]), seq, data["places"]))

    def contests_of(self, year: int, calendar: Calendar) -> list[Contest]:
        """The contests held in a local year, in order of time."""
        held = [contest for contest in self.contests.values() if calendar.year(contest.at) == year]
        return sorted(held, key=lambda contest: (contest.at, contest.seq))

    def places_at(self, instant: int) -> tuple[int, int] | None:
        """(sequence number, places) of the last declaration before an instant."""
        before = [item for item in self.places if item[0] < instant]
        if not before:
            return None
        return max(before)[1:]

    def years(self, calendar: Calendar) -> set[int]:
        """Local years in which something of the center itself happened."""
        found = {calendar.year(contest.at) for contest in self.contests.values()}
        return found | {calendar.year(at) for at, _seq, _places in self.places}


def reversed_ids(records: Iterable[tuple[int, Record]]) -> frozenset[str]:
    """Ids of the entries that were reversed."""
    return frozenset(record["data"]["entry"] for _seq, record in records if record["kind"] == "entry.reversed")


def ranges(numbers: Iterable[int]) -> str:
    """Sequence numbers in short, like `1-5,9`; sorted, each once."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """(first, last) of each part of a text of `ranges`. Raises `ValueError`."""
    for part in text.split(",") if text else []:
        first, _, last = part.partition("-")
        yield int(first), int(last or first)


def numbers(text: str) -> list[int]:
    """The inverse of `ranges`. Raises `ValueError`."""
    return [number for first, last in spans(text) for number in range(first, last + 1)]


class Marks:
    """A set of sequence numbers that takes hundreds of thousands of spans quickly: one byte per number."""

    def __init__(self) -> None:
        self._marked = bytearray()

    def add(self, text: str) -> None:
        """Mark the numbers of a text of `ranges`."""
        for first, last in spans(text):
            if last >= len(self._marked):
                self._marked.extend(bytes(last + 1 - len(self._marked)))
            self._marked[first : last + 1] = b"\x01" * (last + 1 - first)

    def text(self) -> str:
        """All marked numbers as `ranges`."""
        found = ((run.start(), run.end() - 1) for run in re.finditer(b"\x01+", self._marked))
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def figures(year: int, lines: Iterable[tuple[Line, str]], book: Book, calendar: Calendar) -> dict[str, dict[str, Any]]:
    """The figures of a year: name → {value, entries}. `lines` of that year with their entries as `ranges`.

    person_times and teams, contests, places: counts. class_hours: in hundredths exactly. measured_minutes: whole minutes, rounded down.
    `entries` are the sequence numbers that the figure was computed from, as `ranges`.
    """
    sums: dict[str, int] = {"person_times": 0, "class_hours": 0, "counted": 0}
    used = {name: Marks() for name in sums}
    for line, entries in lines:
        for name in sums:
            amount = getattr(line, name)
            if amount:
                sums[name] += amount
                used[name].add(entries)
    held = book.contests_of(year, calendar)
    places = book.places_at(calendar.year_end(year))
    teams = [seq for contest in held for seq in contest.teams.values()]
    return {
        "person_times": _figure(sums["person_times"], used["person_times"].text()),
        "class_hours": _figure(sums["class_hours"] / 100, used["class_hours"].text()),
        "measured_minutes": _figure(sums["counted"] // MINUTE, used["counted"].text()),
        "contests": _figure(len(held), ranges(contest.seq for contest in held)),
        "teams": _figure(len(teams), ranges([*teams, *(contest.seq for contest in held)])),
        "places": _figure(places[1] if places else None, str(places[0]) if places else ""),
    }


def _figure(value: float | int | None, entries: str) -> dict[str, Any]:
    return {"value": value, "entries": entries}


def by_subject(records: Iterable[tuple[int, Record]]) -> Iterator[tuple[str, list[tuple[int, Record]]]]:
    """Records of trainees in groups of one, from a stream that is sorted by subject."""
    current: str | None = None
    group: list[tuple[int, Record]] = []
    for seq, record in records:
        if record["subject"] != current:
            if current is not None:
                yield current, group
            current, group = record["subject"], []
        group.append((seq, record))
    if current is not None:
        yield current, group
