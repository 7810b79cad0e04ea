"""Faults and attacks: what goes wrong between the process and those who look at it.

A plant has three values for each tag. *True* is what the process does. *Measured* is what the instrument says, and what the
plant's own controller acts on. *Reported* is what clients and the screen get over the network. A fault sits at the
instrument, at an actuator or on the network, so that each question "broken or attacked?" has its tell (the separation is
that of GRFICSv3's simulation and PLC).
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from shixun_plants.signals import Signal

InstrumentFault = Literal["frozen", "drift", "noise", "dropout", "bad"]
ActuatorFault = Literal["stuck", "sluggish", "fouled"]
NetworkFault = Literal["spoofed", "hijacked"]
FaultKind = InstrumentFault | ActuatorFault | NetworkFault
INSTRUMENT: tuple[InstrumentFault, ...] = get_args(InstrumentFault)
ACTUATOR: tuple[ActuatorFault, ...] = get_args(ActuatorFault)
NETWORK: tuple[NetworkFault, ...] = get_args(NetworkFault)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault from `start` to `end`, plant seconds.

    At an instrument. frozen: the last reading stays. drift: `size` units per second are added from `start` on. noise:
    normal noise of deviation `size` is added. dropout: the wire breaks, the reading falls to the bottom of its range and
    is marked bad. bad: the reading goes on, but its quality is marked bad.

    At an actuator. stuck: it stays where it is. sluggish: it moves `size` times slower (at least 1). fouled: the share
    `size` (0 to 1) of its flow is lost.

    On the network. spoofed: clients and the screen get `size` instead of the reading; the controller doesn't. hijacked: the
    set point or command is overwritten with `size` at `start`; writes from clients are lost, and read back as written.
    """

    tag: str
    kind: FaultKind
    start: float = 0.0
    end: float = float("inf")
    size: float = 0.0

    def acts(self, time: float) -> bool:
        """Whether it acts at plant second `time`."""
        return self.start <= time < self.end


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings at plant second `time`: values by tag in the signals' units, and the tags marked bad."""

    time: float
    values: Mapping[str, float]
    bad: frozenset[str] = field(default_factory=frozenset)


def active(faults: Iterable[Fault], kinds: tuple[str, ...], time: float) -> dict[str, Fault]:
    """The faults of some kinds that act at `time`, by tag; the last one named counts."""
    return {fault.tag: fault for fault in faults if fault.kind in kinds and fault.acts(time)}


def fitting(signal: Signal, actuators: tuple[str, ...]) -> tuple[FaultKind, ...]:
    """The faults that a tag can have, given the tags of the plant's actuators."""
    found: tuple[FaultKind, ...] = NETWORK[1:] if signal.writable else (*INSTRUMENT, *NETWORK[:1])
    return (*found, *ACTUATOR) if signal.tag in actuators else found


def measure(
    signals: Iterable[Signal],
    true: Mapping[str, float],
    time: float,
    faults: Iterable[Fault],
    rng: random.Random,
    last: Measured | None = None,
) -> Measured:
    """Readings of all signals. `last` is the reading before, which a frozen instrument goes on showing.

    Counters, states and flags have no noise and stay whole numbers; every reading is kept within its range.
    """
    acting = active(faults, INSTRUMENT, time)
    values: dict[str, float] = {}
    bad = set()
    for signal in signals:
        value = true[signal.tag]
        if signal.noise:
            value += rng.gauss(0.0, signal.noise)
        if acting and (fault := acting.get(signal.tag)) is not None:
            if fault.kind in ("dropout", "bad"):
                bad.add(signal.tag)
            if fault.kind == "dropout":
                value = signal.low
            elif fault.kind == "frozen":
                value = last.values[signal.tag] if last else value
            elif fault.kind == "drift":
                value += fault.size * (time - fault.start)
            elif fault.kind == "noise":
                value += rng.gauss(0.0, fault.size)
            if signal.kind not in ("analog", "setpoint"):
                value = round(value)
        values[signal.tag] = signal.low if value < signal.low else signal.high if value > signal.high else value
    return Measured(time, values, frozenset(bad))


def report(
    signals: Mapping[str, Signal], measured: Measured, faults: Iterable[Fault], shown: Mapping[str, float]
) -> Measured:
    """What clients get of the readings; `shown` holds the values of hijacked set points as their owners wrote them."""
    spoofed = active(faults, ("spoofed",), measured.time)
    if not spoofed and not shown:
        return measured
    values = {**measured.values, **shown}
    for tag, fault in spoofed.items():
        signal = signals[tag]
        size = fault.size if signal.kind == "analog" else round(fault.size)
        values[tag] = min(max(size, signal.low), signal.high)
    return Measured(measured.time, values, measured.bad - spoofed.keys())
