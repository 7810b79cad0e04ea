"""What a pack's `judge` learns about the plant: the trainee's point map and both lives' logs, or the recorded shift."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
# Of the plant's second life, which calls speak to: Modbus, OPC UA (`opc.tcp://HOST:OPCUA_PORT`) and MQTT, as far as the lab has them.
PORT, OPCUA_PORT, MQTT_PORT = 5021, 4841, 1884
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

    def requests(self, protocol: str, number: int | None = None) -> list[dict[str, Any]]:
        """What clients asked over "modbus", "opcua" or "mqtt" while call `number` was answered; None: in the notebook."""
        entries = self.notebook if number is None else self.during(number)
        return [entry for entry in entries if entry.get("protocol") == protocol]

    def nodes_read(self, number: int | None = None) -> set[str]:
        """OPC UA nodes (as "ns=2;s=line.state") whose value was read or subscribed to with a good status."""
        found = set()
        for entry in self.requests("opcua", number):
            if entry["op"] in ("read", "subscribe"):
                items = entry["items"]
                found |= {
                    one["node"] for one in items if "attribute" not in one and one.get("status", "Good") == "Good"
                }
        return found

    def called(self, number: int | None = None) -> list[dict[str, Any]]:
        """OPC UA method calls in order: dicts with `object`, `method`, `arguments`, `status`."""
        return [entry for entry in self.requests("opcua", number) if entry["op"] == "call"]

    def topics_subscribed(self, number: int | None = None) -> set[str]:
        """MQTT topic filters to which clients subscribed."""
        found = set()
        for entry in self.requests("mqtt", number):
            if entry["op"] == "subscribe":
                found |= {one["filter"] for one in entry["topics"] if one["qos"] is not None}
        return found

    def published(self, number: int | None = None) -> list[dict[str, Any]]:
        """MQTT messages of clients in order: dicts with `client`, `topic`, `qos`, `retain` and `payload` (text) or `base64`."""
        return [entry for entry in self.requests("mqtt", number) if entry["op"] == "publish"]


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
