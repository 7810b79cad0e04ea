"""The raw water supply: SWaT's stage 1 with the figures of minicps (examples/swat-s1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shixun_plants.faults import Fault
from shixun_plants.headless import Replay, simulate
from shixun_plants.seeds import process_rng
from shixun_plants.wander import Wander
from shixun_plants.water.control import Mode
from shixun_plants.water.core import HOUR, Inputs, Params, initial, step
from shixun_plants.water.signals import ALARMS

STILL = {"demand": Wander(1.6 / HOUR, 0.0, 600.0), "supply": Wander(1.0, 0.0, 300.0)}


def levels(seconds: int, u: Inputs, **params: object) -> list[float]:
    """T101's level in m after each second."""
    rng, built = process_rng(b"w"), Params(**(STILL | params))  # type: ignore[arg-type]
    state, found = initial(built), []
    for _ in range(seconds):
        state = step(built, state, u, 1.0, rng)
        found.append(state.level)
    return found


def test_figures_are_those_of_minicps() -> None:
    """TANK_SECTION 1.5 m2, TANK_HEIGHT 1.6 m, PUMP_FLOWRATE_IN 2.55 and OUT 2.45 m3/h, LIT_101 LL 250 L 500 H 800 HH 1200 mm."""
    params = Params()
    assert (params.area, params.height, params.level) == (1.5, 1.6, 0.5)
    assert (params.q_in * HOUR, params.q_out * HOUR) == pytest.approx((2.55, 2.45))
    replay = Replay("water", b"")
    assert [replay.true[f"lit101.{mark}_setpoint"] for mark in ("ll", "l", "h")] == [250.0, 500.0, 800.0]
    limits = {alarm.kind: alarm.limit for alarm in ALARMS if alarm.tag == "lit101.level"}
    assert (limits["LL"], limits["HH"]) == (250.0, 1200.0)


def test_filling_and_emptying_take_as_long_as_the_balance_says() -> None:
    """2.55 m3/h into 1.5 m2 is 1.7 m/h; 2.45 m3/h out of it 1.633 m/h; both together leave 0.067 m/h."""
    full = levels(3600, Inputs(valve=1.0), level=0.0)[600:1200:599]
    assert full[1] - full[0] == pytest.approx(1.7 * 599 / 3600, rel=1e-6)
    low = levels(1200, Inputs(pump1=True), level=1.0)[200:800:599]
    assert low[0] - low[1] == pytest.approx(2.45 / 1.5 * 599 / 3600, rel=1e-6)
    both = levels(1200, Inputs(valve=1.0, pump1=True))[200:800:599]
    assert both[1] - both[0] == pytest.approx(0.1 / 1.5 * 599 / 3600, rel=1e-6)


def test_on_off_control_keeps_the_level_between_its_marks() -> None:
    trace = simulate("water", b"day", 12 * 3600.0, every=30.0)
    level = trace.true["lit101.level"]
    assert 490.0 < min(level) < max(level) < 815.0
    assert min(trace.true["lit301.level"][60:]) > 780.0
    assert max(trace.true["lit301.level"]) < 1015.0
    assert trace.last("plant.spilled") == 0.0
    assert 12 < trace.last("p101.starts") < 36, "P101 starts one to three times an hour"
    assert max(trace.true["p101.failed"]) == 0


def test_a_frozen_level_overflows_the_tank_and_the_screen_sees_nothing() -> None:
    """The classic: PLC1 believes a level below H, and MV101 stays open."""
    frozen = Fault("lit101.level", "frozen", 660.0)
    trace = simulate("water", b"frozen", 8 * 3600.0, every=60.0, params=STILL, faults=[frozen])
    assert max(trace.true["lit101.level"]) == pytest.approx(1600.0)
    assert trace.last("plant.spilled") > 100.0
    assert max(trace.measured["lit101.level"]) < 810.0


def test_a_spoofed_level_leaves_the_control_alone() -> None:
    """Broken or attacked? The screen shows 300 mm, PLC1 goes on as if nothing were."""
    healthy = simulate("water", b"spoof", 7200.0)
    spoofed = simulate("water", b"spoof", 7200.0, faults=[Fault("lit101.level", "spoofed", 60.0, size=300.0)])
    assert spoofed.true == healthy.true


def test_a_hijacked_mark_overflows_while_it_reads_as_set() -> None:
    replay = Replay("water", b"hijack", faults=[Fault("lit101.h_setpoint", "hijacked", 600.0, size=1600.0)])
    while replay.true["lit101.level"] <= 1200.0:
        assert replay.time < 10 * 3600.0
        replay.advance(300.0)
        assert replay.rig.reported.values["lit101.h_setpoint"] == 800.0


def test_the_standby_pump_takes_over_and_a_reset_gives_the_duty_back() -> None:
    replay = Replay("water", b"duty", faults=[Fault("p101.running", "fouled", 300.0, 1200.0, size=1.0)])
    replay.advance(1200.0)
    assert replay.true["p101.failed"] == 1
    assert (replay.true["p101.running"], replay.true["p102.running"]) == (0, 1)
    replay.advance(60.0, {"plc1.reset": 1})
    assert (replay.true["p101.failed"], replay.true["p102.running"]) == (0, 0)


def test_pumps_are_locked_below_the_lowest_mark_also_by_hand() -> None:
    replay = Replay("water", b"lock")
    replay.advance(1500.0, {"plc1.auto": 0, "p101.run": 1, "mv101.setpoint": 0.0})
    assert replay.true["plc1.state"] == Mode.INTERLOCK
    assert (replay.true["p101.running"], round(replay.true["lit101.level"], -1)) == (0, 250)
    replay.advance(1200.0, {"mv101.setpoint": 100.0})
    assert replay.true["plc1.state"] == Mode.MANUAL


def test_the_valve_by_hand_can_be_a_controllers_output() -> None:
    """A proportional controller of a lab, over the same tags as over Modbus, holds a level that on/off can't."""
    replay = Replay("water", b"pid", params=STILL | {"level": 0.7})
    for _ in range(3600):
        opening = min(max(60.0 + 1.0 * (650.0 - replay.measured["lit101.level"]), 0.0), 100.0)
        replay.advance(1.0, {"plc1.auto": 0, "p101.run": 1, "mv101.setpoint": opening})
    assert replay.true["lit101.level"] == pytest.approx(650.0 - 36.0, abs=5.0), "P control leaves its offset"


def test_a_bad_reading_stops_no_pump() -> None:
    replay = Replay("water", b"bad", faults=[Fault("lit101.level", "dropout", 120.0, 400.0)])
    replay.advance(300.0)
    assert replay.measured["lit101.level"] == 0.0
    assert replay.true["p101.running"] == 1
    assert replay.true["plc1.state"] == Mode.AUTO


@settings(max_examples=60, deadline=None)
@given(
    orders=st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans(), st.integers(1, 600)), max_size=8),
    level=st.floats(0, 1.6),
    dt=st.sampled_from([0.25, 1.0]),
)
def test_water_is_neither_made_nor_lost(orders: list[tuple[float, bool, bool, int]], level: float, dt: float) -> None:
    rng, params = process_rng(b"p"), Params(level=level)
    state = initial(params)
    came = left = 0.0
    start = params.area * (state.level + state.level_t301)
    for opening, pump1, pump2, count in orders:
        for _ in range(count):
            state = step(params, state, Inputs(opening, pump1, pump2), dt, rng)
            came, left = came + state.inflow * dt, left + state.demand * dt
            assert 0.0 <= state.level <= 1.6
            assert 0.0 <= state.level_t301 <= 1.2
    assert params.area * (state.level + state.level_t301) == pytest.approx(
        start + came - left - state.spilled, abs=1e-9
    )


@pytest.mark.parametrize("dt", [0.0, -1.0, 1.5, float("nan")])
def test_refuses_steps_it_cannot_take(dt: float) -> None:
    with pytest.raises(ValueError, match="dt"):
        step(Params(), initial(Params()), Inputs(), dt, process_rng(b""))


@pytest.mark.parametrize("wrong", [{"area": 0.0}, {"level": 2.0}, {"depth": 1.0}])
def test_refuses_plants_that_cannot_be_built(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Replay("water", b"", params=wrong)


def test_a_broken_flow_meter_fails_no_pump() -> None:
    """Its reading is marked bad, so a flow of zero means nothing."""
    replay = Replay("water", b"fit", faults=[Fault("fit201.flow", "dropout", 120.0, 1800.0)])
    for _ in range(28):
        replay.advance(60.0)
        assert (replay.true["p101.failed"], replay.true["p102.failed"]) == (0, 0)
