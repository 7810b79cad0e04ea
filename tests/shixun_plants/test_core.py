"""The bottling line's physics and its published figures."""

from functools import cache
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shixun_plants.bottling.core import Inputs, LineState, initial, step
from shixun_plants.bottling.oee import line_oee, station_oee
from shixun_plants.bottling.packml import NEXT, TRANSITIONS, Command, State
from shixun_plants.bottling.params import STATIONS, Params
from shixun_plants.seeds import process_rng

SHIFT = 8 * 3600.0


def run(seconds: float, dt: float = 1.0, seed: bytes = b"core", u: Inputs | None = None, **params: object) -> LineState:
    rng = process_rng(seed)
    line = initial(Params(**params), rng)  # type: ignore[arg-type]
    u = u or Inputs()
    for _ in range(round(seconds / dt)):
        line = step(line, u, dt, rng)
    return line


@cache
def shifts(buffer: int, count: int, dt: float = 1.0) -> tuple[float, float]:
    """Mean good bottles and mean OEE (%) of some shifts, without the instruments that they don't show. One shift deviates by 4.5 %
    where buffers are small, by 2 % where they are large."""
    ends = [run(SHIFT, dt, bytes([number]), buffers=(buffer,) * 4, wanders={}) for number in range(count)]
    return mean(end.delivered for end in ends), 100.0 * mean(line_oee(end).oee for end in ends)


@pytest.fixture(scope="module")
def one_shift() -> LineState:
    """The line after a shift."""
    return run(SHIFT)


def test_parameters_are_those_of_the_reference() -> None:
    """Rates 0.9-1.1 bottle/s, MTBF 1800-5400 s, MTTR 60-240 s, quality 98.5 %."""
    assert (min(s.rate for s in STATIONS), max(s.rate for s in STATIONS)) == (0.9, 1.1)
    assert (min(s.mtbf for s in STATIONS), max(s.mtbf for s in STATIONS)) == (1800.0, 5400.0)
    assert all(60.0 <= s.mttr <= 240.0 for s in STATIONS)
    quality = 1.0
    for station in STATIONS:
        quality *= station.quality
    assert quality == pytest.approx(0.985)
    assert STATIONS[Params().bottleneck].name == "filler"


def test_oee_of_the_bottleneck_is_084() -> None:
    """Over 48 shifts it is 84.2; a single one lies within 4 of that two times in three."""
    _, oee = shifts(Params().buffers[0], 6)
    assert oee == pytest.approx(84.0, abs=1.5)


def test_larger_buffers_lift_output_from_20700_to_23900() -> None:
    small, _ = shifts(1, 4)
    large, _ = shifts(200, 2)
    assert small == pytest.approx(20_700, rel=0.03)
    assert large == pytest.approx(23_900, rel=0.03)


def test_the_step_width_changes_nothing_that_matters() -> None:
    coarse, coarse_oee = shifts(Params().buffers[0], 6)
    fine, fine_oee = shifts(Params().buffers[0], 3, 0.5)
    assert fine == pytest.approx(coarse, rel=0.03)
    assert fine_oee == pytest.approx(coarse_oee, abs=2.5)


def test_without_failures_the_slowest_machine_sets_the_pace() -> None:
    perfect = tuple(
        type(spec)(spec.name, spec.rate, 1e12, spec.mttr, 1.0, spec.rest_power, spec.work_power) for spec in STATIONS
    )
    line = run(3600.0, stations=perfect)
    assert line.delivered == pytest.approx(0.9 * 3600, rel=0.005)
    assert line_oee(line).oee == pytest.approx(1.0, abs=0.005)
    assert run(3600.0, stations=perfect, u=Inputs(speed=0.5)).delivered == pytest.approx(0.45 * 3600, rel=0.01)


def test_mean_times_show_in_what_the_machines_do() -> None:
    """Over all machines: down time is the exponential repairs plus the acting states around them, and failures come by the time
    in Execute alone. About 100 failures: a mean of so many exponentials deviates by 10 %."""
    rng = process_rng(b"mttr")
    line = initial(Params(buffers=(200,) * 4), rng)
    failures, executed = [0] * 5, [0.0] * 5
    for _ in range(60_000):
        old, line = line, step(line, Inputs(), 1.0, rng)
        for index, (was, now) in enumerate(zip(old.stations, line.stations, strict=True)):
            executed[index] += was.state is State.EXECUTE
            failures[index] += was.state is not now.state is State.ABORTING
    assert sum(failures) > 80
    down = sum(station.down for station in line.stations)
    repairs = sum(count * (spec.mttr + 10.0) for count, spec in zip(failures, STATIONS, strict=True))
    assert down == pytest.approx(repairs, rel=0.2)
    expected = sum(seconds / spec.mtbf for seconds, spec in zip(executed, STATIONS, strict=True))
    assert sum(failures) == pytest.approx(expected, rel=0.2)


def test_bottles_are_neither_made_nor_lost() -> None:
    line = run(5000.0)
    for index, level in enumerate(line.buffers):
        assert line.stations[index].good - line.stations[index + 1].made == level
    assert line.rejects == line.stations[1].made - line.stations[1].good > 0


def test_oee_is_the_product_and_equals_good_over_ideal(one_shift: LineState) -> None:
    line = one_shift
    oee = line_oee(line)
    assert oee.oee == pytest.approx(line.stations[1].good / (0.9 * line.planned), rel=1e-9)
    assert all(0.0 <= share <= 1.0 for index in range(5) for share in station_oee(line, index))


def test_same_seed_same_line_and_another_seed_another() -> None:
    assert run(3000.0) == run(3000.0)
    assert run(3000.0) != run(3000.0, seed=b"other")


def test_a_step_leaves_the_state_it_was_given() -> None:
    rng = process_rng(b"pure")
    line = initial(Params(), rng)
    kept = LineState(*line)
    step(line, Inputs(Command.STOP), 1.0, rng)
    assert line == kept


def test_energy_is_the_integral_of_power() -> None:
    rng = process_rng(b"energy")
    line = initial(Params(), rng)
    joule = 0.0
    for _ in range(2000):
        line = step(line, Inputs(), 0.5, rng)
        joule += 0.5 * line.power
    assert line.energy == pytest.approx(joule)


def test_bowl_level_stays_near_its_set_point(one_shift: LineState) -> None:
    assert one_shift.bowl == pytest.approx(0.6, abs=0.1)


@pytest.mark.parametrize("dt", [0.0, -1.0, 1.5, float("nan")])
def test_refuses_steps_it_cannot_take(dt: float) -> None:
    rng = process_rng(b"")
    with pytest.raises(ValueError, match="dt"):
        step(initial(Params(), rng), Inputs(), dt, rng)


@pytest.mark.parametrize("wrong", [{"speed": 0.0}, {"speed": 1.2}, {"speed": float("nan")}, {"order": -1}])
def test_refuses_inputs_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Inputs(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"buffers": (1, 2)}, {"buffers": (0, 1, 1, 1)}, {"stations": STATIONS[:1], "buffers": ()}]
)
def test_refuses_lines_that_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Params(**wrong)  # type: ignore[arg-type]


COMMANDS = st.none() | st.sampled_from(list(Command))
ACTS = st.lists(st.tuples(COMMANDS, st.integers(1, 40), st.floats(0.2, 1.0), st.sampled_from([0, 5, 60])), max_size=25)


@settings(max_examples=40, deadline=None)
@given(acts=ACTS, seed=st.binary(max_size=4), buffer=st.integers(1, 12))
def test_whatever_the_operator_does(
    acts: list[tuple[Command | None, int, float, int]], seed: bytes, buffer: int
) -> None:
    """Bottles are conserved, buffers keep their bounds, and each machine moves along the model's arrows only."""
    arrows = {*NEXT.items(), *((old, new) for (old, _), new in TRANSITIONS.items())}
    rng = process_rng(seed)
    line = initial(Params(buffers=(buffer,) * 4), rng)
    for command, seconds, speed, order in acts:
        for number in range(seconds):
            old, line = line, step(line, Inputs(command if number == 0 else None, speed, order), 1.0, rng)
            assert line.state is old.state or (old.state, line.state) in arrows
            for before, now in zip(old.stations, line.stations, strict=True):
                assert now.state is before.state or (before.state, now.state) in arrows
                assert now.made >= before.made
            for index, level in enumerate(line.buffers):
                assert 0 <= level <= buffer
                assert line.stations[index].good - line.stations[index + 1].made == level
