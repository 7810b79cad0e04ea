"""What the screen shows: readings, a short past of them, and alarms. Nothing here knows the true values."""

from collections import deque
from typing import Any

from shixun_plants.alarms import Board, Event
from shixun_plants.faults import Measured
from shixun_plants.hmi.mimic import Mimic
from shixun_plants.plants import Plant

TREND_POINTS = 300


def _as_json(event: Event) -> dict[str, Any]:
    """An alarm for the page; times in plant s."""
    spec, state = event
    return {
        "id": spec.id,
        "tag": spec.tag,
        "kind": spec.kind,
        "priority": spec.priority,
        "state": state.standing,
        "since": round(state.since),
        "until": None if state.until is None else round(state.until),
        "shelved": None if state.shelved is None else round(state.shelved),
    }


class Monitor:
    """The screen's memory, fed with readings."""

    def __init__(self, plant: Plant, mimic: Mimic) -> None:
        self.board = Board(plant.alarms, plant.signals)
        self._tags = mimic.trend_tags
        self._every = plant.remembered / TREND_POINTS
        self.trend: deque[tuple[float, ...]] = deque(maxlen=TREND_POINTS)

    def observe(self, measured: Measured) -> None:
        """Take a reading."""
        self.board.observe(measured)
        if not self.trend or measured.time - self.trend[-1][0] >= self._every - 1e-6:
            self.trend.append((round(measured.time, 1), *(round(measured.values[tag], 3) for tag in self._tags)))

    def alarms(self) -> list[dict[str, Any]]:
        """Alarms that stand or wait for an operator, then the shelved ones, then those that went."""
        return [_as_json(event) for event in (*self.board.standing(), *self.board.shelved(), *self.board.past)]
