"""A test stand with a rolling bearing as one pure step: what changes slowly. `vibration` has what changes fast.

The drive turns the shaft, the load presses on the bearing, and a spall grows exponentially while it turns: in proportion to
the speed and to the load's cube (the exponent of ball bearings' life, ISO 281). Growth is quick-motion: hours instead of
months. SI units, but speeds in rpm.
"""

import math
import random
from dataclasses import dataclass, field
from typing import NamedTuple

from shixun_plants.actuators import NONE, Upsets, passing, travel
from shixun_plants.bearing.geometry import Geometry, Place
from shixun_plants.wander import Wander

MAX_DT = 1.0  # s
TOP_SPEED = 2000.0  # rpm
RATED_SPEED = 1797.0  # rpm: 29.95 Hz, the CWRU stand's without load
STANDSTILL = 5.0  # rpm, below which a bearing can be replaced


@dataclass(frozen=True, slots=True)
class Params:
    """`place`, `resonance` (Hz) and `severity` None: drawn from the plant's seed. `growth` is the severity's time constant in s at
    rated speed and half load; amplitudes in m/s2, temperatures in K, power in W, `slip` as a share of the period."""

    geometry: Geometry = field(default_factory=Geometry)
    place: int | None = None
    resonance: float | None = None
    severity: float | None = None
    growth: float = 2700.0
    damping: float = 0.05
    slip: float = 0.01
    amplitude: float = 120.0
    noise: float = 0.6
    unbalance: float = 0.4
    power: float = 2200.0
    run_up: float = 20.0
    speed: Wander = field(default_factory=lambda: Wander(1.0, 0.0005, 20.0))
    ambient: Wander = field(default_factory=lambda: Wander(298.15, 1.0, 3600.0))
    heat: tuple[float, float, float] = (12.0, 18.0, 45.0)  # K at rated speed: idling, full load, a worn-out bearing
    warming: float = 600.0

    def __post_init__(self) -> None:
        if self.place is not None and self.place not in tuple(Place):
            raise ValueError("place is 0 outer race, 1 inner race, 2 ball or 3 cage")
        if self.resonance is not None and not 2000 <= self.resonance <= 4000:
            raise ValueError("the resonance is 2000 to 4000 Hz")
        if self.severity is not None and not 0 <= self.severity <= 1:
            raise ValueError("a severity is 0 to 1")
        if min(self.growth, self.run_up, self.warming, self.power) <= 0 or not 0 < self.damping < 1:
            raise ValueError("times and power are positive, damping is a share")
        if not 0 <= self.slip < 0.1 or not (
            0 <= self.amplitude <= 200 and 0 <= self.noise <= 50 and 0 <= self.unbalance <= 50
        ):
            raise ValueError("slip is 0 to 0.1, the amplitude at most 200 and noise and unbalance at most 50 m/s2")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Wanted speed in rpm, load as a share, whether the drive runs, and the order for a new bearing."""

    speed: float = RATED_SPEED
    load: float = 0.5
    run: bool = True
    replace: bool = False
    upsets: Upsets = field(default_factory=lambda: NONE)


class Bearing(NamedTuple):
    """The bearing that is built in: where its fault is, its housing's resonance in Hz, and its severity (0 to 1)."""

    place: Place
    resonance: float
    severity: float


class State(NamedTuple):
    """Times in s, speed in rpm, temperatures in K, power in W; `drive` is a share of TOP_SPEED."""

    time: float
    bearing: Bearing
    drive: float
    wander: float
    speed: float
    load: float
    ambient: float
    temperature: float
    power: float
    turned: float  # s in which the shaft turned, of this bearing
    replaced: int


def draw_bearing(params: Params, rng: random.Random) -> Bearing:
    """A new bearing, with a fault that nobody can see yet."""
    place, resonance, severity = Place(rng.randrange(4)), rng.uniform(2200.0, 3800.0), rng.uniform(0.01, 0.03)
    return Bearing(
        place if params.place is None else Place(params.place),
        resonance if params.resonance is None else params.resonance,
        severity if params.severity is None else params.severity,
    )


def initial(params: Params, rng: random.Random) -> State:
    """Standing and cold."""
    ambient = params.ambient.mean
    return State(0.0, draw_bearing(params, rng), 0.0, 1.0, 0.0, 0.0, ambient, ambient, 0.0, 0.0, 0)


def step(params: Params, state: State, u: Inputs, dt: float, rng: random.Random) -> State:
    """The stand `dt` seconds later (0 < dt <= 1)."""
    if not 0.0 < dt <= MAX_DT:
        raise ValueError(f"dt is in (0, {MAX_DT}] s")
    fault = u.upsets.get("shaft.speed")
    wander = params.speed.next(state.wander, dt, rng)
    wanted = min(max(u.speed * wander / TOP_SPEED, 0.0), 1.0) if u.run else 0.0
    drive = travel(state.drive, wanted, dt, params.run_up, fault)
    speed = drive * TOP_SPEED * passing(fault)
    load = min(max(u.load, 0.0), 1.0)
    ambient = params.ambient.next(state.ambient, dt, rng)
    turns = speed / RATED_SPEED

    bearing, replaced, turned = state.bearing, state.replaced, state.turned + (dt if speed > STANDSTILL else 0.0)
    if u.replace and speed <= STANDSTILL:
        bearing, replaced, turned = draw_bearing(params, rng), replaced + 1, 0.0
    else:
        pace = turns * (0.5 + load) ** 3
        grown = bearing.severity * math.exp(pace * dt / params.growth)
        bearing = bearing._replace(severity=min(grown, 1.0))

    idling, loaded, worn = params.heat
    wanted_temperature = ambient + turns * (idling + loaded * load + worn * bearing.severity)
    keep = math.exp(-dt / params.warming)
    return State(
        state.time + dt,
        bearing,
        drive,
        wander,
        speed,
        load,
        ambient,
        wanted_temperature + (state.temperature - wanted_temperature) * keep,
        params.power * turns * (0.08 + load),
        turned,
        replaced,
    )
