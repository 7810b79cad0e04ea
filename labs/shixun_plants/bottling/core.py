"""The bottling line: machines with finite buffers between them, as one pure step.

The model is the textbook serial production line with unreliable machines and finite buffers (Gershwin, *Manufacturing
Systems Engineering*, ch. 3-4): operation-dependent failures, exponential up and repair times, blocking after service,
an endless supply in front and an endless sink behind. Each machine runs the PackML state model (`packml`); the line has
a unit state of its own, which the machines follow. Everything is in SI units and bottles.
"""

import math
import random
from dataclasses import dataclass
from typing import NamedTuple

from shixun_plants.bottling.packml import DURATION, NEXT, Command, State, obey
from shixun_plants.bottling.params import Params
from shixun_plants.bottling.supervise import DOWN, PRODUCING, UNPLANNED, line_state, station_command

MAX_DT = 1.0  # s; a longer step would let a machine make several bottles before its neighbour moves
_RATE_WINDOW = 30.0  # s, smoothing of the output rate
_BOWL_TIME = 60.0  # s, time constant of the bowl's level control
_EXECUTE, _SUSPENDED = State.EXECUTE, State.SUSPENDED


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an operator gives the line: a command (for one step), speed as a share of nominal, the order in bottles.

    `order` 0 runs without end. A value outside its limits is a ValueError: the protocol adapters refuse it before.
    """

    command: Command | None = None
    speed: float = 1.0
    order: int = 0

    def __post_init__(self) -> None:
        if not 0.2 <= self.speed <= 1.0:
            raise ValueError("speed is a share of nominal in [0.2, 1]")
        if not 0 <= self.order <= 1_000_000:
            raise ValueError("an order has 0 to 1 000 000 bottles")


class StationState(NamedTuple):
    """One machine. Times in s; `life` is time in Execute left until it fails, `repair` what is left of the repair."""

    state: State
    elapsed: float
    life: float
    repair: float
    progress: float  # of the bottle in work, 0 to 1
    waiting: float  # s since it last could move a bottle
    made: int  # bottles finished, rejects included
    good: int
    down: float  # s of planned time in which the machine was not able to run
    working: bool


class LineState(NamedTuple):
    """The whole line. Times in s, `bowl` in m, `energy` in J, `power` in W, `rate` in bottle/s."""

    params: Params
    time: float
    state: State
    elapsed: float
    speed: float
    order: int
    order_base: int  # bottles delivered when the order began
    stations: tuple[StationState, ...]
    buffers: tuple[int, ...]
    planned: float  # s of planned production time
    rate: float
    power: float
    energy: float
    bowl: float
    wanders: tuple[float, ...]

    @property
    def delivered(self) -> int:
        """Good bottles that left the last machine."""
        return self.stations[-1].good

    @property
    def rejects(self) -> int:
        """Bottles that any machine took out."""
        return sum(station.made - station.good for station in self.stations)


def _exponential(mean: float, rng: random.Random) -> float:
    """A draw with the given mean, in its unit (inverse transform)."""
    return -mean * math.log(1.0 - rng.random())


def initial(params: Params, rng: random.Random) -> LineState:
    """A line that has just started: everything in Execute, empty buffers, counters at zero."""
    stations = tuple(
        StationState(_EXECUTE, 0.0, _exponential(spec.mtbf, rng), 0.0, 0.0, 0.0, 0, 0, 0.0, False)
        for spec in params.stations
    )
    wanders = tuple(wander.mean for wander in params.wanders.values())
    return LineState(
        params=params,
        time=0.0,
        state=_EXECUTE,
        elapsed=0.0,
        speed=1.0,
        order=0,
        order_base=0,
        stations=stations,
        buffers=(0,) * len(params.buffers),
        planned=0.0,
        rate=0.0,
        power=0.0,
        energy=0.0,
        bowl=params.bowl_level,
        wanders=wanders,
    )


def step(line: LineState, u: Inputs, dt: float, rng: random.Random) -> LineState:
    """The line `dt` seconds later (0 < dt <= 1). Pure but for the random numbers it takes from `rng`."""
    if not 0.0 < dt <= MAX_DT:
        raise ValueError(f"dt is in (0, {MAX_DT}] s")
    params = line.params
    base = line.order_base if u.order == line.order else line.delivered
    done = u.order > 0 and line.delivered - base >= u.order
    state = line_state(line.state, line.elapsed + dt, u.command, [s.state for s in line.stations], done)
    if line.state is State.COMPLETE and state is not line.state:
        base = line.delivered

    buffers = list(line.buffers)
    stations = list(line.stations)
    planned, producing, share = state not in UNPLANNED, state in PRODUCING, u.speed * dt
    # From the end backwards, so that a place that becomes free is used in the same step.
    for index in range(len(stations) - 1, -1, -1):
        now = stations[index]
        if now.state is _EXECUTE and producing:
            now = _produce(now, index, params, buffers, share, dt, rng)
            if now.life > 0.0 and now.waiting < params.patience:
                stations[index] = now
                continue
        else:
            now = now._replace(elapsed=now.elapsed + dt, working=False)
        stations[index] = _transit(now, index, params, buffers, state, dt, planned, rng)

    delivered = stations[-1].good - line.stations[-1].good
    power = 0.0
    for spec, now in zip(params.stations, stations, strict=True):
        power += spec.work_power * u.speed if now.working else spec.rest_power
    return LineState(
        params=params,
        time=line.time + dt,
        state=state,
        elapsed=line.elapsed + dt if state is line.state else 0.0,
        speed=u.speed,
        order=u.order,
        order_base=base,
        stations=tuple(stations),
        buffers=tuple(buffers),
        planned=line.planned + (dt if planned else 0.0),
        rate=line.rate + (delivered / dt - line.rate) * min(1.0, dt / _RATE_WINDOW),
        power=power,
        energy=line.energy + power * dt,
        bowl=_bowl(line, stations, dt),
        wanders=tuple(
            [wander.next(value, dt, rng) for wander, value in zip(params.wanders.values(), line.wanders, strict=True)]
        ),
    )


def _produce(
    now: StationState, index: int, params: Params, buffers: list[int], share: float, dt: float, rng: random.Random
) -> StationState:
    """What a machine in Execute makes in a step; `share` is speed x dt. Takes from and adds to `buffers` in place."""
    spec = params.stations[index]
    progress = now.progress + spec.rate * share
    wanted = int(progress)
    made = good = 0
    waiting, working = 0.0, True
    if wanted:
        in_front = buffers[index - 1] if index else wanted
        behind = params.buffers[index] - buffers[index] if index < len(buffers) else wanted
        made = min(wanted, in_front, behind)
        if made:
            good = made if spec.quality >= 1.0 else sum([rng.random() < spec.quality for _ in range(made)])
            if index:
                buffers[index - 1] -= made
            if index < len(buffers):
                buffers[index] += good
        else:
            waiting, working = now.waiting + dt, False
    return StationState(
        now.state,
        now.elapsed + dt,
        now.life - dt,
        now.repair,
        min(progress - made, 1.0),
        waiting,
        now.made + made,
        now.good + good,
        now.down,
        working,
    )


def _transit(
    now: StationState,
    index: int,
    params: Params,
    buffers: list[int],
    line: State,
    dt: float,
    planned: bool,
    rng: random.Random,
) -> StationState:
    """One machine's PackML state after a step: failure, repair, waiting, and what the line asks for."""
    state, life, repair = now.state, now.life, now.repair
    if state is _EXECUTE and life <= 0.0:
        spec = params.stations[index]
        after, repair, life = State.ABORTING, _exponential(spec.mttr, rng), _exponential(spec.mtbf, rng)
    elif state in NEXT and now.elapsed >= DURATION[state]:
        after = NEXT[state]
    else:
        in_front = index == 0 or buffers[index - 1] > 0
        behind = index == len(buffers) or buffers[index] < params.buffers[index]
        command = station_command(
            line, state, repaired=repair <= 0.0, waits=now.waiting >= params.patience, can_move=in_front and behind
        )
        after = state if command is None else obey(state, command)
    down = planned and state in DOWN
    if after is state and not down and repair <= 0.0:
        return now
    return now._replace(
        state=after,
        elapsed=now.elapsed if after is state else 0.0,
        life=life,
        repair=max(0.0, repair - dt) if after in (State.ABORTING, State.ABORTED) else repair,
        waiting=0.0 if after is _EXECUTE and state is not _EXECUTE else now.waiting,
        down=now.down + dt if down else now.down,
    )


def _bowl(line: LineState, stations: list[StationState], dt: float) -> float:
    """Level of the filler bowl in m: what the bottles take, refilled by a proportional valve (mass balance)."""
    params = line.params
    index = min(1, len(stations) - 1)
    taken = (stations[index].made - line.stations[index].made) * params.bottle_volume
    nominal = params.stations[index].rate * params.bottle_volume
    wish = 0.9 * nominal + (params.bowl_level - line.bowl) * params.bowl_area / _BOWL_TIME
    refill = min(max(wish, 0.0), 2.0 * nominal) * dt
    return max(0.0, line.bowl + (refill - taken) / params.bowl_area)
