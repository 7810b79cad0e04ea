"""What the screen shows: readings, a short past of them, and alarms. Nothing here knows the true values."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shixun_plants.bottling.packml import State
from shixun_plants.bottling.params import STATIONS
from shixun_plants.faults import Measured

TREND_TAGS = ("line.oee", "line.rate", "filler.rate")
TREND_POINTS = 300
TREND_EVERY = 2.0  # plant s between points: ten minutes of past
MAX_PAST_ALARMS = 20

_DOWN = (State.ABORTING, State.ABORTED)


@dataclass(slots=True)
class Alarm:
    """One alarm: `subject` is a station, the line or a tag, `kind` a key of the texts; times in plant s."""

    subject: str
    kind: str
    since: float
    until: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        return {"subject": self.subject, "kind": self.kind, "since": round(self.since), "until": self.until}


def conditions(measured: Measured) -> set[tuple[str, str]]:
    """All alarms that the readings call for now, as (subject, kind)."""
    values: Mapping[str, float] = measured.values
    found = {(tag, "bad") for tag in measured.bad}
    found |= {(spec.name, "failed") for spec in STATIONS if int(values[f"{spec.name}.state"]) in _DOWN}
    if int(values["line.state"]) in (*_DOWN, State.STOPPED, State.HELD):
        found.add(("line", "halted"))
    found |= {(spec.name, "waits") for spec in STATIONS if int(values[f"{spec.name}.state"]) == State.SUSPENDED}
    return found


class Monitor:
    """The screen's memory, fed with readings."""

    def __init__(self) -> None:
        self._active: dict[tuple[str, str], Alarm] = {}
        self._past: deque[Alarm] = deque(maxlen=MAX_PAST_ALARMS)
        self.trend: deque[tuple[float, ...]] = deque(maxlen=TREND_POINTS)

    def observe(self, measured: Measured) -> None:
        """Take a reading."""
        now = conditions(measured)
        for key in now - self._active.keys():
            self._active[key] = Alarm(*key, since=measured.time)
        for key in self._active.keys() - now:
            alarm = self._active.pop(key)
            alarm.until = round(measured.time)
            self._past.appendleft(alarm)
        if not self.trend or measured.time - self.trend[-1][0] >= TREND_EVERY - 1e-6:
            self.trend.append((round(measured.time, 1), *(round(measured.values[tag], 2) for tag in TREND_TAGS)))

    def alarms(self) -> list[dict[str, Any]]:
        """Active alarms, newest first, then those that went."""
        active = sorted(self._active.values(), key=lambda alarm: alarm.since, reverse=True)
        return [alarm.as_json() for alarm in (*active, *self._past)]
