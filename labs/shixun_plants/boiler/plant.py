"""The boiler unit with its controls and its account behind the interface that all plants share."""

import random
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from shixun_plants.actuators import NONE
from shixun_plants.alarms import AlarmSpec
from shixun_plants.boiler.control import KG_CM2, Controls
from shixun_plants.boiler.core import MAX_DT, NOMINAL, RELIEF_PRESSURE, Inputs, drum_level, steam_flow, step
from shixun_plants.boiler.economy import Account, Economy
from shixun_plants.boiler.signals import ALARMS, LOOPS, SETPOINTS, SIGNALS
from shixun_plants.faults import Fault, Measured
from shixun_plants.plants import Plant, overrides, steps
from shixun_plants.signals import Signal
from shixun_plants.wander import Wander

_OVERRIDES = {"start_hour", *(field.name for field in fields(Economy))}
_LOAD_WANDER = Wander(0.0, 1.0, 300.0)  # MW about the day's load
_T_H = 3.6  # t/h per kg/s


class BoilerPlant(Plant):
    """Drum boiler and turbine, three loops, the dispatcher's load and the money."""

    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ALARMS
    actuators: ClassVar[tuple[str, ...]] = tuple(f"{name}.valve" for name in LOOPS)
    scan: ClassVar[float] = 1.0
    warm_up: ClassVar[float] = 1800.0
    remembered: ClassVar[float] = 1800.0

    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params`: fields of `economy.Economy`, and "start_hour" (0 to 24; 7.5). ValueError for others."""
        wishes = overrides(params, _OVERRIDES, "the boiler unit")
        self._start = float(wishes.pop("start_hour", 7.5))
        if not 0.0 <= self._start < 24.0:
            raise ValueError("start_hour is an hour of the day, 0 to 24")
        self._rng = rng
        self.economy = Economy(**wishes)
        self.state = NOMINAL
        self.controls = Controls()
        self.account = Account()
        self._wander = 0.0

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""
        return self.state.time

    @property
    def hour(self) -> float:
        """The hour of the day, 0 to 24."""
        return (self._start + self.state.time / 3600.0) % 24.0

    @property
    def demand(self) -> float:
        """The dispatcher's load now, MW."""
        return max(0.0, self.economy.demand(self.hour) + self._wander)

    def set(self, tag: str, value: float) -> None:
        """A set point in its signal's unit, a switch or the reset. KeyError for other tags."""
        controls = self.controls
        if tag in SETPOINTS:
            setattr(controls, SETPOINTS[tag], value)
        elif tag == "dispatch.auto":
            controls.dispatched = bool(value)
        elif tag == "unit.reset":
            if value:
                controls.reset()
        else:
            name, what = tag.split(".")
            if name not in LOOPS or what not in ("auto", "command"):
                raise KeyError(tag)
            if what == "auto":
                getattr(controls, name).auto = bool(value)
            else:
                getattr(controls, name).hand = value

    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """`dt` plant seconds with the controls' present outputs."""
        controls = self.controls
        fuel, steam, feed = (getattr(controls, name).output / 100.0 for name in LOOPS)
        u = Inputs(fuel, steam, feed, controls.drain, upsets or NONE)
        for part in steps(dt, MAX_DT):
            self.state = step(self.state, u, part)
        self._wander = _LOAD_WANDER.next(self._wander, dt, self._rng)
        self.account = self.account.after(
            self.economy, self.hour, self.state.power, self.state.open[0], self.demand, dt
        )

    def control(self, readings: Measured) -> None:
        """One scan of the controls."""
        self.controls.scan(readings, self.demand, self.scan)

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""
        state, controls, account, hour = self.state, self.controls, self.account, self.hour
        fuel, steam, feed = state.open
        co2 = 3600.0 * self.economy.heat * fuel * self.economy.co2  # kg/h
        values = {
            "unit.state": int(controls.mode),
            "drum.pressure": KG_CM2 * state.pressure,
            "drum.level": 1000.0 * drum_level(state),
            "turbine.power": state.power,
            "turbine.target": controls.target,
            "steam.flow": _T_H * steam_flow(steam, state.pressure),
            "feed.flow": _T_H * 141.0 * feed,
            "drum.relief": int(state.pressure > RELIEF_PRESSURE),
            "drum.drain": int(controls.drain),
            "dispatch.auto": int(controls.dispatched),
            "unit.reset": 0,
            "dispatch.demand": self.demand,
            "clock.hour": hour,
            "tariff.period": self.economy.period(hour),
            "tariff.price": self.economy.price(hour),
            "energy.total": account.energy,
            "energy.short": account.short,
            "fuel.total": account.coal,
            "co2.total": account.co2,
            "co2.intensity": min(co2 / (1000.0 * state.power), 20.0) if state.power > 1.0 else 0.0,
            "account.revenue": int(account.revenue),
            "account.fuel_cost": int(account.fuel_cost),
        }
        for tag, name in SETPOINTS.items():
            values[tag] = getattr(controls, name)
        for name in LOOPS:
            loop = getattr(controls, name)
            values[f"{name}.valve"] = 100.0 * getattr(state, name)
            values[f"{name}.auto"] = int(loop.auto)
            values[f"{name}.command"] = loop.hand
        return values
