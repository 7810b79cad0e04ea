"""PLC1: the on/off control of SWaT's stage 1 as minicps' plc1.py has it, with the standby pump and hand operation added.

MV101 closes at T101's H and opens at L. The duty pump stops at T301's H and starts at L, and never runs while T101 is at or
below LL (it starts again at L). A duty pump without flow for a while is marked failed and the other one takes over.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from shixun_plants.faults import Measured

NO_FLOW_AFTER = 15.0  # s that a pump has to bring flow
_FLOW = 0.8  # m3/h that counts as flow


class Mode(IntEnum):
    """What PLC1 does."""

    MANUAL = 0
    AUTO = 1
    INTERLOCK = 2  # the level is too low to pump


@dataclass(slots=True)
class Plc:
    """Settings, orders and memory. Levels in mm; `valve` in %; times in s."""

    auto: bool = True
    low_low: float = 250.0
    low: float = 500.0
    high: float = 800.0
    t301_low: float = 800.0
    t301_high: float = 1000.0
    valve_by_hand: float = 0.0
    pump1_by_hand: bool = False
    pump2_by_hand: bool = False
    valve: float = 0.0
    pump1: bool = False
    pump2: bool = False
    wants: bool = False  # T301 wants water
    locked: bool = False
    duty: int = 1
    failed: set[int] = field(default_factory=set)
    silent: float = 0.0  # since when the running pump brings no flow
    last: float = 0.0

    @property
    def mode(self) -> Mode:
        """The mode that the screen shows."""
        if self.locked:
            return Mode.INTERLOCK
        return Mode.AUTO if self.auto else Mode.MANUAL

    def reset(self) -> None:
        """Forget failed pumps; P101 has the duty again."""
        self.failed.clear()
        self.duty, self.silent = 1, 0.0

    def scan(self, readings: Measured) -> None:
        """One scan. A level whose reading is marked bad changes no order: valves and pumps stay as they are."""
        values, bad = readings.values, readings.bad
        passed, self.last = readings.time - self.last, readings.time
        if "lit101.level" not in bad:
            level = values["lit101.level"]
            self.locked = level <= self.low_low or (self.locked and level < self.low)
            if level >= self.high:
                self.valve = 0.0
            elif level <= self.low:
                self.valve = 100.0
        if "lit301.level" not in bad:
            if values["lit301.level"] >= self.t301_high:
                self.wants = False
            elif values["lit301.level"] <= self.t301_low:
                self.wants = True
        if self.auto:
            self.pump1, self.pump2 = self.wants and self.duty == 1, self.wants and self.duty == 2
            self._watch(None if "fit201.flow" in bad else values["fit201.flow"], passed)
        else:
            self.valve, self.pump1, self.pump2 = self.valve_by_hand, self.pump1_by_hand, self.pump2_by_hand
        if self.locked:
            self.pump1 = self.pump2 = False

    def _watch(self, flow: float | None, passed: float) -> None:
        """Hand the duty over from a pump that brings no flow; None: nobody knows what it brings."""
        if not self.wants or self.locked or flow is None or flow >= _FLOW:
            self.silent = 0.0
            return
        self.silent += passed
        if self.silent >= NO_FLOW_AFTER and len(self.failed) < 2:
            self.failed.add(self.duty)
            self.duty, self.silent = 3 - self.duty, 0.0
