"""The quadruple tank with its two PI loops behind the interface that all plants share."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shixun_plants.actuators import NONE
from shixun_plants.alarms import AlarmSpec
from shixun_plants.faults import Fault, Measured
from shixun_plants.fourtank.core import MAX_DT, OVERRIDES, VOLTS, Inputs, build, initial, step
from shixun_plants.fourtank.signals import ALARMS, SETTINGS, SIGNALS
from shixun_plants.pi import Pi
from shixun_plants.plants import Plant, overrides, steps
from shixun_plants.signals import Signal


@dataclass(slots=True)
class Loop:
    """One level loop: tank n and pump n. Set point and the last good reading in cm, hand and output in V, drain in %."""

    pi: Pi
    setpoint: float
    hand: float
    output: float
    level: float
    auto: bool = True
    drain: float = 0.0


class FourTankPlant(Plant):
    """Four tanks, two pumps, and a PI controller for each of the lower tanks that can be switched to manual."""

    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ALARMS
    actuators: ClassVar[tuple[str, ...]] = ("pump1.voltage", "pump2.voltage")
    scan: ClassVar[float] = 0.5
    warm_up: ClassVar[float] = 900.0

    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params`: fields of `core.Params`, and "phase": "minimum" or "non-minimum". ValueError for others."""
        self._rng = rng
        self.params = build(overrides(params, OVERRIDES, "the four tanks"))
        self.state = initial(self.params)
        built = zip(self.params.gains, self.params.resets, self.params.volts, self.params.levels, strict=False)
        self.loops = [
            Loop(Pi(gain, reset, 0.0, VOLTS, volts), round(100.0 * level, 1), volts, volts, 100.0 * level)
            for gain, reset, volts, level in built
        ]

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""
        return self.state.time

    def set(self, tag: str, value: float) -> None:
        """A setting of a loop, in its signal's unit. KeyError for other tags."""
        number, name = SETTINGS[tag]
        loop = self.loops[number]
        if name in ("gain", "reset"):
            setattr(loop.pi, name, value)
        elif name == "auto":
            if value and not loop.auto:
                loop.pi.follow(loop.setpoint, loop.level, loop.output)
            loop.auto = bool(value)
        else:
            setattr(loop, name, value)

    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """`dt` plant seconds with the loops' present outputs."""
        first, second = self.loops
        u = Inputs((first.output, second.output), (first.drain / 100.0, second.drain / 100.0), upsets or NONE)
        for part in steps(dt, MAX_DT):
            self.state = step(self.params, self.state, u, part, self._rng)

    def control(self, readings: Measured) -> None:
        """One scan of both loops. A level marked bad leaves its loop's output as it is."""
        for number, loop in enumerate(self.loops, 1):
            tag = f"tank{number}.level"
            good = tag not in readings.bad
            if good:
                loop.level = readings.values[tag]
            if not loop.auto:
                loop.output = loop.hand
            elif good:
                loop.output = loop.pi.output(loop.setpoint, loop.level, self.scan)

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""
        state = self.state
        values: dict[str, float] = {"plant.spilled": 1e6 * state.spilled}
        for number, level in enumerate(state.levels, 1):
            values[f"tank{number}.level"] = 100.0 * level
        for number in (1, 2):
            values[f"pump{number}.voltage"] = VOLTS * state.speeds[number - 1]
            values[f"pump{number}.flow"] = 1e6 * state.flows[number - 1]
        for tag, (number, name) in SETTINGS.items():
            loop = self.loops[number]
            values[tag] = float(getattr(loop.pi if name in ("gain", "reset") else loop, name))
        return values

    def view(self) -> dict[str, Any]:
        """The shares of the pumps' flows that go to the lower tanks."""
        return {"gammas": list(self.params.gammas)}
