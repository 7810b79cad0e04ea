"""The raw water supply with its PLC behind the interface that all plants share."""

import random
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from shixun_plants.actuators import NONE
from shixun_plants.alarms import AlarmSpec
from shixun_plants.faults import Fault, Measured
from shixun_plants.plants import Plant, overrides, steps
from shixun_plants.signals import Signal
from shixun_plants.water.control import Plc
from shixun_plants.water.core import MAX_DT, Inputs, Params, initial, step
from shixun_plants.water.signals import ALARMS, SETPOINTS, SIGNALS, SWITCHES, process_values


class WaterPlant(Plant):
    """Two tanks, an inlet valve, a duty and a standby pump, and PLC1."""

    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ALARMS
    actuators: ClassVar[tuple[str, ...]] = ("mv101.position", "p101.running", "p102.running")
    scan: ClassVar[float] = 1.0
    warm_up: ClassVar[float] = 5400.0
    remembered: ClassVar[float] = 1800.0

    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params`: fields of `core.Params` by name, e.g. {"area": 2.0}. ValueError for others."""
        self._rng = rng
        self.params = Params(**overrides(params, {field.name for field in fields(Params)}, "the raw water supply"))
        self.state = initial(self.params)
        self.plc = Plc()
        self._delivered = 0.0

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""
        return self.state.time

    def set(self, tag: str, value: float) -> None:
        """A set point in its signal's unit, a switch or the reset. KeyError for other tags."""
        if tag in SETPOINTS:
            setattr(self.plc, SETPOINTS[tag][0], value)
        elif tag == "plc1.reset":
            if value:
                self.plc.reset()
        else:
            setattr(self.plc, SWITCHES[tag][0], bool(value))

    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """`dt` plant seconds with the PLC's present orders."""
        u = Inputs(self.plc.valve / 100.0, self.plc.pump1, self.plc.pump2, upsets or NONE)
        for part in steps(dt, MAX_DT):
            self.state = step(self.params, self.state, u, part, self._rng)
            self._delivered += self.state.outflow * part

    def control(self, readings: Measured) -> None:
        """One scan of PLC1."""
        self.plc.scan(readings)

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""
        plc = self.plc
        return {
            **process_values(self.params, self.state),
            "plc1.state": int(plc.mode),
            "p101.failed": int(1 in plc.failed),
            "p102.failed": int(2 in plc.failed),
            "fit201.total": self._delivered,
            "plc1.reset": 0,
            **{tag: getattr(plc, spec[0]) for tag, spec in SETPOINTS.items()},
            **{tag: int(getattr(plc, spec[0])) for tag, spec in SWITCHES.items()},
        }
