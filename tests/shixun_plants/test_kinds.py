"""What holds for every kind of plant: headless, on the network, under faults."""

import subprocess
import sys
from pathlib import Path

import pytest

from shixun_plants.faults import ACTUATOR, INSTRUMENT, Fault, fitting
from shixun_plants.headless import Input, Replay, simulate
from shixun_plants.mapgen import point_map
from shixun_plants.plants import KINDS, catalogue, load, plant_class
from shixun_plants.pointmap import decode, encode
from shixun_plants.runner import LivePlant

from .conftest import config

LABS = Path(__file__).parents[2] / "labs"
SEEDS = [number.to_bytes(4, "big") for number in range(60)]


@pytest.mark.parametrize("kind", KINDS)
def test_values_of_an_hour_stay_in_their_ranges_and_repeat(kind: str) -> None:
    trace = simulate(kind, b"hour", 3600.0, every=60.0)
    again, other = (simulate(kind, seed, 600.0, every=60.0) for seed in (b"hour", b"other"))
    assert {tag: values[:11] for tag, values in trace.true.items()} == again.true != other.true
    assert {tag: values[:11] for tag, values in trace.measured.items()} == again.measured != other.measured
    signals = {signal.tag: signal for signal in catalogue(kind)}
    assert set(trace.true) == set(trace.measured) == set(signals)
    for tag, signal in signals.items():
        assert signal.low <= min(trace.true[tag]), tag
        assert max(trace.true[tag]) <= signal.high, tag
        if signal.kind not in ("analog", "setpoint") and signal.resolution >= 1.0:
            assert all(value == round(value) for value in trace.true[tag]), tag


@pytest.mark.parametrize("kind", KINDS)
def test_every_seed_gives_a_map_that_holds_the_whole_plant(kind: str) -> None:
    maps = [point_map(kind, seed) for seed in SEEDS]
    assert len({one.to_json() for one in maps}) == len(SEEDS)
    signals = {signal.tag: signal for signal in catalogue(kind)}
    for points in maps:
        assert [point.tag for point in points.points] == list(signals)
        for point in points.points:
            signal = signals[point.tag]
            assert point.writable == signal.writable
            assert not point.writable or point.table in ("holding", "coil")
            for value in (signal.low, signal.high):
                assert decode(point, encode(point, value)) == pytest.approx(value, abs=point.scale, rel=1e-6)
            if point.dtype not in ("bool", "float32"):
                assert point.scale <= signal.resolution


@pytest.mark.parametrize("kind", KINDS)
def test_every_writable_tag_can_be_written_over_its_whole_range(kind: str) -> None:
    """Set points and switches are then read back as written; nothing leaves its range whatever an operator does."""
    replay = Replay(kind, b"writes")
    for signal in (signal for signal in catalogue(kind) if signal.writable):
        for value in (signal.low, signal.high):
            replay.advance(2.0, {signal.tag: value})
            if signal.kind in ("setpoint", "switch"):
                assert replay.true[signal.tag] == pytest.approx(value), signal.tag
        with pytest.raises(ValueError):
            replay.write(signal.tag, signal.high + 1.0)
        with pytest.raises(ValueError):
            replay.write(signal.tag, float("nan"))
    for _ in range(10):
        replay.advance(60.0)
        for signal in catalogue(kind):
            assert signal.low <= replay.true[signal.tag] <= signal.high, signal.tag
    with pytest.raises(KeyError):
        replay.write(next(signal.tag for signal in catalogue(kind) if not signal.writable), 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_that_fits_can_come_and_go(kind: str) -> None:
    """Readings stay in range, other tags keep their quality, and the plant lives on afterwards."""
    actuators = plant_class(kind).actuators
    for signal in catalogue(kind):
        for fault in fitting(signal, actuators):
            replay = Replay(kind, b"faults", faults=[Fault(signal.tag, fault, 1.0, 3.0, size=3.0)])
            for _ in range(3):
                replay.advance(1.0)
                reported = replay.rig.reported
                assert signal.low <= reported.values[signal.tag] <= signal.high
                assert reported.bad <= {signal.tag}
            replay.advance(5.0)
            assert replay.bad == frozenset()


@pytest.mark.parametrize("kind", KINDS)
def test_instruments_without_a_controller_behind_them_never_change_the_process(kind: str) -> None:
    if plant_class(kind).scan:
        pytest.skip("the controller acts on what its instruments say")
    healthy = simulate(kind, b"f", 600.0, every=30.0)
    tag = next(signal.tag for signal in catalogue(kind) if signal.kind == "analog")
    for fault in INSTRUMENT:
        assert simulate(kind, b"f", 600.0, every=30.0, faults=[Fault(tag, fault, 60.0, size=2.0)]).true == healthy.true


@pytest.mark.parametrize("kind", [kind for kind in KINDS if plant_class(kind).actuators])
def test_actuator_faults_reach_the_process(kind: str) -> None:
    healthy = simulate(kind, b"a", 900.0, every=60.0).true
    for tag in plant_class(kind).actuators:
        for fault in ACTUATOR:
            size = 0.9 if fault == "fouled" else 50.0
            assert simulate(
                kind, b"a", 900.0, every=60.0, faults=[Fault(tag, fault, 5.0, size=size)]
            ).true != healthy or (len(set(healthy[tag])) == 1), f"{tag} {fault}"


@pytest.mark.parametrize("kind", KINDS)
def test_an_attack_on_the_network_fools_clients_and_not_the_controller(kind: str, tmp_path: Path) -> None:
    live = LivePlant(config(tmp_path, kind=kind))
    signal = next(signal for signal in catalogue(kind) if signal.kind == "analog")
    false = signal.low + 0.125 * (signal.high - signal.low)
    live.faults = (Fault(signal.tag, "spoofed", size=false),)
    live.advance(5.0)
    assert live.reported.values[signal.tag] == pytest.approx(false)
    assert live.measured.values[signal.tag] != pytest.approx(false)
    point = live.map[signal.tag]
    words = live.registers._words[point.unit_id, point.table]
    told = decode(point, [words[point.address + place] for place in range(point.count)])
    assert told == pytest.approx(false, abs=0.51 * point.scale, rel=1e-6)
    live.flush()
    assert '"instruments"' in (tmp_path / "log.jsonl").read_text()
    live.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hijacked_set_point_reads_back_as_its_owner_wrote_it(kind: str) -> None:
    signal = next(signal for signal in catalogue(kind) if signal.kind == "setpoint")
    replay = Replay(kind, b"h", faults=[Fault(signal.tag, "hijacked", 10.0, 20.0, size=signal.low)])
    replay.advance(10.0, {signal.tag: signal.high})
    replay.advance(2.0)
    assert replay.true[signal.tag] == pytest.approx(signal.low)
    assert replay.rig.reported.values[signal.tag] == pytest.approx(signal.high)
    middle = (signal.low + signal.high) / 2
    replay.advance(3.0, {signal.tag: middle})
    assert replay.true[signal.tag] == pytest.approx(signal.low), "the client's write is lost"
    assert replay.rig.reported.values[signal.tag] == pytest.approx(middle)
    replay.advance(10.0)
    assert replay.rig.reported.values[signal.tag] == replay.true[signal.tag] == pytest.approx(signal.low)


@pytest.mark.parametrize("kind", KINDS)
def test_the_scan_does_not_depend_on_the_callers_steps(kind: str) -> None:
    """A controller scans at its own period, so a coarse caller and a fine one see the same plant."""
    if not plant_class(kind).scan:
        pytest.skip("no controller")
    coarse, fine = Replay(kind, b"s"), Replay(kind, b"s")
    coarse.advance(120.0)
    for _ in range(60):
        fine.advance(2.0)
    assert coarse.true == pytest.approx(fine.true, rel=1e-9, abs=1e-9)
    assert coarse.measured == pytest.approx(fine.measured, rel=1e-9, abs=1e-9)


def test_inputs_that_do_not_exist_are_refused() -> None:
    with pytest.raises(KeyError):
        Replay("bottling", b"", faults=[Fault("nothing", "frozen")])
    with pytest.raises(ValueError):
        Replay("bottling", b"").advance(0.0)
    with pytest.raises(ValueError):
        simulate("bottling", b"", 10.0, inputs=[Input(0.0, "line.speed_setpoint", 500.0)])


def test_a_kind_loads_nothing_of_the_others() -> None:
    probe = (
        "import sys; from shixun_plants.headless import simulate; import shixun_plants.__main__; simulate('water', b'', 10.0); "
        "print([name for name in sys.modules if name in ('numpy', 'asyncua', 'uvicorn') or name.startswith("
        "('shixun_plants.bottling', 'shixun_plants.hmi'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, env={"PYTHONPATH": str(LABS)}, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_named_once(kind: str) -> None:
    assert load(KINDS[kind].plant) is plant_class(kind)
    assert len({signal.tag for signal in catalogue(kind)}) == len(catalogue(kind))
    assert set(plant_class(kind).actuators) <= {signal.tag for signal in catalogue(kind)}
    assert kind not in {signal.tag.split(".")[0] for signal in catalogue(kind)}, "an OPC UA node has the kind's name"
