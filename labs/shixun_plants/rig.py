"""A plant with what stands around it: instruments, the scan of its controller, the network, and the faults in all three."""

import random
from collections.abc import Iterable

from shixun_plants.faults import ACTUATOR, Fault, Measured, active, measure, report
from shixun_plants.plants import Plant


class Rig:
    """Advances a plant and gives its true, measured and reported values (see `faults`).

    Instruments draw from a stream of their own: reading them must not change what the process does.
    """

    def __init__(self, plant: Plant, noise: random.Random, faults: Iterable[Fault] = ()) -> None:
        self.plant = plant
        self._noise = noise
        self._signals = {signal.tag: signal for signal in plant.signals}
        self.faults: tuple[Fault, ...] = tuple(faults)
        self._hijacked: dict[str, tuple[Fault, float]] = {}  # by tag: who holds it, and what its owner wrote
        self._to_scan = plant.scan
        self._true: dict[str, float] | None = None
        self._measured = measure(plant.signals, self.true, plant.time, self.faults, noise)

    @property
    def true(self) -> dict[str, float]:
        """What the process does, by tag in the signals' units."""
        if self._true is None:
            self._true = self.plant.true_values()
        return self._true

    @property
    def measured(self) -> Measured:
        """What the instruments say. A plant with a controller reads them once a scan, others whenever they are asked."""
        if not self.plant.scan and self._measured.time != self.plant.time:
            self._measure()
        return self._measured

    @property
    def reported(self) -> Measured:
        """What clients and the screen get."""
        shown = {tag: own for tag, (fault, own) in self._hijacked.items() if fault.acts(self.plant.time)}
        return report(self._signals, self.measured, self.faults, shown)

    def write(self, tag: str, value: float) -> None:
        """A client's set point or command, in the signal's unit. KeyError for a tag that isn't writable."""
        if not self._signals[tag].writable:
            raise KeyError(f"{tag} is no set point or command")
        if tag in self._hijacked and self._hijacked[tag][0].acts(self.plant.time):
            self._hijacked[tag] = (self._hijacked[tag][0], value)
        else:
            self.plant.set(tag, value)

    def advance(self, dt: float) -> None:
        """Let `dt` plant seconds pass; the controller scans at its own period, whatever `dt` is."""
        if not self.plant.scan:
            self._step(dt)
            return
        left = dt
        while left > 1e-9:
            part = min(left, self._to_scan)
            self._step(part)
            left -= part
            self._to_scan -= part
            if self._to_scan <= 1e-9:
                self._to_scan = self.plant.scan
                self._measure()
                self.plant.control(self._measured)

    def _step(self, dt: float) -> None:
        self._hijack()
        upsets = active(self.faults, ACTUATOR, self.plant.time) if self.faults else {}
        self.plant.advance(dt, upsets)
        self._true = None

    def _measure(self) -> None:
        self._measured = measure(
            self.plant.signals, self.true, self.plant.time, self.faults, self._noise, self._measured
        )

    def _hijack(self) -> None:
        """Begin and end attacks on set points and commands; what was written stays when the attacker leaves."""
        if not self.faults and not self._hijacked:
            return
        acting = active(self.faults, ("hijacked",), self.plant.time)
        self._hijacked = {tag: held for tag, held in self._hijacked.items() if acting.get(tag) == held[0]}
        for tag, fault in acting.items():
            if tag not in self._hijacked:
                signal = self._signals[tag]
                self._hijacked[tag] = (fault, self.true[tag])
                self.plant.set(tag, min(max(fault.size, signal.low), signal.high))
