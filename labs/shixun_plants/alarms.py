"""Alarms after ISA-18.2: limit, deadband, delays, priority, and whether an operator has seen them.

`update` is a pure state machine for one alarm; `Board` keeps a plant's alarms. Both work without a clock or a screen:
times are plant seconds.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shixun_plants.faults import Measured
from shixun_plants.signals import Signal

LimitKind = Literal["HH", "H", "L", "LL"]
AlarmKind = LimitKind | Literal["state", "bad"]
Standing = Literal["normal", "unacknowledged", "acknowledged", "returned", "shelved"]
CRITICAL, HIGH, MEDIUM, LOW = 1, 2, 3, 4
MAX_PAST = 20
LONGEST_SHELF = 8 * 3600.0  # s: a shift; nothing is out of sight for longer
_WORDS = {"HH": ("高高", "very high"), "H": ("高", "high"), "L": ("低", "low"), "LL": ("低低", "very low")}


@dataclass(frozen=True, slots=True)
class AlarmSpec:
    """One alarm of one tag.

    HH and H stand while the value is at or above `limit`, L and LL while it is at or below it, and until it has come back
    by `deadband` (both in the signal's unit); "state" stands while the value is one of `states`; "bad" while the
    instrument's reading is marked bad. The condition must hold for `on_delay` s before the alarm comes, and be gone for
    `off_delay` s before it goes (ANSI/ISA-18.2-2016, 3.1 and annex on deadband and delay). `priority` 1 is the most urgent.
    """

    tag: str
    kind: AlarmKind
    zh: str
    en: str
    limit: float = 0.0
    priority: int = MEDIUM
    deadband: float = 0.0
    on_delay: float = 0.0
    off_delay: float = 0.0
    states: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if min(self.deadband, self.on_delay, self.off_delay) < 0 or self.priority not in (1, 2, 3, 4):
            raise ValueError(f"{self.tag}: deadband and delays are not negative, a priority is 1 to 4")

    @property
    def id(self) -> str:
        """Names the alarm within its plant."""
        return f"{self.tag}:{self.kind}"

    def holds(self, value: float, active: bool) -> bool:
        """Whether the condition holds for a value, given that the alarm is `active` or not."""
        if self.kind in ("HH", "H"):
            return value > self.limit - self.deadband if active and self.deadband else value >= self.limit
        if self.kind in ("L", "LL"):
            return value < self.limit + self.deadband if active and self.deadband else value <= self.limit
        return int(value) in self.states


def limit_alarm(
    signal: Signal,
    kind: LimitKind,
    limit: float,
    priority: int = MEDIUM,
    *,
    deadband: float = 0.0,
    on_delay: float = 0.0,
    off_delay: float = 0.0,
) -> AlarmSpec:
    """A limit on a signal, worded by the signal's name."""
    zh, en = _WORDS[kind]
    return AlarmSpec(
        signal.tag, kind, f"{signal.zh}{zh}", f"{signal.en} {en}", limit, priority, deadband, on_delay, off_delay
    )


def limit_alarms(
    signal: Signal, limits: Mapping[LimitKind, tuple[float, int]], *, deadband: float = 0.0, on_delay: float = 0.0
) -> tuple[AlarmSpec, ...]:
    """Several limits on a signal: (limit, priority) by kind."""
    return tuple(
        limit_alarm(signal, kind, limit, priority, deadband=deadband, on_delay=on_delay)
        for kind, (limit, priority) in limits.items()
    )


class AlarmState(NamedTuple):
    """One alarm now. Times in plant s; `pending` is when the condition began to differ from `active`, `shelved` until when it
    is out of the operator's sight."""

    active: bool = False
    acknowledged: bool = True
    since: float = 0.0
    until: float | None = None
    pending: float | None = None
    shelved: float | None = None

    @property
    def standing(self) -> Standing:
        """The state's name in ISA-18.2: normal, unacknowledged or acknowledged alarm, returned to normal unacknowledged, shelved."""
        if self.shelved is not None:
            return "shelved"
        if self.active:
            return "acknowledged" if self.acknowledged else "unacknowledged"
        return "normal" if self.acknowledged else "returned"


def update(spec: AlarmSpec, state: AlarmState, value: float, time: float, *, bad: bool = False) -> AlarmState:
    """The alarm's state after a reading. A limit isn't judged by a bad reading: the alarm then stays as it is."""
    if bad and spec.kind != "bad":
        return state if state.pending is None else state._replace(pending=None)
    wanted = bad if spec.kind == "bad" else spec.holds(value, state.active)
    if wanted is state.active:
        return state if state.pending is None else state._replace(pending=None)
    pending = time if state.pending is None else state.pending
    if time - pending < (spec.on_delay if wanted else spec.off_delay) - 1e-9:
        return state._replace(pending=pending)
    if wanted:
        return state._replace(active=True, acknowledged=False, since=time, until=None, pending=None)
    return state._replace(active=False, until=time, pending=None)


def acknowledge(state: AlarmState) -> AlarmState:
    """The state once an operator has seen it."""
    return state._replace(acknowledged=True)


def unshelve(state: AlarmState) -> AlarmState:
    """The state once it is seen again: an alarm that stands then is a new one to the operator, what came and went is not."""
    return state._replace(shelved=None, acknowledged=not state.active)


def events(spec: AlarmSpec, times: Sequence[float], values: Sequence[float]) -> Iterator[tuple[float, bool]]:
    """When an alarm would have come (True) and gone (False) in a recorded signal; times in s, ascending."""
    state = AlarmState()
    for time, value in zip(times, values, strict=True):
        after = update(spec, state, value, time)
        if after.active is not state.active:
            yield time, after.active
        state = after


class Event(NamedTuple):
    """One alarm that has gone and was acknowledged; times in plant s."""

    spec: AlarmSpec
    state: AlarmState


class Board:
    """A plant's alarms, fed with readings. Each signal has an alarm for a bad reading, besides those of the plant's kind."""

    def __init__(self, specs: Iterable[AlarmSpec], signals: Iterable[Signal]) -> None:
        """ValueError where two alarms have one id."""
        known = tuple(specs)
        bad = (AlarmSpec(s.tag, "bad", f"{s.zh}信号异常", f"{s.en} signal bad") for s in signals)
        self.specs = {spec.id: spec for spec in (*known, *bad)}
        if len({spec.id for spec in known}) < len(known):
            raise ValueError("two alarms of one kind on one tag")
        self.states = dict.fromkeys(self.specs, AlarmState())
        self.past: deque[Event] = deque(maxlen=MAX_PAST)
        self._time = 0.0

    def observe(self, measured: Measured) -> None:
        """Take a reading. Shelved alarms whose time is over are seen again."""
        self._time = measured.time
        for name, spec in self.specs.items():
            old = self.states[name]
            new = update(spec, old, measured.values[spec.tag], measured.time, bad=spec.tag in measured.bad)
            if new.shelved is not None and measured.time >= new.shelved:
                new = unshelve(new)
            if new is not old:
                self.states[name] = new
                if old.standing == "acknowledged" and new.standing == "normal":
                    self.past.appendleft(Event(spec, new))

    def acknowledge(self, name: str | None = None) -> None:
        """An operator has seen one alarm, or all (None). KeyError for one that doesn't exist."""
        for key in self.states if name is None else (name,):
            old = self.states[key]
            self.states[key] = acknowledge(old)
            if old.standing == "returned":
                self.past.appendleft(Event(self.specs[key], self.states[key]))

    def shelve(self, name: str, seconds: float) -> None:
        """Take an alarm out of sight for some plant seconds, or back into it with 0 (ANSI/ISA-18.2-2016, 11.7.2: for a limited time,
        by hand, and listed). KeyError for one that doesn't exist, ValueError for a time beyond `LONGEST_SHELF`."""
        if not 0.0 <= seconds <= LONGEST_SHELF:
            raise ValueError(f"an alarm is shelved for 0 to {LONGEST_SHELF:g} s")
        old = self.states[name]
        if seconds:
            self.states[name] = old._replace(shelved=self._time + seconds)
        elif old.shelved is not None:
            self.states[name] = unshelve(old)

    def shelved(self) -> list[Event]:
        """Alarms out of sight, those first that come back first."""
        found = [Event(self.specs[key], state) for key, state in self.states.items() if state.shelved is not None]
        return sorted(found, key=lambda event: event.state.shelved or 0.0)

    def standing(self) -> list[Event]:
        """Alarms that stand or were not acknowledged, and are not shelved: active before gone, then the urgent, then the newest first."""
        hidden = ("normal", "shelved")
        found = [Event(self.specs[key], state) for key, state in self.states.items() if state.standing not in hidden]
        return sorted(found, key=lambda e: (not e.state.active, e.spec.priority, -e.state.since))
