"""Statements: the figures of a year as a document that anybody can check against an export of the ledger.

Pure: the offline verifier calls `recount`, so neither Flask nor a database may be imported here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from shixun.volume import rules
from shixun.volume.book import OF_CENTER, OF_TRAINEES, Book, evidence_of, figures, ranges
from shixun.volume.calendar import MINUTE, Calendar
from shixun.volume.counting import Evidence, count

Records = Iterable[tuple[int, dict[str, Any]]]


def rule_part(rule: rules.Rule) -> dict[str, Any]:
    """How a statement names its rule."""
    return {
        "id": rule.id,
        "version": rule.version,
        "digest": rule.digest,
        "source": rule.source,
        "text": rule.text,
        "time": rule.time,
        "hours": rule.hours,
    }


def recount(claim: dict[str, Any], records: Callable[[], Records]) -> dict[str, dict[str, Any]]:
    """The figures of the claim's year from the records up to its head: name → {value, entries}.

    `records` is called twice and gives the records in order each time. Raises `ValueError` where this release can't count by the rule
    that the claim names, or has another text under its name.
    """
    rule = rules.load(claim["rule"]["id"], claim["rule"]["version"])
    if rule.digest != claim["rule"]["digest"]:
        raise ValueError(f"the rule {rule.name} of this release is not the one that the statement was counted by")
    calendar = Calendar(claim["center"]["timezone"])
    year, cap = int(claim["year"]), int(claim["daily_cap_minutes"]) * MINUTE
    book = Book.read([item for item in records() if item[1]["kind"] in OF_CENTER])
    trainees: dict[str, Evidence] = defaultdict(Evidence)
    for seq, record in records():
        if record["kind"] in OF_TRAINEES:
            _merge(trainees[record["subject"]], evidence_of([(seq, record)], book.reversed_ids))
    lines = (
        (line, ranges(line.entries))
        for subject in sorted(trainees)
        for line in count(trainees[subject], book.runs, rule.share, cap, calendar)
        if line.year == year
    )
    return figures(year, lines, book, calendar)


def _merge(into: Evidence, more: Evidence) -> None:
    into.intervals.extend(more.intervals)
    for run_id, seq in more.enrolled.items():
        into.enrolled[run_id] = min(seq, into.enrolled.get(run_id, seq))
    for run_id, seen in more.checkins.items():
        into.checkins[run_id].extend(seen)
