"""A 160 MW drum boiler with turbine as one pure step.

R. D. Bell and K. J. Åström, *Dynamic models for boiler-turbine-alternator units: data logs and parameter estimation for a
160 MW unit*, Report TFRT-3192, Lund 1987; in the form that R. Dimeo and K. Y. Lee use (*IEEE Trans. Energy Conversion* 10(4),
1995, eqs. 1-5). With drum pressure p in kg/cm2, electric power P in MW, fluid density rho in kg/m3, and the openings of the
fuel, steam and feedwater valves u1, u2, u3 (0 to 1):

    dp/dt   = 0.9 u1 - 0.0018 u2 p^(9/8) - 0.15 u3
    dP/dt   = (0.073 u2 - 0.016) p^(9/8) - 0.1 P
    drho/dt = (141 u3 - (1.1 u2 - 0.19) p) / 85

The valves' fastest rates are the paper's: 0.007, 0.02 and 0.05 per second. Ours: the safety valve, the emergency drain of the
drum, and no power or steam below zero (with the steam valve nearly shut the formulas give some). The state keeps the paper's
units; `signals` turns them into MPa, MW and mm.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from shixun_plants.actuators import NONE, Upsets, passing, travel

MAX_DT = 0.5  # s
FUEL_SECONDS, STEAM_SECONDS, FEED_SECONDS = 1 / 0.007, 1 / 0.02, 1 / 0.05
RELIEF_PRESSURE = 150.0  # kg/cm2, where the safety valve opens
_RELIEF = 0.5  # 1/s
_DRAIN = 40.0  # kg/s
_DENSITIES = (300.0, 600.0)  # kg/m3: an empty and a flooded drum; beyond them the level formula means nothing
_GAUGE = 1.0  # m up and down of the level gauge


class State(NamedTuple):
    """Pressure in kg/cm2, power in MW, density in kg/m3, valves as shares, time in s.

    `passing` are the shares of the three valves' flows that fouling lets through.
    """

    time: float
    pressure: float
    power: float
    density: float
    fuel: float
    steam: float
    feed: float
    passing: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def open(self) -> tuple[float, float, float]:
        """What the fuel, steam and feedwater valve let through, as shares of what they do fully open and clean."""
        fuel, steam, feed = self.passing
        return self.fuel * fuel, self.steam * steam, self.feed * feed


@dataclass(frozen=True, slots=True)
class Inputs:
    """Wanted openings (0 to 1) of the fuel, steam and feedwater valve, the drum's drain, and actuators' faults by tag."""

    fuel: float
    steam: float
    feed: float
    drain: bool = False
    upsets: Upsets = field(default_factory=lambda: NONE)


NOMINAL = State(0.0, 108.0, 66.65, 428.0, 0.34, 0.69, 0.436)


def steam_flow(steam: float, pressure: float) -> float:
    """Steam mass flow in kg/s: what leaves the drum in the density's balance."""
    return max(0.0, (1.1 * steam - 0.19) * pressure)


def derivatives(state: State, fuel: float, steam: float, feed: float) -> tuple[float, float, float]:
    """dp/dt, dP/dt and drho/dt of the published model, per second."""
    flow = state.pressure**1.125
    return (
        0.9 * fuel - 0.0018 * steam * flow - 0.15 * feed,
        (0.073 * steam - 0.016) * flow - 0.1 * state.power,
        (141.0 * feed - steam_flow(steam, state.pressure)) / 85.0,
    )


def drum_level(state: State) -> float:
    """The drum's water level in m from its middle (Bell and Åström's output equation).

    level = 0.05 (0.13073 rho + 100 a_cs + q_e / 9 - 67.975) with the steam's quality a_cs and the evaporation rate q_e.
    """
    pressure, density = state.pressure, state.density
    quality = (1.0 - 0.001538 * density) * (0.8 * pressure - 25.6) / (density * (1.0394 - 0.0012304 * pressure))
    fuel, steam, feed = state.open
    evaporation = (0.854 * steam - 0.147) * pressure + 45.59 * fuel - 2.514 * feed - 2.096
    level = 0.05 * (0.13073 * density + 100.0 * max(0.0, quality) + evaporation / 9.0 - 67.975)
    return min(max(level, -_GAUGE), _GAUGE)


def step(state: State, u: Inputs, dt: float) -> State:
    """The unit `dt` seconds later (0 < dt <= 0.5), by Euler's rule. Nothing here is random: `rng` would have no use."""
    if not 0.0 < dt <= MAX_DT:
        raise ValueError(f"dt is in (0, {MAX_DT}] s")
    faults = [u.upsets.get(f"{name}.valve") for name in ("fuel", "steam", "feed")]
    fuel = travel(state.fuel, min(max(u.fuel, 0.0), 1.0), dt, FUEL_SECONDS, faults[0])
    steam = travel(state.steam, min(max(u.steam, 0.0), 1.0), dt, STEAM_SECONDS, faults[1])
    feed = travel(state.feed, min(max(u.feed, 0.0), 1.0), dt, FEED_SECONDS, faults[2])
    moved = state._replace(
        fuel=fuel, steam=steam, feed=feed, passing=(passing(faults[0]), passing(faults[1]), passing(faults[2]))
    )
    pressure, power, density = derivatives(state, *moved.open)
    relief = _RELIEF * max(0.0, state.pressure - RELIEF_PRESSURE)
    if u.drain:
        density -= _DRAIN / 85.0
    low, high = _DENSITIES
    return moved._replace(
        time=state.time + dt,
        pressure=max(1.0, state.pressure + dt * (pressure - relief)),
        power=max(0.0, state.power + dt * power),
        density=min(max(state.density + dt * density, low), high),
    )


def equilibrium(pressure: float, power: float) -> tuple[float, float, float]:
    """The openings (fuel, steam, feed) that hold a pressure in kg/cm2 and a power in MW: the derivatives set to zero."""
    flow = math.pow(pressure, 1.125)
    steam = (0.1 * power / flow + 0.016) / 0.073
    feed = steam_flow(steam, pressure) / 141.0
    return (0.0018 * steam * flow + 0.15 * feed) / 0.9, steam, feed
