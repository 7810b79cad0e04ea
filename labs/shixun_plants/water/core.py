"""Raw water supply (stage 1 of a water treatment plant) as one pure step.

The figures of the raw water tank T101 are those of SWaT's stage 1 as minicps models it (Antonioli and Tippenhauer, *MiniCPS:
a toolkit for security research on CPS networks*, CPS-SPC 2015; examples/swat-s1/physical_process.py): section 1.5 m2, height
1.6 m, inflow 2.55 m3/h, outflow 2.45 m3/h, level marks 250/500/800/1200 mm. Mass balance of a prismatic tank:

    A dh/dt = q_in - q_out

Ours, where minicps is silent: the tank T301 behind it (the same section, so that starts and stops of the pump have a reason),
its wandering demand, the valve's and the pumps' travel times, and the standby pump P102. Everything is in SI units.
"""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from shixun_plants.actuators import NONE, Upsets, passing, travel
from shixun_plants.wander import Wander

MAX_DT = 1.0  # s
HOUR = 3600.0
_VALVE_SECONDS = 10.0  # a motorised valve's whole way
_PUMP_SECONDS = 2.0
_FULL_HEAD = 0.05  # m; below it a pump draws air


@dataclass(frozen=True, slots=True)
class Params:
    """Areas in m2, heights in m, flows in m3/s. `demand` and `supply` wander: m3/s, and a share of `q_in`."""

    area: float = 1.5
    height: float = 1.6
    q_in: float = 2.55 / HOUR
    q_out: float = 2.45 / HOUR
    level: float = 0.5  # of T101 at the start, as in minicps
    area_t301: float = 1.5
    height_t301: float = 1.2
    level_t301: float = 0.85
    demand: Wander = field(default_factory=lambda: Wander(1.6 / HOUR, 0.12 / HOUR, 600.0))
    supply: Wander = field(default_factory=lambda: Wander(1.0, 0.015, 300.0))

    def __post_init__(self) -> None:
        if min(self.area, self.height, self.q_in, self.q_out, self.area_t301, self.height_t301) <= 0:
            raise ValueError("areas, heights and flows are positive")
        if not (0 <= self.level <= self.height and 0 <= self.level_t301 <= self.height_t301):
            raise ValueError("a level is between the tank's bottom and its rim")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the controller orders: the inlet valve's opening (0 to 1) and the pumps. `upsets` are actuators' faults by tag."""

    valve: float = 0.0
    pump1: bool = False
    pump2: bool = False
    upsets: Upsets = field(default_factory=lambda: NONE)


class State(NamedTuple):
    """Levels in m, flows in m3/s, positions as shares, volumes in m3, times in s."""

    time: float
    level: float
    level_t301: float
    valve: float
    pump1: float
    pump2: float
    inflow: float
    outflow: float
    demand: float
    supply: float
    spilled: float  # over the rims, since the start
    dry: float  # s in which a pump ran without water
    run1: float  # s in which P101 ran
    starts1: int


def initial(params: Params) -> State:
    """Valve closed, pumps off."""
    demand, supply = params.demand.mean, params.supply.mean
    return State(0.0, params.level, params.level_t301, 0.0, 0.0, 0.0, 0.0, 0.0, demand, supply, 0.0, 0.0, 0.0, 0)


def step(params: Params, state: State, u: Inputs, dt: float, rng: random.Random) -> State:
    """The plant `dt` seconds later (0 < dt <= 1)."""
    if not 0.0 < dt <= MAX_DT:
        raise ValueError(f"dt is in (0, {MAX_DT}] s")
    faults = u.upsets
    valve_fault, fault1, fault2 = faults.get("mv101.position"), faults.get("p101.running"), faults.get("p102.running")
    valve = travel(state.valve, min(max(u.valve, 0.0), 1.0), dt, _VALVE_SECONDS, valve_fault)
    pump1 = travel(state.pump1, float(u.pump1), dt, _PUMP_SECONDS, fault1)
    pump2 = travel(state.pump2, float(u.pump2), dt, _PUMP_SECONDS, fault2)
    demand = max(0.0, params.demand.next(state.demand, dt, rng))
    supply = max(0.0, params.supply.next(state.supply, dt, rng))

    # Both pumps work into one line: two of them move little more than one (we take: nothing more).
    pumping = max(pump1 * passing(fault1), pump2 * passing(fault2))
    head = min(1.0, state.level / _FULL_HEAD)
    inflow = valve * passing(valve_fault) * params.q_in * supply
    outflow = min(pumping * params.q_out * head, state.level * params.area / dt + inflow)
    drawn = min(demand, state.level_t301 * params.area_t301 / dt + outflow)
    level = state.level + (inflow - outflow) * dt / params.area
    level_t301 = state.level_t301 + (outflow - drawn) * dt / params.area_t301
    over, over_t301 = max(0.0, level - params.height), max(0.0, level_t301 - params.height_t301)
    running = pump1 > 0.5
    return State(
        time=state.time + dt,
        level=max(0.0, level - over),
        level_t301=max(0.0, level_t301 - over_t301),
        valve=valve,
        pump1=pump1,
        pump2=pump2,
        inflow=inflow,
        outflow=outflow,
        demand=drawn,
        supply=supply,
        spilled=state.spilled + over * params.area + over_t301 * params.area_t301,
        dry=state.dry + (dt if pumping > 0.5 and head < 1.0 else 0.0),
        run1=state.run1 + (dt if running else 0.0),
        starts1=state.starts1 + (running and state.pump1 <= 0.5),
    )
