"""The kinds of plant, each behind one small interface: adapters, runner and graders know no more than this.

A kind is a package of its own: a pure `step` in SI units, a `Plant` around it and a `Mimic` (what the screen draws). Both
are named here as "module:attribute" and loaded when a plant of the kind is made, so that a bottling line needs no library
of the others.
"""

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, cast

from shixun_plants.alarms import AlarmSpec
from shixun_plants.faults import Fault, Measured
from shixun_plants.signals import Signal


class Plant(ABC):
    """A plant that lives: holds its state and advances it. The physics is a pure `step` in the kind's own package."""

    signals: ClassVar[tuple[Signal, ...]]
    alarms: ClassVar[tuple[AlarmSpec, ...]] = ()
    actuators: ClassVar[tuple[str, ...]] = ()  # tags of valves, pumps and drives that can be stuck, sluggish or fouled
    scan: ClassVar[float] = 0.0  # plant s between two calls of `control`; 0: the kind has no controller on readings
    map_is_secret: ClassVar[bool] = False  # whether finding the point map is what labs with this kind are about
    warm_up: ClassVar[float] = 1800.0  # plant s before the doors open, so that trends and counters say something
    remembered: ClassVar[float] = 600.0  # plant s of the past that the screen shows

    @abstractmethod
    def __init__(self, rng: random.Random, params: Mapping[str, Any] | None = None) -> None:
        """`params` overrides fields of the kind's parameters; ValueError names what is wrong."""

    @property
    @abstractmethod
    def time(self) -> float:
        """Plant seconds since the process began."""

    @abstractmethod
    def set(self, tag: str, value: float) -> None:
        """Take a command or set point from outside, in its signal's unit; it acts at the next `advance`."""

    @abstractmethod
    def advance(self, dt: float, upsets: Mapping[str, Fault] | None = None) -> None:
        """Let `dt` plant seconds pass, in steps that the physics can take; `upsets` are actuators' faults by tag."""

    def control(self, readings: Measured) -> None:  # noqa: B027 - most kinds have none
        """The plant's own controller: one scan on what the instruments say."""

    @abstractmethod
    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""

    def view(self) -> dict[str, Any]:
        """What the HMI draws beyond the tags' readings (capacities and the like), JSON-ready."""
        return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind's `Plant` class and its `shixun_plants.hmi.mimic.Mimic` are: "module:attribute"."""

    plant: str
    mimic: str


KINDS: dict[str, Kind] = {
    "bottling": Kind("shixun_plants.bottling.plant:BottlingPlant", "shixun_plants.bottling.mimic:MIMIC"),
    "water": Kind("shixun_plants.water.plant:WaterPlant", "shixun_plants.water.mimic:MIMIC"),
    "four-tank": Kind("shixun_plants.fourtank.plant:FourTankPlant", "shixun_plants.fourtank.mimic:MIMIC"),
    "boiler": Kind("shixun_plants.boiler.plant:BoilerPlant", "shixun_plants.boiler.mimic:MIMIC"),
    "cnc": Kind("shixun_plants.cnc.plant:CncPlant", "shixun_plants.cnc.mimic:MIMIC"),
    "bearing": Kind("shixun_plants.bearing.plant:BearingPlant", "shixun_plants.bearing.mimic:MIMIC"),
}


def load(name: str) -> Any:
    """What "module:attribute" names."""
    module, attribute = name.split(":")
    return getattr(import_module(module), attribute)


def known(kind: str) -> Kind:
    """The kind of this name. ValueError with all names for another."""
    if kind not in KINDS:
        raise ValueError(f"no plant kind {kind!r}; there are: {', '.join(KINDS)}")
    return KINDS[kind]


def plant_class(kind: str) -> type[Plant]:
    """The class of a kind's plants, with its signals, alarms and actuators. ValueError for an unknown kind."""
    return cast(type[Plant], load(known(kind).plant))


def make_plant(kind: str, rng: random.Random, params: Mapping[str, Any] | None = None) -> Plant:
    """A new plant of a kind. `params` overrides fields of the kind's parameters; ValueError names what is wrong."""
    return plant_class(kind)(rng, params)


def catalogue(kind: str) -> tuple[Signal, ...]:
    """All signals of a kind, in the order in which the HMI lists them. ValueError for an unknown kind."""
    return plant_class(kind).signals


def overrides(params: Mapping[str, Any] | None, known_fields: set[str], name: str) -> dict[str, Any]:
    """`params` as a dict. ValueError where one isn't among the fields of the plant called `name`."""
    if unknown := set(params or ()) - known_fields:
        raise ValueError(f"{name} has no parameter {', '.join(sorted(unknown))}")
    return dict(params or {})


def steps(dt: float, longest: float) -> Iterator[float]:
    """`dt` in equal parts of at most `longest`, both in s."""
    count = max(1, math.ceil(dt / longest - 1e-9))
    return (dt / count for _ in range(count))
