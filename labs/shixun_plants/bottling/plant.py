"""The bottling line behind the interface that all plants share."""

import random
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar

from shixun_plants.alarms import AlarmSpec
from shixun_plants.bottling.core import MAX_DT, Inputs, initial, step
from shixun_plants.bottling.packml import Command
from shixun_plants.bottling.params import Params
from shixun_plants.bottling.signals import ALARMS, COMMANDS, SIGNALS, true_values
from shixun_plants.faults import Fault
from shixun_plants.plants import Plant, overrides, steps
from shixun_plants.signals import Signal

_OVERRIDES = {field.name for field in fields(Params)}


class BottlingPlant(Plant):
    """A bottling line and the operator's inputs."""

    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ALARMS
    map_is_secret: ClassVar[bool] = True

    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params`: fields of `Params` by name, e.g. {"buffers": (200, 200, 200, 200)}. ValueError for others."""
        self._rng = rng
        self.line = initial(Params(**overrides(params, _OVERRIDES, "the bottling line")), rng)
        self._speed = 1.0
        self._order = 0
        self._commands: list[Command] = []

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""
        return self.line.time

    def set(self, tag: str, value: float) -> None:
        """A set point in its signal's unit, or a command (any value but 0). KeyError for other tags."""
        if tag == "line.speed_setpoint":
            self._speed = value / 100.0
        elif tag == "line.order_size":
            self._order = int(value)
        elif value:
            command = COMMANDS[tag]
            # One of a kind is enough: a client that writes faster than the line steps can't grow the queue.
            if command not in self._commands:
                self._commands.append(command)

    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """`dt` plant seconds in equal steps of at most `MAX_DT`; commands act one per step, in the order they came."""
        set_now = Inputs(None, self._speed, self._order)
        for part in steps(dt, MAX_DT):
            u = replace(set_now, command=self._commands.pop(0)) if self._commands else set_now
            self.line = step(self.line, u, part, self._rng)

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""
        return true_values(self.line)

    def view(self) -> dict[str, Any]:
        """Capacities, nominal rates (bottle/min) and the bottleneck's name."""
        params = self.line.params
        return {
            "capacities": list(params.buffers),
            "nominal": {spec.name: 60.0 * spec.rate for spec in params.stations},
            "bottleneck": params.stations[params.bottleneck].name,
        }
