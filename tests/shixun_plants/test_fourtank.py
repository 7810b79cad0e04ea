"""The quadruple tank: Johansson, IEEE Trans. Control Systems Technology 8(3), 2000."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shixun_plants.faults import Fault
from shixun_plants.fourtank.core import MINIMUM, NON_MINIMUM, Inputs, Params, State, initial, step
from shixun_plants.headless import Replay
from shixun_plants.pi import Pi
from shixun_plants.seeds import process_rng
from shixun_plants.wander import Wander

STILL = {"wander": Wander(1.0, 0.0, 60.0)}


def settle(params: Params, u: Inputs, seconds: float = 3000.0) -> State:
    rng = process_rng(b"4")
    state = initial(params)
    for _ in range(round(2 * seconds)):
        state = step(params, state, u, 0.5, rng)
    return state


def still(params: Params) -> Params:
    return Params(**{name: getattr(params, name) for name in params.__dataclass_fields__} | STILL)


@pytest.mark.parametrize(
    ("params", "published", "balance"),
    [(MINIMUM, (12.4, 12.7, 1.8, 1.4), (12.26, 12.78, 1.63, 1.41)), (NON_MINIMUM, (12.6, 13.0, 4.8, 4.9), None)],
    ids=["minimum phase", "non-minimum phase"],
)
def test_steady_states_are_the_papers(
    params: Params, published: tuple[float, ...], balance: tuple[float, ...] | None
) -> None:
    """Operating points P- and P+ of the paper; 12.3/12.8/1.6/1.4 cm is what its own equation gives for P-."""
    levels = [100.0 * level for level in settle(still(params), Inputs(params.volts)).levels]
    assert levels == pytest.approx(published, abs=0.25)
    if balance:
        assert levels == pytest.approx(balance, abs=0.01)


def test_the_paper_s_zeros_tell_the_phases_apart() -> None:
    """The multivariable zeros lie in the left half plane iff gamma1 + gamma2 > 1 (its eq. 5): with both pumps' share below,
    a pump's push first raises the wrong tank."""
    assert sum(MINIMUM.gammas) > 1 > sum(NON_MINIMUM.gammas)
    for params, own_first in ((still(MINIMUM), True), (still(NON_MINIMUM), False)):
        start = settle(params, Inputs(params.volts))
        state, rng = start, process_rng(b"")
        for _ in range(1200):
            state = step(params, state, Inputs((params.volts[0] + 0.5, params.volts[1])), 0.5, rng)
        rise = [now - then for now, then in zip(state.levels, start.levels, strict=True)]
        assert (rise[0] > rise[1]) is own_first, "steady-state gain of pump 1"


def test_time_constants_are_those_of_the_linearised_model() -> None:
    """T_i = A_i / a_i sqrt(2 h_i / g): 62, 90, 23, 30 s at P- (its section II)."""
    constants = [
        area / outlet * math.sqrt(2.0 * level / MINIMUM.gravity)
        for area, outlet, level in zip(MINIMUM.areas, MINIMUM.outlets, MINIMUM.levels, strict=True)
    ]
    assert constants == pytest.approx((62, 90, 23, 30), abs=1.5)


@pytest.mark.parametrize(("phase", "seconds"), [("minimum", 300.0), ("non-minimum", 2400.0)])
def test_the_paper_s_pi_settings_hold_the_levels(phase: str, seconds: float) -> None:
    """P- settles within minutes; P+ needs about ten times as long with its best decentralised PI."""
    replay = Replay("four-tank", b"pi", params={"phase": phase})
    replay.advance(600.0)
    replay.advance(seconds, {"tank1.setpoint": replay.true["tank1.setpoint"] + 1.0})
    for number in (1, 2):
        assert replay.true[f"tank{number}.level"] == pytest.approx(replay.true[f"tank{number}.setpoint"], abs=0.45)
    assert replay.true["plant.spilled"] == 0.0


def test_a_drain_is_a_disturbance_that_the_loop_takes_up() -> None:
    replay = Replay("four-tank", b"drain", params=STILL)
    replay.advance(120.0)
    before = replay.true["pump1.voltage"]
    replay.advance(15.0, {"tank1.drain": 30.0})
    assert replay.true["tank1.level"] < 12.3
    replay.advance(400.0)
    assert replay.true["tank1.level"] == pytest.approx(12.4, abs=0.15)
    assert replay.true["pump1.voltage"] > before + 0.5


def test_manual_gives_the_pump_to_a_controller_outside_and_auto_takes_it_back_without_a_bump() -> None:
    replay = Replay("four-tank", b"hand", params=STILL)
    replay.advance(60.0)
    replay.advance(600.0, {"loop1.auto": 0, "pump1.command": 2.5})
    assert replay.true["pump1.voltage"] == 2.5
    low = replay.true["tank1.level"]
    assert low < 11.0
    replay.advance(2.0, {"tank1.setpoint": low, "loop1.auto": 1})
    assert replay.true["pump1.voltage"] == pytest.approx(2.5, abs=0.2)
    integral = 0.0
    for _ in range(1200):
        error = 12.4 - replay.measured["tank1.level"]
        integral += 1.5 * error * 0.5 / 30.0
        volts = min(max(3.0 + 1.5 * error + integral, 0.0), 10.0)
        replay.advance(0.5, {"loop1.auto": 0, "pump1.command": volts})
    assert replay.true["tank1.level"] == pytest.approx(12.4, abs=0.2), "a lab's own PI does the same work"


def test_an_overflow_spills_and_a_stuck_pump_does_not_move() -> None:
    replay = Replay("four-tank", b"over")
    for loop in (1, 2):
        replay.write(f"loop{loop}.auto", 0)
        replay.write(f"pump{loop}.command", 10.0)
    replay.advance(600.0)
    assert replay.true["tank1.level"] == pytest.approx(20.0)
    assert replay.true["plant.spilled"] > 1000.0
    stuck = Replay("four-tank", b"stuck", faults=[Fault("pump1.voltage", "stuck", 10.0)])
    stuck.advance(10.0)
    kept = stuck.true["pump1.voltage"]
    stuck.advance(60.0, {"loop1.auto": 0, "pump1.command": 9.0})
    assert stuck.true["pump1.voltage"] == kept


def test_a_bad_reading_keeps_the_pump_where_it_was() -> None:
    replay = Replay("four-tank", b"bad", faults=[Fault("tank2.level", "dropout", 100.0)])
    replay.advance(110.0)
    kept = replay.true["pump2.voltage"]
    replay.advance(200.0)
    assert replay.true["pump2.voltage"] == kept, "0 cm would have opened it fully"


@settings(max_examples=40, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.floats(0, 10), st.floats(0, 10), st.floats(0, 1), st.floats(0, 1), st.integers(1, 400)), max_size=6
    )
)
def test_levels_keep_their_bounds_and_water_is_kept(acts: list[tuple[float, float, float, float, int]]) -> None:
    """What the lower tanks give back to the basin is what the pumps took, less what is in the tanks or was spilled."""
    params, rng = Params(), process_rng(b"k")
    state = initial(params)
    volume = sum(level * area for level, area in zip(state.levels, params.areas, strict=True))
    for v1, v2, d1, d2, count in acts:
        for _ in range(count):
            before, spilled = state.levels, state.spilled
            state = step(params, state, Inputs((v1, v2), (d1, d2)), 0.5, rng)
            out = [
                outlet * (1.0 + drain) * math.sqrt(2 * params.gravity * level)
                for outlet, drain, level in zip(params.outlets[:2], (d1, d2), before[:2], strict=True)
            ]
            now = sum(level * area for level, area in zip(state.levels, params.areas, strict=True))
            expected = volume + 0.5 * (sum(state.flows) - sum(out)) - (state.spilled - spilled)
            assert now == pytest.approx(expected, abs=2e-6), "2 mL: an empty tank can't go below its bottom"
            assert all(0.0 <= level <= params.height for level in state.levels)
            volume = now


@given(st.floats(-5, 5), st.floats(0, 500), st.lists(st.floats(-20, 20), max_size=60), st.floats(0, 10))
def test_pi_output_stays_in_its_limits_and_follows_a_hand(
    gain: float, reset: float, errors: list[float], hand: float
) -> None:
    pi = Pi(gain, reset, 0.0, 10.0, 3.0)
    for error in errors:
        assert 0.0 <= pi.output(error, 0.0, 0.5) <= 10.0
    pi.follow(5.0, 5.0, hand)
    assert pi.output(5.0, 5.0, 0.5) == pytest.approx(hand)


def test_pi_does_not_wind_up() -> None:
    pi = Pi(1.0, 10.0, 0.0, 10.0)
    for _ in range(10_000):
        assert pi.output(100.0, 0.0, 1.0) == 10.0
    assert pi.output(0.0, 5.0, 1.0) < 10.0, "it leaves the limit at once"


@pytest.mark.parametrize(
    "wrong", [{"phase": "full moon"}, {"gammas": (1.2, 0.5)}, {"levels": (0.3, 0.1, 0.1, 0.1)}, {"area": 1.0}]
)
def test_refuses_plants_that_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Replay("four-tank", b"", params=wrong)


def test_a_loop_takes_over_from_the_reading_that_it_will_act_on() -> None:
    """The instrument has drifted by 3 cm: a controller that took over from the true level would jump by 4.5 V."""
    replay = Replay("four-tank", b"drift", params=STILL, faults=[Fault("tank1.level", "drift", 0.0, size=0.03)])
    replay.advance(100.0, {"loop1.auto": 0, "pump1.command": 3.0})
    replay.advance(1.0, {"loop1.auto": 1})
    assert replay.measured["tank1.level"] - replay.true["tank1.level"] == pytest.approx(3.0, abs=0.2)
    assert replay.true["pump1.voltage"] == pytest.approx(3.0, abs=0.3)
