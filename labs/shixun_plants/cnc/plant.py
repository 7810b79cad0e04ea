"""The milling machine behind the interface that all plants share."""

import random
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from shixun_plants.actuators import NONE
from shixun_plants.alarms import AlarmSpec
from shixun_plants.cnc.core import Inputs, Mode, Params, initial, step
from shixun_plants.cnc.signals import ALARMS, SIGNALS, process_values
from shixun_plants.faults import Fault
from shixun_plants.plants import Plant, overrides, steps
from shixun_plants.signals import Signal

_STEP = 10.0  # s; finer than any temperature changes


class CncPlant(Plant):
    """A milling machine that takes part after part, and what its operator has set."""

    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ALARMS
    actuators: ClassVar[tuple[str, ...]] = ("spindle.speed",)
    warm_up: ClassVar[float] = 14_400.0
    remembered: ClassVar[float] = 3600.0

    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params`: fields of `core.Params` by name, e.g. {"mix": (1.0, 0.0, 0.0)}. ValueError for others."""
        self._rng = rng
        self.params = Params(**overrides(params, {field.name for field in fields(Params)}, "the milling machine"))
        self.state = initial(self.params, rng)
        self._run = True
        self._change = False
        self._override = 100.0
        self._life = 240.0

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""
        return self.state.time

    def set(self, tag: str, value: float) -> None:
        """A set point in its signal's unit, the switch, or the command for a new tool. KeyError for other tags."""
        if tag == "spindle.override":
            self._override = value
        elif tag == "tool.life_setpoint":
            self._life = value
        elif tag == "machine.run":
            self._run = bool(value)
        elif tag == "tool.cmd_change":
            self._change = self._change or (bool(value) and self.state.tool.wear > 0.0)
        else:
            raise KeyError(tag)

    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """`dt` plant seconds. A new tool that was asked for comes before the next part."""
        for part in steps(dt, _STEP):
            u = Inputs(self._run, self._change, self._override / 100.0, self._life, upsets or NONE)
            changes = self.state.changes
            self.state = step(self.params, self.state, u, part, self._rng)
            if self.state.changes != changes or self.state.mode is Mode.TOOL_CHANGE:
                self._change = False

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""
        return {
            **process_values(self.state),
            "spindle.override": self._override,
            "tool.life_setpoint": self._life,
            "tool.cmd_change": 0,
            "machine.run": int(self._run),
        }
