"""Instruments: the true value of a tag apart from what the plant's devices report, with faults in between."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from shixun_plants.signals import Signal

FaultKind = Literal["frozen", "drift", "noise", "dropout"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one instrument from `start` to `end`, plant seconds.

    frozen: the last reading stays. drift: `size` units per second are added from `start` on. noise: normal noise of
    deviation `size` is added. dropout: the wire breaks, the reading falls to the bottom of its range and is marked bad.
    """

    tag: str
    kind: FaultKind
    start: float = 0.0
    end: float = float("inf")
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What the devices report at plant second `time`: values by tag in the signals' units, and the tags marked bad."""

    time: float
    values: Mapping[str, float]
    bad: frozenset[str] = field(default_factory=frozenset)


def measure(
    signals: Iterable[Signal],
    true: Mapping[str, float],
    time: float,
    faults: Iterable[Fault],
    rng: random.Random,
    last: Measured | None = None,
) -> Measured:
    """Readings of all signals. `last` is the reading before, which a frozen instrument goes on showing.

    Counters, states and flags have no noise and stay whole numbers; every reading is kept within its range.
    """
    active = {fault.tag: fault for fault in faults if fault.start <= time < fault.end}
    values: dict[str, float] = {}
    bad = set()
    for signal in signals:
        value = true[signal.tag]
        if signal.noise:
            value += rng.gauss(0.0, signal.noise)
        if (fault := active.get(signal.tag)) is not None:
            if fault.kind == "dropout":
                value = signal.low
                bad.add(signal.tag)
            elif fault.kind == "frozen":
                value = last.values[signal.tag] if last else value
            elif fault.kind == "drift":
                value += fault.size * (time - fault.start)
            else:
                value += rng.gauss(0.0, fault.size)
            if signal.kind not in ("analog", "setpoint"):
                value = round(value)
        values[signal.tag] = min(max(value, signal.low), signal.high)
    return Measured(time, values, frozenset(bad))
