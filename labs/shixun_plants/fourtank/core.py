"""The quadruple-tank process as one pure step.

K. H. Johansson, "The quadruple-tank process: a multivariable laboratory process with an adjustable zero", *IEEE Trans. Control
Systems Technology* 8(3), 2000, eq. (1) (mass balances and Bernoulli's law), with its tables of parameters and operating points:

    A1 dh1/dt = -a1 sqrt(2 g h1) + a3 sqrt(2 g h3) + gamma1 k1 v1
    A2 dh2/dt = -a2 sqrt(2 g h2) + a4 sqrt(2 g h4) + gamma2 k2 v2
    A3 dh3/dt = -a3 sqrt(2 g h3) + (1 - gamma2) k2 v2
    A4 dh4/dt = -a4 sqrt(2 g h4) + (1 - gamma1) k1 v1

Ours: the tanks' rim, the pumps' run-up, drains at the lower tanks (a hand valve that opens a second outlet of up to the same
section: a load disturbance), and a wander of the pumps' flow. SI units, voltages in V.
"""

import math
import random
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from shixun_plants.actuators import NONE, Upsets, passing, travel
from shixun_plants.wander import Wander

MAX_DT = 0.5  # s; the fastest tank has a time constant of 23 s
VOLTS = 10.0  # of a pump at full speed
_PUMP_SECONDS = 2.0
_CM2, _CM3, _CM = 1e-4, 1e-6, 1e-2
Four = tuple[float, float, float, float]
Two = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Params:
    """Sections and outlets in m2, heights in m, pump constants in (m3/s)/V, gammas as shares. `volts` is the operating point."""

    areas: Four = (28 * _CM2, 32 * _CM2, 28 * _CM2, 32 * _CM2)
    outlets: Four = (0.071 * _CM2, 0.057 * _CM2, 0.071 * _CM2, 0.057 * _CM2)
    gravity: float = 9.81
    height: float = 0.20
    pumps: Two = (3.33 * _CM3, 3.35 * _CM3)
    gammas: Two = (0.70, 0.60)
    volts: Two = (3.0, 3.0)
    levels: Four = (12.4 * _CM, 12.7 * _CM, 1.8 * _CM, 1.4 * _CM)
    gains: Two = (1.5, 1.35)  # V/cm: the paper's 3.0 and 2.7 times its sensors' 0.5 V/cm
    resets: Two = (30.0, 40.0)
    wander: Wander = field(default_factory=lambda: Wander(1.0, 0.006, 60.0))  # of a pump's flow, as a share

    def __post_init__(self) -> None:
        if min(*self.areas, *self.outlets, *self.pumps, self.height, self.gravity) <= 0:
            raise ValueError("areas, outlets, pump constants and the height are positive")
        if not all(0 <= gamma <= 1 for gamma in self.gammas):
            raise ValueError("a gamma is a share of the pump's flow, 0 to 1")
        if not all(0 <= level <= self.height for level in self.levels):
            raise ValueError("a level is between the tank's bottom and its rim")


MINIMUM = Params()
NON_MINIMUM = replace(
    MINIMUM,
    pumps=(3.14 * _CM3, 3.29 * _CM3),
    gammas=(0.43, 0.34),
    volts=(3.15, 3.15),
    levels=(12.6 * _CM, 13.0 * _CM, 4.8 * _CM, 4.9 * _CM),
    gains=(0.75, -0.06),  # the paper's 1.5 and -0.12, times 0.5 V/cm
    resets=(110.0, 220.0),
)
PHASES = {"minimum": MINIMUM, "non-minimum": NON_MINIMUM}


def build(wishes: dict[str, Any]) -> Params:
    """Parameters from overrides: "phase" names one of `PHASES`, the others are fields. ValueError for what doesn't exist."""
    phase = wishes.pop("phase", "minimum")
    if phase not in PHASES:
        raise ValueError(f"no phase {phase!r}; there are: {', '.join(PHASES)}")
    return replace(PHASES[phase], **wishes)


OVERRIDES = {"phase", *(one.name for one in fields(Params))}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Voltages of the pumps (0 to 10), openings of the lower tanks' drains (0 to 1), actuators' faults by tag."""

    volts: Two = (0.0, 0.0)
    drains: Two = (0.0, 0.0)
    upsets: Upsets = field(default_factory=lambda: NONE)


class State(NamedTuple):
    """Levels in m, speeds as shares of a pump's full voltage, flows in m3/s, `spilled` in m3."""

    time: float
    levels: Four
    speeds: Two
    flows: Two
    wanders: Two
    spilled: float


def initial(params: Params) -> State:
    """At the operating point."""
    volts, pumps = params.volts, params.pumps
    flows = (pumps[0] * volts[0], pumps[1] * volts[1])
    return State(0.0, params.levels, (volts[0] / VOLTS, volts[1] / VOLTS), flows, (1.0, 1.0), 0.0)


def step(params: Params, state: State, u: Inputs, dt: float, rng: random.Random) -> State:
    """The tanks `dt` seconds later (0 < dt <= 0.5), by Euler's rule."""
    if not 0.0 < dt <= MAX_DT:
        raise ValueError(f"dt is in (0, {MAX_DT}] s")
    fault1, fault2 = u.upsets.get("pump1.voltage"), u.upsets.get("pump2.voltage")
    speed1 = travel(state.speeds[0], min(max(u.volts[0] / VOLTS, 0.0), 1.0), dt, _PUMP_SECONDS, fault1)
    speed2 = travel(state.speeds[1], min(max(u.volts[1] / VOLTS, 0.0), 1.0), dt, _PUMP_SECONDS, fault2)
    wander1, wander2 = (params.wander.next(value, dt, rng) for value in state.wanders)
    flow1 = params.pumps[0] * VOLTS * speed1 * passing(fault1) * wander1
    flow2 = params.pumps[1] * VOLTS * speed2 * passing(fault2) * wander2

    h1, h2, h3, h4 = state.levels
    a1, a2, a3, a4 = params.outlets
    double_g = 2.0 * params.gravity
    out1 = a1 * (1.0 + u.drains[0]) * math.sqrt(double_g * h1)
    out2 = a2 * (1.0 + u.drains[1]) * math.sqrt(double_g * h2)
    out3, out4 = a3 * math.sqrt(double_g * h3), a4 * math.sqrt(double_g * h4)
    gamma1, gamma2 = params.gammas
    net = (
        gamma1 * flow1 + out3 - out1,
        gamma2 * flow2 + out4 - out2,
        (1.0 - gamma2) * flow2 - out3,
        (1.0 - gamma1) * flow1 - out4,
    )
    grown = [h + q * dt / area for h, q, area in zip(state.levels, net, params.areas, strict=True)]
    kept = [min(max(h, 0.0), params.height) for h in grown]
    spilled = sum((h - k) * area for h, k, area in zip(grown, kept, params.areas, strict=True) if h > k)
    return State(
        state.time + dt,
        (kept[0], kept[1], kept[2], kept[3]),
        (speed1, speed2),
        (flow1, flow2),
        (wander1, wander2),
        state.spilled + spilled,
    )
