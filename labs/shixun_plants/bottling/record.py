"""A finished shift of a trainee's own bottling line: eight hours, drawn from a seed, the same whenever it is looked at.

There is no clock in it: the screen of a lab without code and the checks that grade it compute the same shift. The line is the
one of `core`; what is drawn are its machines (one of them clearly the slowest), a planned break, and one long stop behind the
bottleneck, so that every shift has something to find. Times are in s since the shift began.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from shixun_plants.bottling.core import Inputs, LineState, StationState, initial, step
from shixun_plants.bottling.packml import Command, State
from shixun_plants.bottling.params import STATIONS, Params
from shixun_plants.bottling.supervise import DOWN, UNPLANNED
from shixun_plants.seeds import Draw, process_rng

SECONDS = 8 * 3600
EVERY = 10  # s between samples
NATURAL_STOP = 420.0  # s that an ordinary repair takes at most: the long stop stays the longest
RUN, STARVED, BLOCKED, DOWN_STOP, BREAK = "run", "starved", "blocked", "down", "break"
KINDS = (RUN, STARVED, BLOCKED, DOWN_STOP, BREAK)
STARTUP = "startup"
REASONS: dict[str, tuple[str, ...]] = {
    "rinser": ("water-pressure", "fallen-bottle"),
    "filler": ("valve-leak", "bowl-level"),
    "capper": ("cap-jam", "cap-torque"),
    "labeller": ("label-reel", "glue-cold"),
    "packer": ("carton-jam", "photo-eye"),
}
_BEHIND = {"filler": ("capper", "labeller"), "capper": ("labeller", "packer"), "labeller": ("packer",)}
_NAMES = tuple(spec.name for spec in STATIONS)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one machine's time in one of `KINDS`; `end` is not part of it."""

    start: int
    end: int
    kind: str

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a machine of its own (failure, or starting up after the break), `reason` one of `REASONS` or `STARTUP`."""

    station: str
    start: int
    end: int
    reason: str

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class StationRecord:
    """One machine's shift. `rate` is its nominal speed in bottle/min; `made_at` and `rejected_at` are counters by sample.

    `segments` follow the PackML states, in which a machine that waits is suspended after some seconds; `times` (s by kind)
    are the machine's own counters, which know the short waits as well.
    """

    name: str
    rate: float
    segments: tuple[Segment, ...]
    times: Mapping[str, int]
    made_at: tuple[int, ...]
    rejected_at: tuple[int, ...]

    @property
    def made(self) -> int:
        """Bottles that the machine finished, rejects included."""
        return self.made_at[-1]

    @property
    def rejected(self) -> int:
        """Bottles that it took out."""
        return self.rejected_at[-1]

    @property
    def good(self) -> int:
        """Bottles that went on."""
        return self.made - self.rejected


@dataclass(frozen=True, slots=True)
class Shift:
    """The whole shift. Sample n is at n x `EVERY` s, from 0 to the end; power in W, energy in J, buffers in bottles."""

    stations: tuple[StationRecord, ...]
    capacities: tuple[int, ...]
    buffers_at: tuple[tuple[int, ...], ...]  # by buffer, then by sample
    power_at: tuple[float, ...]
    energy_at: tuple[float, ...]
    stops: tuple[Stop, ...]  # in the order of their beginnings

    @property
    def seconds(self) -> int:
        """Length of the shift."""
        return SECONDS

    @property
    def planned(self) -> int:
        """Planned production time: the shift without the break, s."""
        return SECONDS - self.stations[0].times[BREAK]

    @property
    def good(self) -> int:
        """Good bottles that left the line."""
        return self.stations[-1].good

    @property
    def energy(self) -> float:
        """Electrical energy of the whole shift, J."""
        return self.energy_at[-1]

    def station(self, name: str) -> StationRecord:
        """A machine by its name."""
        return next(station for station in self.stations if station.name == name)


@dataclass(frozen=True, slots=True)
class _Plan:
    params: Params
    break_start: int
    break_end: int
    long_station: int
    long_from: int
    long_seconds: float


def record(seed: bytes) -> Shift:
    """The shift of a seed. Takes about a second."""
    draw, rng = Draw(seed, "shift"), process_rng(seed + b"/shift")
    plan = _plan(draw)
    recorder = _Recorder(plan.params, draw)
    line = initial(plan.params, rng)
    recorder.sample(line)
    waiting_for_long = True
    for second in range(SECONDS):
        if waiting_for_long and second >= plan.long_from and _may_fail(line, plan, second):
            line = _changed(line, plan.long_station, line.stations[plan.long_station]._replace(life=0.0))
            waiting_for_long = False
        after = step(line, Inputs(_command(line, plan, second)), 1.0, rng)
        for index, (was, now) in enumerate(zip(line.stations, after.stations, strict=True)):
            if now.state is State.ABORTING and was.state is not State.ABORTING:
                is_long = index == plan.long_station and was.life == 0.0
                repair = plan.long_seconds if is_long else min(now.repair, NATURAL_STOP)
                after = _changed(after, index, now._replace(repair=repair))
        line = after
        recorder.see(line)
        if (second + 1) % EVERY == 0:
            recorder.sample(line)
    return recorder.shift()


def _plan(draw: Draw) -> _Plan:
    """Draw the line and what happens to it."""
    slow = draw.choice(tuple(_BEHIND))
    long_station = draw.choice(_BEHIND[slow])
    # Half of the lines lose most by their bottleneck's repairs, the others by what they reject.
    rejecting = draw.below(2) == 1
    bad = {"filler": 0.010 + 0.001 * draw.below(6)}
    if rejecting:
        bad[slow] = 0.050 + 0.002 * draw.below(6)
    stations = tuple(
        replace(
            spec,
            rate=(51 + draw.below(4)) / 60 if spec.name == slow else (62 + draw.below(7)) / 60,
            mtbf=60.0 * (35 + draw.below(16)),
            mttr=(35.0 if rejecting and spec.name == slow else 80.0) + draw.below(41),
            quality=1.0 - bad.get(spec.name, 0.0),
        )
        for spec in STATIONS
    )
    buffers = tuple(10 * (5 + draw.below(9)) for _ in STATIONS[1:])
    pause = 60 * (210 + draw.below(61))
    hours = draw.choice((3600, 4 * 3600 + 2400 + 1800))
    return _Plan(
        params=Params(stations=stations, buffers=buffers, wanders={}),  # instruments that a shift doesn't show
        break_start=pause,
        break_end=pause + 300 * (4 + draw.below(5)),
        long_station=_NAMES.index(long_station),
        long_from=hours + 60 * draw.below(60),
        long_seconds=float(720 + draw.below(361)),
    )


def _may_fail(line: LineState, plan: _Plan, second: int) -> bool:
    """Whether the long stop may begin now: the machine runs, and the buffer in front of it has room to show."""
    machine, before = line.stations[plan.long_station], line.stations[plan.long_station - 1]
    if State.EXECUTE is not machine.state or State.EXECUTE is not before.state:
        return False
    room = line.buffers[plan.long_station - 1] <= 0.6 * line.params.buffers[plan.long_station - 1]
    return room or second >= plan.long_from + 2400


def _command(line: LineState, plan: _Plan, second: int) -> Command | None:
    """What the operator orders: the break, and going on after it."""
    if plan.break_start <= second < plan.break_end:
        return None if line.state in UNPLANNED else Command.COMPLETE
    if second >= plan.break_end:
        return {State.COMPLETE: Command.RESET, State.IDLE: Command.START}.get(line.state)
    return None


def _changed(line: LineState, index: int, station: StationState) -> LineState:
    return line._replace(stations=(*line.stations[:index], station, *line.stations[index + 1 :]))


class _Recorder:
    """Watches the line second by second."""

    def __init__(self, params: Params, draw: Draw) -> None:
        self._params, self._draw = params, draw
        count = len(params.stations)
        self._kinds: list[list[str]] = [[] for _ in range(count)]
        self._times: list[dict[str, int]] = [dict.fromkeys(KINDS, 0) for _ in range(count)]
        self._made: list[list[int]] = [[] for _ in range(count)]
        self._rejected: list[list[int]] = [[] for _ in range(count)]
        self._buffers: list[list[int]] = [[] for _ in params.buffers]
        self._power: list[float] = []
        self._energy: list[float] = []

    def see(self, line: LineState) -> None:
        """Note what each machine did in this second."""
        unplanned = line.state in UNPLANNED
        for index, station in enumerate(line.stations):
            state, kinds, times = station.state, self._kinds[index], self._times[index]
            if unplanned:
                kind = counted = BREAK
            elif state is State.EXECUTE:
                kind = RUN
                counted = self._cause(line, index) if station.waiting > 0.0 else RUN
            elif state in DOWN:
                kind = counted = DOWN_STOP
            else:  # suspended: for what it began to wait for
                before = kinds[-1] if kinds else RUN
                kind = counted = before if before in (STARVED, BLOCKED) else self._cause(line, index)
            kinds.append(kind)
            times[counted] += 1

    def _cause(self, line: LineState, index: int) -> str:
        full = index < len(line.buffers) and line.buffers[index] >= self._params.buffers[index]
        return BLOCKED if full else STARVED

    def sample(self, line: LineState) -> None:
        """Note the counters and levels of this moment."""
        for index, station in enumerate(line.stations):
            self._made[index].append(station.made)
            self._rejected[index].append(station.made - station.good)
        for levels, level in zip(self._buffers, line.buffers, strict=True):
            levels.append(level)
        self._power.append(line.power)
        self._energy.append(line.energy)

    def shift(self) -> Shift:
        """What was seen."""
        stations = tuple(
            StationRecord(
                spec.name,
                round(60.0 * spec.rate, 6),
                tuple(_segments(self._kinds[index])),
                self._times[index],
                tuple(self._made[index]),
                tuple(self._rejected[index]),
            )
            for index, spec in enumerate(self._params.stations)
        )
        return Shift(
            stations,
            self._params.buffers,
            tuple(map(tuple, self._buffers)),
            tuple(self._power),
            tuple(self._energy),
            tuple(sorted(self._stops(stations), key=lambda stop: (stop.start, stop.station))),
        )

    def _stops(self, stations: tuple[StationRecord, ...]) -> Iterator[Stop]:
        for station in stations:
            before = RUN
            for segment in station.segments:
                if segment.kind == DOWN_STOP:
                    reason = STARTUP if before == BREAK else self._draw.choice(REASONS[station.name])
                    yield Stop(station.name, segment.start, segment.end, reason)
                before = segment.kind


def _segments(kinds: list[str]) -> Iterator[Segment]:
    start = 0
    for second in range(1, len(kinds) + 1):
        if second == len(kinds) or kinds[second] != kinds[start]:
            yield Segment(start, second, kinds[start])
            start = second
