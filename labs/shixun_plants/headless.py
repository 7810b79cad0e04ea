"""A plant without protocols, screen or clock: what graders replay a trainee's design on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shixun_plants.faults import Fault
from shixun_plants.plants import make_plant
from shixun_plants.rig import Rig
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


class Replay:
    """A plant in the caller's hand: `advance` it step by step, with inputs that may depend on what it showed.

    The same seed and the same inputs give the same values. `true` is what the process does, `measured` what its
    instruments say (a controller sees no more), both by tag in the signals' units.
    """

    def __init__(
        self,
        kind: str,
        process_seed: bytes,
        *,
        params: Mapping[str, Any] | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        """A new plant at plant second 0. ValueError for an unknown kind or parameter, KeyError for a fault's unknown tag."""
        self.plant = make_plant(kind, process_rng(process_seed), params)
        tags = {signal.tag for signal in self.plant.signals}
        faults = tuple(faults)
        for fault in faults:
            if fault.tag not in tags:
                raise KeyError(f"{kind} has no tag {fault.tag}")
        self.rig = Rig(self.plant, process_rng(process_seed + b"/instruments"), faults)

    @property
    def time(self) -> float:
        """Plant seconds since the start."""
        return self.plant.time

    @property
    def true(self) -> dict[str, float]:
        """What the process does now."""
        return self.rig.true

    @property
    def measured(self) -> Mapping[str, float]:
        """What the instruments say now."""
        return self.rig.measured.values

    @property
    def bad(self) -> frozenset[str]:
        """Tags whose reading is marked bad now."""
        return self.rig.measured.bad

    def advance(self, dt: float, inputs: Mapping[str, float] | None = None) -> None:
        """Set `inputs` (set points and commands by tag, in their signals' units), then let `dt` plant seconds pass.

        KeyError for a tag that can't be written, ValueError for a value outside its signal's range or a `dt` that isn't
        positive.
        """
        if not dt > 0:
            raise ValueError("dt is positive, in s")
        for tag, value in (inputs or {}).items():
            self.write(tag, value)
        self.rig.advance(dt)

    def write(self, tag: str, value: float) -> None:
        """Set one input; it acts from now on. KeyError and ValueError as in `advance`."""
        signal = next((signal for signal in self.plant.signals if signal.tag == tag and signal.writable), None)
        if signal is None:
            raise KeyError(f"{tag} is no set point or command")
        if not signal.low <= value <= signal.high:
            raise ValueError(f"{tag} is in [{signal.low:g}, {signal.high:g}] {signal.unit}")
        self.rig.write(tag, value)


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
    replay = Replay(kind, process_seed, params=params, faults=faults)
    writable = {signal.tag for signal in replay.plant.signals if signal.writable}
    pending = sorted(inputs, key=lambda item: item.at)
    for item in pending:
        if item.tag not in writable:
            raise KeyError(f"{item.tag} is no set point or command of {kind}")
    trace = Trace()
    steps = round(seconds / dt)
    stride = max(1, round(every / dt))
    position = 0
    for number in range(steps + 1):
        while position < len(pending) and pending[position].at <= number * dt + 1e-9:
            replay.write(pending[position].tag, pending[position].value)
            position += 1
        if number % stride == 0 or number == steps:
            trace.times.append(replay.time)
            readings = replay.measured
            for tag, value in replay.true.items():
                trace.true.setdefault(tag, []).append(value)
                trace.measured.setdefault(tag, []).append(readings[tag])
        if number < steps:
            replay.rig.advance(dt)
    return trace
