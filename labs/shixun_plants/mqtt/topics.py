"""Plain topics, as in a unified namespace: enterprise/site/area/line/cell/tag with a small JSON object each.

A reading is retained and sent when it changed by its signal's resolution (or its quality changed). `…/set` below a set point or
command takes a number, or an object with `value`; what became of it is told at `…/set/result`.
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shixun_plants.signals import Signal
from shixun_plants.writing import Refusal

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant

ENTERPRISE, SITE, LINE = "shixun", "site1", "line1"
SET, RESULT = "/set", "/set/result"


class Topics:
    """The topics of one plant's signals."""

    def __init__(self, live: "LivePlant") -> None:
        self._live = live
        base = f"{ENTERPRISE}/{SITE}/{live.config.kind}/{LINE}"
        self.of = {tag: f"{base}/{self._path(tag)}" for tag in live.signals}
        self._tags = {topic + SET: tag for tag, topic in self.of.items()}

    def tag(self, topic: str) -> str | None:
        """The tag that a `…/set` topic is for."""
        return self._tags.get(topic)

    def reading(self, signal: Signal) -> bytes:
        """The present reading of a signal as JSON: value, unit, quality, time."""
        readings = self._live.reported
        bad = signal.tag in readings.bad
        body: dict[str, object] = {"value": None if bad else number(signal, readings.values[signal.tag])}
        if signal.unit:
            body["unit"] = signal.unit
        body["quality"] = "bad" if bad else "good"
        body["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def wish(data: bytes) -> object:
        """What a client wants to be set: a number or boolean, or None where the payload says no such thing."""
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return None
        found = found.get("value") if isinstance(found, dict) else found
        return found if isinstance(found, int | float) else None

    def result(self, signal: Signal, refused: Refusal | None) -> bytes:
        """What became of a wish."""
        body: dict[str, object] = {"ok": refused is None}
        if refused is not None:
            body |= {"error": refused, "low": signal.low, "high": signal.high}
        return json.dumps(body, separators=(",", ":")).encode()

    def _path(self, tag: str) -> str:
        return tag.replace(".", "/") if "." in tag else f"{self._live.config.kind}/{tag}"


def number(signal: Signal, value: float) -> float | int | bool:
    """A reading as its kind of number: flags and switches are booleans, states and whole counters integers."""
    if signal.kind in ("flag", "switch"):
        return bool(value)
    if signal.kind in ("state", "command") or (signal.kind == "counter" and signal.resolution >= 1.0):
        return round(value)
    return round(value, 4)
