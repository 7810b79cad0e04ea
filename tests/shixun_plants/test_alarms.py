"""Alarms after ISA-18.2, with and without a plant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shixun_plants.alarms import LONGEST_SHELF, AlarmSpec, AlarmState, Board, acknowledge, events, limit_alarm, update
from shixun_plants.faults import Measured
from shixun_plants.plants import KINDS, catalogue, plant_class
from shixun_plants.signals import Signal

LEVEL = Signal("level", "analog", "g", "液位", "Level", "mm", 0.0, 1600.0)


def high(**changes: float) -> AlarmSpec:
    return limit_alarm(LEVEL, "H", 800.0, **changes)  # type: ignore[arg-type]


def changes(spec: AlarmSpec, *values: float) -> list[tuple[float, bool]]:
    """When the alarm comes and goes in values one second apart."""
    return list(events(spec, range(len(values)), values))


def test_a_limit_belongs_to_the_alarm_on_both_sides() -> None:
    assert changes(high(), 799.9, 800.0, 799.9) == [(1, True), (2, False)]
    assert changes(limit_alarm(LEVEL, "L", 500.0), 500.1, 500.0, 500.1) == [(1, True), (2, False)]


def test_a_deadband_ends_chatter() -> None:
    noisy = [798.0, 802.0] * 10
    assert len(changes(high(), *noisy)) == 19
    assert changes(high(deadband=10.0), *noisy, 790.0) == [(1, True), (20, False)]
    low = limit_alarm(LEVEL, "LL", 250.0, deadband=10.0)
    assert changes(low, 249.0, 259.9, 249.0, 260.0) == [(0, True), (3, False)]


def test_delays_let_short_peaks_pass() -> None:
    spec = high(on_delay=3.0, off_delay=2.0)
    assert changes(spec, 900, 900, 0, 900, 900, 900, 0, 0, 0) == []
    assert changes(spec, 900, 900, 900, 900, 0, 900, 0, 0, 0) == [(3, True), (8, False)]


def test_the_operators_part() -> None:
    spec, state = high(), AlarmState()
    assert state.standing == "normal"
    state = update(spec, state, 900.0, 5.0)
    assert (state.standing, state.since) == ("unacknowledged", 5.0)
    seen = acknowledge(state)
    assert seen.standing == "acknowledged"
    assert update(spec, seen, 0.0, 9.0).standing == "normal"
    gone = update(spec, state, 0.0, 9.0)
    assert (gone.standing, gone.until) == ("returned", 9.0)
    again = update(spec, gone, 900.0, 12.0)
    assert (again.standing, again.since, again.until) == ("unacknowledged", 12.0, None)
    assert acknowledge(gone).standing == "normal"


def test_a_bad_reading_judges_no_limit_and_is_an_alarm_of_its_own() -> None:
    board = Board((high(on_delay=2.0),), (LEVEL,))
    board.observe(Measured(0.0, {"level": 900.0}))
    board.observe(Measured(2.0, {"level": 0.0}, frozenset({"level"})))
    board.observe(Measured(3.0, {"level": 900.0}))
    assert [event.spec.id for event in board.standing()] == ["level:bad"], "the delay began anew"
    board.observe(Measured(5.0, {"level": 900.0}))
    board.observe(Measured(6.0, {"level": 0.0}, frozenset({"level"})))
    assert board.states["level:H"].active


def test_the_board_lists_active_urgent_and_new_first() -> None:
    specs = (high(priority=3), limit_alarm(LEVEL, "HH", 1200.0, 1), limit_alarm(LEVEL, "L", 500.0, 2))
    board = Board(specs, (LEVEL,))
    board.observe(Measured(0.0, {"level": 100.0}))
    board.observe(Measured(1.0, {"level": 1300.0}))
    assert [event.spec.kind for event in board.standing()] == ["HH", "H", "L"]
    board.acknowledge("level:L")
    assert [event.spec.kind for event in board.past] == ["L"]
    board.acknowledge()
    board.observe(Measured(2.0, {"level": 600.0}))
    assert board.standing() == []
    assert {event.spec.kind for event in board.past} == {"L", "H", "HH"}
    with pytest.raises(KeyError):
        board.acknowledge("nothing")


def test_impossible_alarms_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        high(deadband=-1.0)
    with pytest.raises(ValueError, match="priority"):
        high(priority=5)
    with pytest.raises(ValueError, match="two alarms"):
        Board((high(), high(deadband=3.0)), (LEVEL,))


@given(st.lists(st.floats(0, 1600), min_size=2, max_size=80), st.floats(0, 100), st.integers(0, 5), st.integers(0, 5))
def test_deadband_and_delays_never_add_alarms(values: list[float], band: float, on: int, off: int) -> None:
    plain, tuned = changes(high(), *values), changes(high(deadband=band, on_delay=on, off_delay=off), *values)
    assert len(tuned) <= len(plain)
    assert [came for _, came in tuned] == [number % 2 == 0 for number in range(len(tuned))]


@pytest.mark.parametrize("kind", KINDS)
def test_the_alarms_of_each_kind_make_sense(kind: str) -> None:
    """Limits lie in the range, in order, and priorities rise towards the outer ones."""
    Board(plant_class(kind).alarms, catalogue(kind))
    signals = {signal.tag: signal for signal in catalogue(kind)}
    limits: dict[str, dict[str, AlarmSpec]] = {}
    for spec in plant_class(kind).alarms:
        signal = signals[spec.tag]
        if spec.kind == "state":
            assert spec.states, spec.id
            assert all(signal.low <= state <= signal.high for state in spec.states), spec.id
        else:
            assert signal.low < spec.limit < signal.high, spec.id
            limits.setdefault(spec.tag, {})[spec.kind] = spec
    for tag, found in limits.items():
        order = [found[kind].limit for kind in ("LL", "L", "H", "HH") if kind in found]
        assert order == sorted(set(order)), tag
        for inner, outer in (("H", "HH"), ("L", "LL")):
            if {inner, outer} <= set(found):
                assert found[outer].priority <= found[inner].priority, tag


def test_a_shelved_alarm_is_out_of_sight_for_a_limited_time() -> None:
    board = Board((high(),), (LEVEL,))

    def observe(*readings: tuple[float, float]) -> list[str]:
        for time, level in readings:
            board.observe(Measured(time, {"level": level}))
        return [event.state.standing for event in board.standing()]

    assert observe((0.0, 900.0)) == ["unacknowledged"]
    board.shelve("level:H", 60.0)
    assert observe((1.0, 900.0), (2.0, 0.0), (3.0, 900.0)) == []
    assert [(event.spec.id, event.state.shelved) for event in board.shelved()] == [("level:H", 60.0)]
    board.acknowledge()
    assert observe((59.9, 900.0)) == []
    assert observe((60.0, 900.0)) == ["unacknowledged"], "an operator has to look at it again"
    board.acknowledge("level:H")
    board.shelve("level:H", 60.0)
    board.shelve("level:H", 0.0)
    assert observe((61.0, 900.0)) == ["unacknowledged"]
    board.shelve("level:H", 10.0)
    assert observe((62.0, 0.0), (71.0, 0.0)) == [], "what came and went meanwhile is not news"
    assert (board.shelved(), board.states["level:H"].standing) == ([], "normal")
    for seconds in (-1.0, LONGEST_SHELF + 1.0, float("nan")):
        with pytest.raises(ValueError, match="shelved"):
            board.shelve("level:H", seconds)
    with pytest.raises(KeyError):
        board.shelve("nothing", 60.0)
