"""The unit's controls: drum pressure by fuel, power by the steam valve, drum level by feedwater (three-element), and the
main fuel trip.

The structure is the usual one of a drum boiler in boiler-following mode (ANSI/ISA-77.42.01 for the three-element feedwater
control); gains are ours, from the linearised model of `core` for closed loops of about 60 s.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from shixun_plants.boiler.core import steam_flow
from shixun_plants.faults import Measured
from shixun_plants.pi import Pi

KG_CM2 = 0.0980665  # MPa
TRIP_LEVEL, TRIP_AFTER = 250.0, 5.0  # mm from the middle, s
DRAIN_LEVEL = 50.0  # mm, down to which the drum is drained after a trip
_RAMP = 5.0 / 60.0  # MW/s of a dispatched set point


class Mode(IntEnum):
    """What the unit's controls do."""

    MANUAL = 0  # at least one loop
    AUTO = 1
    TRIPPED = 2  # main fuel trip


@dataclass(slots=True)
class Loop:
    """One valve: its controller, hand and output in %."""

    pi: Pi
    hand: float
    output: float
    auto: bool = True


@dataclass(slots=True)
class Controls:
    """Set points in MPa, MW and mm, three loops, and the trip."""

    pressure: float = round(108.0 * KG_CM2, 2)
    power: float = 66.65
    level: float = 0.0
    dispatched: bool = True
    target: float = 66.65
    fuel: Loop = field(default_factory=lambda: Loop(Pi(19.0, 250.0, 0.0, 100.0), 34.0, 34.0))
    steam: Loop = field(default_factory=lambda: Loop(Pi(0.5, 15.0, 0.0, 100.0, bias=69.0), 69.0, 69.0))
    feed: Loop = field(default_factory=lambda: Loop(Pi(0.21, 200.0, 0.0, 100.0), 43.6, 43.6))
    tripped: bool = False
    outside: float = 0.0  # s that the level is beyond the trip's limit
    drain: bool = False
    good: dict[str, float] = field(default_factory=dict)  # the last reading of each tag that was not marked bad
    ready: bool = True  # the level is inside it, as far as the instrument knows

    @property
    def mode(self) -> Mode:
        """The mode that the screen shows."""
        if self.tripped:
            return Mode.TRIPPED
        return Mode.AUTO if self.fuel.auto and self.steam.auto and self.feed.auto else Mode.MANUAL

    def reset(self) -> None:
        """End the trip once the level is back; the power set point then rises from zero."""
        self.tripped = self.tripped and not self.ready

    def scan(self, readings: Measured, demand: float, dt: float) -> None:
        """One scan, `dt` s after the last. A loop whose reading is marked bad keeps its output, and what it leads forward to others
        is reckoned from the last good one."""
        bad = readings.bad
        self.good |= {tag: value for tag, value in readings.values.items() if tag not in bad or tag not in self.good}
        values = self.good
        wanted = demand if self.dispatched else self.power
        if self.tripped:
            self.target = 0.0
        self.target += min(max(wanted - self.target, -_RAMP * dt), _RAMP * dt)
        self._protect(values["drum.level"], "drum.level" in bad, dt)
        pressure = values["drum.pressure"] / KG_CM2
        fuel, steam, feed = (values[f"{name}.valve"] / 100.0 for name in ("fuel", "steam", "feed"))
        need = 100.0 * (0.0018 * steam * max(pressure, 1.0) ** 1.125 + 0.15 * feed) / 0.9
        flow = 100.0 * steam_flow(steam, pressure) / 141.0
        for loop, tag, setpoint, forward, held in (
            (self.fuel, "drum.pressure", self.pressure, need, 100.0 * fuel),
            (self.steam, "turbine.power", self.target, 0.0, 100.0 * steam),
            (self.feed, "drum.level", self.level, flow, 100.0 * feed),
        ):
            shut = self.tripped and loop is not self.feed
            if shut or not loop.auto:
                loop.output = 0.0 if shut else loop.hand
                loop.pi.follow(setpoint, values[tag], held, forward)
            elif tag not in bad:
                loop.output = loop.pi.output(setpoint, values[tag], dt, forward)

    def _protect(self, level: float, bad: bool, dt: float) -> None:
        self.ready = abs(level) < TRIP_LEVEL and not bad
        self.outside = self.outside + dt if abs(level) >= TRIP_LEVEL and not bad else 0.0
        self.tripped = self.tripped or self.outside >= TRIP_AFTER
        self.drain = self.tripped and level > DRAIN_LEVEL
