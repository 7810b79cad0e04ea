"""What graders replay designs on."""

import pytest

from shixun_plants.bottling.signals import COMMANDS
from shixun_plants.faults import Fault
from shixun_plants.headless import Input, simulate
from shixun_plants.plants import catalogue, make_plant
from shixun_plants.seeds import process_rng


def test_rows_hold_every_tag_at_every_time() -> None:
    trace = simulate("bottling", b"rows", 100.0, dt=0.5, every=30.0)
    assert [round(time) for time in trace.times] == [0, 30, 60, 90, 100]
    tags = {signal.tag for signal in catalogue("bottling")}
    assert set(trace.true) == set(trace.measured) == tags
    assert all(len(column) == 5 for column in (*trace.true.values(), *trace.measured.values()))


def test_repeats_exactly() -> None:
    arguments = {
        "faults": [Fault("filler.volume", "noise", size=3.0)],
        "inputs": [Input(50.0, "line.speed_setpoint", 60.0)],
    }
    first = simulate("bottling", b"again", 600.0, **arguments)  # type: ignore[arg-type]
    assert first == simulate("bottling", b"again", 600.0, **arguments)  # type: ignore[arg-type]
    assert first != simulate("bottling", b"another", 600.0, **arguments)  # type: ignore[arg-type]


def test_readings_in_between_change_nothing() -> None:
    assert simulate("bottling", b"e", 600.0, every=10.0).last("line.good") == simulate("bottling", b"e", 600.0).last(
        "line.good"
    )


def test_inputs_act_at_their_time() -> None:
    trace = simulate(
        "bottling",
        b"in",
        300.0,
        inputs=[Input(200.0, "line.cmd_stop", 1), Input(100.0, "line.speed_setpoint", 50.0)],
        every=1.0,
    )
    speed = trace.true["line.speed_setpoint"]
    assert (speed[100], speed[101]) == (100.0, 50.0)
    assert trace.true["line.state"][200] == 6
    assert trace.true["line.state"][-1] == 2


def test_every_value_stays_in_its_signals_range() -> None:
    trace = simulate("bottling", b"range", 4 * 3600.0, every=20.0)
    for signal in catalogue("bottling"):
        assert signal.low <= min(trace.true[signal.tag]), signal.tag
        assert max(trace.true[signal.tag]) <= signal.high, signal.tag


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kind": "brewery"}, ValueError),
        ({"dt": 0.0}, ValueError),
        ({"every": 0.0}, ValueError),
        ({"params": {"buffer": 3}}, ValueError),
        ({"inputs": [Input(0.0, "line.oee", 1.0)]}, KeyError),
    ],
)
def test_refuses_what_does_not_exist(change: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        simulate(**{"kind": "bottling", "process_seed": b"", "seconds": 10.0} | change)  # type: ignore[arg-type]


def test_commands_cannot_pile_up() -> None:
    plant = make_plant("bottling", process_rng(b"pile"))
    for _ in range(1000):
        for tag in COMMANDS:
            plant.set(tag, 1)
    plant.advance(10.0)
    assert plant.true_values()["line.state"] in (8, 9, 2, 1, 7), "seven commands, the last ones abort and clear"
