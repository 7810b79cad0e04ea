"""The bearing stand behind the interface that all plants share."""

import random
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from shixun_plants.actuators import NONE
from shixun_plants.alarms import AlarmSpec
from shixun_plants.bearing.core import MAX_DT, RATED_SPEED, STANDSTILL, Inputs, Params, initial, step
from shixun_plants.bearing.signals import ALARMS, FEATURES, SIGNALS, process_values
from shixun_plants.faults import Fault
from shixun_plants.plants import Plant, overrides, steps
from shixun_plants.signals import Signal

if TYPE_CHECKING:
    from shixun_plants.bearing.vibration import Samples

_HIGHS = {signal.tag: signal.high for signal in SIGNALS}


class BearingPlant(Plant):
    """A drive, a shaft, a bearing that wears out, and a monitor that hears it: one second of vibration each second."""

    signals: ClassVar[tuple[Signal, ...]] = SIGNALS
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ALARMS
    actuators: ClassVar[tuple[str, ...]] = ("shaft.speed",)
    remembered: ClassVar[float] = 1800.0

    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params`: fields of `core.Params` by name, e.g. {"place": 1, "severity": 0.3}. ValueError for others."""
        self._rng = rng
        self._seed = rng.getrandbits(64)
        self.params = Params(**overrides(params, {field.name for field in fields(Params)}, "the bearing stand"))
        self.state = initial(self.params, rng)
        self._heard = self.state  # when the present second began
        self._features: dict[str, float] | None = None
        self._speed = RATED_SPEED
        self._load = 50.0
        self._run = True
        self._replace = False

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""
        return self.state.time

    def set(self, tag: str, value: float) -> None:
        """A set point in its signal's unit, the switch, or the command, which is lost unless the shaft stands. KeyError for others."""
        if tag == "drive.speed_setpoint":
            self._speed = value
        elif tag == "drive.load_setpoint":
            self._load = value
        elif tag == "drive.run":
            self._run = bool(value)
        elif tag == "stand.cmd_replace":
            self._replace = self._replace or (bool(value) and self.state.speed <= STANDSTILL)
        else:
            raise KeyError(tag)

    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """`dt` plant seconds."""
        for part in steps(dt, MAX_DT):
            u = Inputs(self._speed, self._load / 100.0, self._run, self._replace, upsets or NONE)
            self.state = step(self.params, self.state, u, part, self._rng)
            self._replace = False
            if _second(self.state.time) != _second(self._heard.time):
                self._heard, self._features = self.state, None

    def waveform(self, seconds: float = 1.0) -> "Samples":
        """Vibration in m/s2 (`vibration.RATE` samples a second) as it began with the present second: what the features are of."""
        from shixun_plants.bearing.vibration import waveform  # here: numpy is for plants that run

        return waveform(self.params, self._heard, self._seed + _second(self._heard.time), seconds)

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""
        if self._features is None:
            self._features = self._hear()
        return {
            **process_values(self.state),
            **self._features,
            "drive.speed_setpoint": self._speed,
            "drive.load_setpoint": self._load,
            "drive.run": int(self._run),
            "stand.cmd_replace": 0,
        }

    def view(self) -> dict[str, Any]:
        """The bearing's balls and orders, as its data sheet has them; where its fault is stays hidden."""
        geometry = self.params.geometry
        return {"balls": geometry.balls, "orders": list(geometry.orders)}

    def _hear(self) -> dict[str, float]:
        from shixun_plants.bearing.vibration import features

        found = features(self.params, self.waveform(), self._heard.speed)
        return {tag: min(getattr(found, name), _HIGHS[tag]) for tag, name in FEATURES.items()}


def _second(time: float) -> int:
    """The whole second; sums of tenths may fall a hair short of it."""
    return int(time + 1e-6)
