"""Ranking rules: pure functions from an entry's score cells to its total and a sortable key. A registry by name.

A key compares as text: the greater one ranks first. Equal keys share a rank.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

_MOST = 10**15 - 1


@dataclass(frozen=True)
class Cell:
    """What an entry has in one challenge: points, and the receipt time of the answer that earned them (None: nothing yet)."""

    points: float
    received_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """An entry's total and its sortable key."""

    points: float
    key: str


Format = Callable[[Sequence[Cell], datetime], Standing]


def total(cells: Sequence[Cell], start: datetime) -> Standing:
    """Sum of points; of equals, who earned the last of them earlier ranks first. `start`: the contest's beginning.

    Receipt times decide, never the time at which a grader was done: a slow grader must not cost a rank.
    """
    points = sum(cell.points for cell in cells)
    times = [cell.received_at for cell in cells if cell.points > 0 and cell.received_at is not None]
    last = max(times, default=start)
    milliseconds = max(int((last - start).total_seconds() * 1000), 0)
    return Standing(points, f"{min(round(points * 1000), _MOST):015d}{_MOST - min(milliseconds, _MOST):015d}")


FORMATS: Mapping[str, Format] = {"sum": total}


def ranks(keys: Sequence[str]) -> list[int]:
    """Ranks of keys in descending order: 1, 2, 2, 4."""
    found: list[int] = []
    for position, key in enumerate(keys, start=1):
        found.append(found[-1] if found and key == keys[position - 2] else position)
    return found
