"""A plant without protocols, screen or clock: what graders replay a trainee's design on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shixun_plants.faults import Fault, Measured, measure
from shixun_plants.plants import make_plant
from shixun_plants.seeds import process_rng


@dataclass(frozen=True, slots=True)
class Input:
    """From plant second `at` on, `tag` (a set point or command) has this value, in the signal's unit."""

    at: float
    tag: str
    value: float


@dataclass(slots=True)
class Trace:
    """Rows of a simulation: times in s, and for each tag one true and one measured value per time."""

    times: list[float] = field(default_factory=list)
    true: dict[str, list[float]] = field(default_factory=dict)
    measured: dict[str, list[float]] = field(default_factory=dict)

    def last(self, tag: str) -> float:
        """The true value at the end."""
        return self.true[tag][-1]


def simulate(
    kind: str,
    process_seed: bytes,
    seconds: float,
    dt: float = 1.0,
    inputs: Iterable[Input] = (),
    *,
    params: Mapping[str, Any] | None = None,
    faults: Iterable[Fault] = (),
    every: float = 60.0,
) -> Trace:
    """Run a plant from its start for `seconds` in steps of `dt`; the same arguments give the same trace.

    A row is kept at 0, every `every` seconds and at the end. `inputs` act at the first step that begins at or after their
    time. `params` overrides the kind's parameters, e.g. {"buffers": (200,) * 4}. ValueError or KeyError for what doesn't
    exist.
    """
    if not (0 < dt <= seconds and every > 0):
        raise ValueError("0 < dt <= seconds and every > 0")
    plant = make_plant(kind, process_rng(process_seed), params)
    known = {signal.tag for signal in plant.signals if signal.writable}
    pending = sorted(inputs, key=lambda item: item.at)
    for item in pending:
        if item.tag not in known:
            raise KeyError(f"{item.tag} is no set point or command of {kind}")
    # Instruments draw from a stream of their own: a fault must not change what the process does.
    noise = process_rng(process_seed + b"/instruments")
    trace = Trace()
    reading: Measured | None = None
    faults = tuple(faults)
    steps = round(seconds / dt)
    stride = max(1, round(every / dt))
    position = 0
    for number in range(steps + 1):
        while position < len(pending) and pending[position].at <= number * dt + 1e-9:
            plant.set(pending[position].tag, pending[position].value)
            position += 1
        if number % stride == 0 or number == steps:
            true = plant.true_values()
            reading = measure(plant.signals, true, plant.time, faults, noise, reading)
            trace.times.append(plant.time)
            for tag, value in true.items():
                trace.true.setdefault(tag, []).append(value)
                trace.measured.setdefault(tag, []).append(reading.values[tag])
        if number < steps:
            plant.advance(dt)
    return trace
