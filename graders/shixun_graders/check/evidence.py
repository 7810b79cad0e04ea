"""What a pack's `judge` learns about the plant: the trainee's point map and both lives' logs, or the recorded shift."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
PORT = 5021  # of the plant's second life, which calls speak to
_TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 23: "holding"}  # by function code


@dataclass(frozen=True)
class PlantLog:
    """The plant's own record; the trainee's code can't write to it.

    `points` is the trainee's point map (dicts with the fields of `shixun_plants.pointmap.Point`); `notebook` and `calls`
    are the entries of the first and the second life, as `shixun_plants` logs them, with marks `{"op": "mark", "call": n,
    "edge": "begin" | "end"}` around each lockstep call. A form lab has none of them but `shift`: the finished shift that
    the trainee read on the screen (`shixun_plants.shift`), None without a plant.
    """

    points: list[dict[str, Any]] = field(default_factory=list)
    notebook: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    shift: Any = None

    def during(self, number: int) -> Iterator[dict[str, Any]]:
        """The entries while lockstep call `number` was answered; before each request stands what was true then."""
        inside = False
        before: dict[str, Any] | None = None
        for entry in self.calls:
            if entry.get("op") == "mark" and entry.get("call") == number:
                inside = entry["edge"] == "begin"
                if inside and before is not None:
                    yield before
            elif "measured" in entry:
                before = entry
                if inside:
                    yield entry
            elif inside:
                yield entry

    def measured(self, number: int) -> list[dict[str, float]]:
        """What the devices reported while call `number` was answered, in order: values by tag, in the tags' units."""
        return [entry["measured"] for entry in self.during(number) if "measured" in entry]

    def registers_read(self, number: int) -> set[tuple[int, str, int]]:
        """(unit id, table, address) of every register that was read without error while call `number` was answered."""
        found: set[tuple[int, str, int]] = set()
        for entry in self.during(number):
            table = _TABLES.get(entry.get("fc", 0))
            if entry.get("op") == "read" and table and "error" not in entry:
                places = range(entry["address"], entry["address"] + entry["count"])
                found |= {(entry["unit"], table, place) for place in places}
        return found


def parse_log(points: list[dict[str, Any]], lives: list[list[str]], recorded: dict[str, str] | None = None) -> PlantLog:
    """Read the logs' lines; a broken last line (the log's cap) is left out. `recorded`: the shift's kind and seed."""
    notebook, calls = ([*map(list, (_entries(life) for life in lives)), [], []])[:2]
    return PlantLog(points, notebook, calls, _shift(recorded))


def _shift(recorded: dict[str, str] | None) -> Any:
    if recorded is None:
        return None
    from shixun_plants.shift import shift  # here: only form labs need it, and it costs a second

    return shift(recorded["kind"], bytes.fromhex(recorded["seed"]))


def _entries(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
