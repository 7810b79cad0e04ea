"""The boiler unit: Bell and Åström's 160 MW model, its controls, its money."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shixun_plants.boiler.control import KG_CM2, Mode
from shixun_plants.boiler.core import NOMINAL, Inputs, derivatives, drum_level, equilibrium, step
from shixun_plants.boiler.economy import FLAT, PEAK, SHARP, VALLEY, Economy
from shixun_plants.faults import Fault
from shixun_plants.headless import Replay, simulate


def test_the_published_operating_point_is_an_equilibrium() -> None:
    """p = 108, P = 66.65, rho = 428 with u = (0.34, 0.69, 0.436): derivatives about 3e-4, level about 0."""
    assert NOMINAL[1:7] == (108.0, 66.65, 428.0, 0.34, 0.69, 0.436)
    assert derivatives(NOMINAL, 0.34, 0.69, 0.436) == pytest.approx((0.0, 0.0, 0.0), abs=3e-4)
    assert drum_level(NOMINAL) == pytest.approx(0.0, abs=1e-3)
    assert equilibrium(108.0, 66.65) == pytest.approx((0.34, 0.69, 0.436), abs=5e-4)


def test_an_hour_at_the_operating_point_stays_there() -> None:
    """Pressure and power hold by themselves; the drum integrates what little the feedwater's rounding leaves."""
    state = NOMINAL
    for _ in range(7200):
        state = step(state, Inputs(0.34, 0.69, 0.436), 0.5)
    assert state.power == pytest.approx(66.65, rel=0.01)
    assert state.pressure == pytest.approx(108.0, rel=0.01)
    assert state.density == pytest.approx(428.0, rel=0.01)


def test_valves_move_no_faster_than_published() -> None:
    """0.007, 0.02 and 0.05 of the way per second."""
    state = step(NOMINAL, Inputs(1.0, 1.0, 1.0), 0.5)
    moved = (state.fuel - 0.34, state.steam - 0.69, state.feed - 0.436)
    assert moved == pytest.approx((0.0035, 0.01, 0.025))


def test_the_step_width_changes_nothing_that_matters() -> None:
    coarse = fine = NOMINAL
    for _ in range(600):
        coarse = step(coarse, Inputs(0.40, 0.75, 0.5), 0.5)
    for _ in range(6000):
        fine = step(fine, Inputs(0.40, 0.75, 0.5), 0.05)
    assert coarse[:7] == pytest.approx(fine[:7], rel=2e-3)


def test_opening_the_steam_valve_makes_the_level_swell_before_it_falls() -> None:
    """Shrink and swell: the reason for three-element control."""
    state, levels = NOMINAL, []
    for _ in range(1200):
        state = step(state, Inputs(0.34, 0.80, 0.436), 0.5)
        levels.append(drum_level(state))
    assert max(levels[:60]) > 0.05
    assert levels[-1] < 0.0


def test_the_controls_follow_a_load_ramp() -> None:
    replay = Replay("boiler", b"ramp")
    replay.advance(60.0, {"dispatch.auto": 0, "turbine.power_setpoint": 100.0})
    levels, pressures = [], []
    for _ in range(240):
        replay.advance(5.0)
        levels.append(replay.true["drum.level"])
        pressures.append(replay.true["drum.pressure"])
    assert replay.true["turbine.power"] == pytest.approx(100.0, abs=0.5)
    assert max(map(abs, levels)) < 40.0
    assert pressures[-1] == pytest.approx(10.59, abs=0.02)
    replay.advance(1200.0, {"drum.pressure_setpoint": 9.5})
    assert replay.true["drum.pressure"] == pytest.approx(9.5, abs=0.03)


def test_a_drifting_level_instrument_empties_the_drum_and_trips_the_unit() -> None:
    """The controls believe the instrument: it reads zero while the true level is gone."""
    replay = Replay("boiler", b"drift", faults=[Fault("drum.level", "drift", 60.0, 1800.0, size=1.0)])
    replay.advance(1000.0)
    assert abs(replay.measured["drum.level"]) < 150.0
    assert replay.true["drum.level"] < -250.0
    replay.advance(1400.0)
    assert replay.true["unit.state"] == Mode.TRIPPED
    assert (replay.true["fuel.valve"], replay.true["turbine.power"]) == (0.0, 0.0)


def test_after_a_trip_the_unit_drains_and_can_be_started_again() -> None:
    replay = Replay("boiler", b"again", faults=[Fault("feed.valve", "stuck", 100.0, 2400.0)])
    replay.advance(2300.0, {"dispatch.auto": 0, "turbine.power_setpoint": 90.0})
    assert replay.true["unit.state"] == Mode.TRIPPED
    replay.advance(1.0, {"unit.reset": 1})
    assert replay.true["unit.state"] == Mode.TRIPPED, "not while the level is far out"
    replay.advance(900.0)
    replay.advance(2400.0, {"unit.reset": 1})
    assert replay.true["unit.state"] == Mode.AUTO
    assert replay.true["turbine.power"] == pytest.approx(90.0, abs=1.0)


def test_hand_operation_is_bumpless_and_the_safety_valve_holds_the_pressure() -> None:
    replay = Replay("boiler", b"hand")
    replay.advance(300.0)
    valve = replay.true["fuel.valve"]
    replay.advance(1.0, {"fuel.command": valve, "fuel.auto": 0})
    assert (replay.true["unit.state"], replay.true["fuel.valve"]) == (Mode.MANUAL, pytest.approx(valve, abs=0.1))
    replay.advance(1.0, {"fuel.auto": 1})
    assert replay.true["fuel.valve"] == pytest.approx(valve, abs=0.5)
    replay.advance(600.0, {"fuel.auto": 0, "fuel.command": 100.0, "steam.auto": 0, "steam.command": 0.0})
    assert replay.true["drum.relief"] == 1
    assert replay.true["drum.pressure"] < 155.0 * KG_CM2


def test_tariff_load_and_co2_are_data() -> None:
    economy = Economy()
    assert [economy.period(hour) for hour in (3.5, 7.5, 8.5, 19.5, 23.99)] == [VALLEY, FLAT, PEAK, SHARP, VALLEY]
    assert economy.price(19.0) > economy.price(9.0) > economy.price(13.0) > economy.price(2.0)
    assert economy.demand(8.5) == pytest.approx((economy.load[8] + economy.load[9]) / 2)
    assert economy.demand(23.5) == pytest.approx((economy.load[23] + economy.load[0]) / 2), "midnight has no step"
    cheap = simulate("boiler", b"e", 1800.0, params={"fuel_price": 0.0, "prices": (1.0,) * 4})
    assert cheap.last("account.fuel_cost") == 0
    assert cheap.last("account.revenue") == pytest.approx(1000.0 * cheap.last("energy.total"), rel=1e-3)


def test_energy_balance_and_emissions_of_an_hour() -> None:
    """35 % net at the operating point; 94.6 kg CO2 per GJ of bituminous coal (IPCC 2006, vol. 2, table 1.4)."""
    economy = Economy()
    assert 66.65 / (economy.heat * 0.34) == pytest.approx(0.35, abs=0.001)
    trace = simulate("boiler", b"h", 3600.0, inputs=(), every=60.0)
    assert trace.last("energy.total") == pytest.approx(sum(trace.true["turbine.power"]) / 61, rel=0.01)
    assert trace.last("co2.total") == pytest.approx(trace.last("fuel.total") * 20.9 * 0.0946, rel=1e-6)
    assert 0.85 < trace.last("co2.intensity") < 1.0


def test_a_peak_hour_earns_and_a_valley_hour_loses() -> None:
    def margin(hour: float) -> float:
        trace = simulate("boiler", b"m", 3600.0, params={"start_hour": hour})
        return trace.last("account.revenue") - trace.last("account.fuel_cost")

    assert margin(19.0) > margin(12.0) > 0 > margin(2.0)


def test_what_is_not_delivered_is_counted() -> None:
    """Full dispatch against a power set point of a hand that holds it low."""
    replay = Replay("boiler", b"short")
    replay.advance(3600.0, {"dispatch.auto": 0, "turbine.power_setpoint": 40.0})
    assert replay.true["energy.short"] == pytest.approx(74.0 - 46.0, abs=8.0)


@settings(max_examples=40, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.booleans(), st.integers(1, 600)), max_size=6
    )
)
def test_the_core_stays_finite_whatever_the_valves_do(acts: list[tuple[float, float, float, bool, int]]) -> None:
    state = NOMINAL
    for fuel, steam, feed, drain, count in acts:
        for _ in range(count):
            state = step(state, Inputs(fuel, steam, feed, drain), 0.5)
            assert 0.0 < state.pressure < 160.0
            assert 0.0 <= state.power < 250.0
            assert -1.0 <= drum_level(state) <= 1.0


@pytest.mark.parametrize(
    "wrong",
    [{"start_hour": 24.0}, {"periods": (0,) * 23}, {"periods": (5,) * 24}, {"fuel_heat": 0.0}, {"load": (-1.0,) * 24}, {"x": 1}],
)  # fmt: skip
def test_refuses_plants_that_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Replay("boiler", b"", params=wrong)


def test_a_fouled_valve_shows_in_its_flow_and_in_what_it_burns() -> None:
    """The tell of a fouled valve: it stands further open than what flows through it."""
    healthy = Replay("boiler", b"foul")
    fouled = Replay(
        "boiler",
        b"foul",
        faults=[Fault("feed.valve", "fouled", 0.0, size=0.5), Fault("fuel.valve", "fouled", 0.0, size=0.2)],
    )
    for replay in (healthy, fouled):
        replay.advance(5.0, {"feed.auto": 0, "feed.command": 43.6, "fuel.auto": 0, "fuel.command": 34.0})
        replay.advance(60.0)
    assert fouled.true["feed.valve"] == pytest.approx(healthy.true["feed.valve"])
    assert fouled.true["feed.flow"] == pytest.approx(0.5 * healthy.true["feed.flow"])
    assert fouled.true["fuel.total"] == pytest.approx(0.8 * healthy.true["fuel.total"], rel=0.01)
    assert fouled.true["co2.total"] == pytest.approx(0.8 * healthy.true["co2.total"], rel=0.01)


def test_a_broken_pressure_instrument_does_not_shut_the_feedwater() -> None:
    """Its reading is marked bad: steam flow is then reckoned from the last good one, and the drum keeps its water."""
    replay = Replay("boiler", b"wire", faults=[Fault("drum.pressure", "dropout", 120.0, 900.0)])
    replay.advance(119.0)
    before = replay.true["feed.valve"]
    for _ in range(60):
        replay.advance(10.0)
        assert replay.true["feed.valve"] == pytest.approx(before, abs=15.0)
        assert abs(replay.true["drum.level"]) < 75.0
    assert replay.true["unit.state"] == Mode.AUTO
