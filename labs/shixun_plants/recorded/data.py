"""A recorded shift as the screen's script reads it: counters as differences, so that a phone loads little."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from shixun_plants.bottling.record import EVERY, Shift

SHIFT_BEGIN = 8 * 3600  # s of the day: an early shift


def shift_data(shift: Shift) -> dict[str, Any]:
    """All of a shift, JSON-ready. Times in s since it began, power in kW, energy in Wh."""
    return {
        "seconds": shift.seconds,
        "every": EVERY,
        "begin": SHIFT_BEGIN,
        "capacities": list(shift.capacities),
        "stations": [
            {
                "segments": [[part.start, part.end, part.kind] for part in station.segments],
                "made": _steps(station.made_at),
                "rejected": _steps(station.rejected_at),
            }
            for station in shift.stations
        ],
        "buffers": [list(levels) for levels in shift.buffers_at],
        "power": [round(power / 1e3, 1) for power in shift.power_at],
        "energy": _steps([round(energy / 3600) for energy in shift.energy_at]),
    }


def _steps(counter: Sequence[int]) -> list[int]:
    return [counter[0], *(after - before for before, after in pairwise(counter))]
