"""The bearing stand: kinematics and figures of Case Western Reserve University's 6205, and what the monitor makes of a waveform."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shixun_plants.bearing.core import RATED_SPEED, Bearing, Params, draw_bearing, initial
from shixun_plants.bearing.geometry import Geometry, Place
from shixun_plants.bearing.plant import BearingPlant
from shixun_plants.bearing.vibration import RATE, envelope_spectrum, features, waveform
from shixun_plants.faults import Fault
from shixun_plants.headless import Replay, simulate
from shixun_plants.seeds import process_rng

ENVELOPES = ("envelope.bpfo", "envelope.bpfi", "envelope.ball", "envelope.ftf")


def test_orders_are_those_published_for_the_6205() -> None:
    """CWRU's table of drive end fault frequencies, in multiples of the shaft's: 3.5848, 5.4152, 4.7135, 0.39828."""
    orders = Geometry().orders
    assert orders == pytest.approx((3.585, 5.415, 4.713, 0.398), abs=6e-4)
    hertz = [29.95 * order for order in orders]
    assert hertz[:2] == pytest.approx((107.4, 162.2), abs=0.05)
    assert orders.bpfo + orders.bpfi == pytest.approx(9), "every ball passes once a turn"
    assert orders.bpfo == pytest.approx(9 * orders.ftf)
    assert pytest.approx(29.95) == RATED_SPEED / 60


@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize("resonance", [2200.0, 3700.0])
def test_the_envelope_spectrum_peaks_at_the_faults_frequency(place: Place, resonance: float) -> None:
    """Within 1 %, over 10 s, for any seed: the tallest line above the cage's, and for the cage the tallest below the shaft's."""
    params = Params()
    for seed in range(3):
        state = initial(params, process_rng(b""))._replace(
            bearing=Bearing(place, resonance, 0.5), speed=RATED_SPEED, load=0.5
        )
        frequencies, amplitudes = envelope_spectrum(waveform(params, state, seed, 10.0))
        wanted = params.geometry.orders[place] * RATED_SPEED / 60.0
        low, high = (5.0, 18.0) if place is Place.CAGE else (40.0, 250.0)
        seen = (frequencies > low) & (frequencies < high)
        found = frequencies[seen][amplitudes[seen].argmax()]
        assert found == pytest.approx(wanted, rel=0.01)


def test_a_waveform_is_what_its_seed_says() -> None:
    params = Params()
    state = initial(params, process_rng(b"w"))._replace(speed=1500.0, load=1.0)
    one = waveform(params, state, 5, 0.5)
    assert one.shape == (RATE // 2,)
    assert np.array_equal(one, waveform(params, state, 5, 0.5))
    assert not np.array_equal(one, waveform(params, state, 6, 0.5))
    loud = state._replace(bearing=state.bearing._replace(severity=1.0))
    assert np.isfinite(waveform(params, loud, 5)).all()
    ringing = np.abs(np.fft.rfft(waveform(params, loud, 5)))
    assert ringing.argmax() == pytest.approx(state.bearing.resonance, rel=0.08), "1 Hz a line"


def test_a_sine_s_features_are_known() -> None:
    """RMS A/sqrt 2, crest factor sqrt 2, kurtosis 1.5; noise has kurtosis 3; an amplitude modulation is the envelope's line."""
    times = np.arange(RATE) / RATE
    found = features(Params(), 2.0 * np.sin(2 * np.pi * 50.0 * times), 0.0)
    assert (found.rms, found.crest, found.kurtosis) == pytest.approx((2**0.5, 2**0.5, 1.5), rel=1e-3)
    noise = np.random.default_rng(1).normal(0.0, 1.0, RATE)
    assert features(Params(), noise, 1800.0).kurtosis == pytest.approx(3.0, abs=0.2)
    bpfo = Geometry().orders.bpfo * 30.0
    modulated = (3.0 + 1.5 * np.sin(2 * np.pi * round(bpfo) * times)) * np.sin(2 * np.pi * 3000.0 * times)
    found = features(Params(), modulated, 1800.0)
    assert found.bpfo == pytest.approx(1.5, rel=0.01)
    assert max(found.bpfi, found.ball, found.ftf) < 0.01


@pytest.mark.parametrize("place", list(Place))
def test_the_monitor_shows_which_part_is_damaged(place: Place) -> None:
    replay = Replay("bearing", b"m", params={"place": int(place), "severity": 0.3})
    replay.advance(60.0)
    lines = {tag: replay.true[tag] for tag in ENVELOPES}
    own = ENVELOPES[place]
    if place is Place.CAGE:
        assert lines[own] > 0.3, "its ninth harmonic is the outer race's frequency: only the low line tells it apart"
    else:
        assert lines[own] == max(lines.values())
        assert all(lines[own] > 5 * value for tag, value in lines.items() if tag not in (own, "envelope.ftf"))
    healthy = Replay("bearing", b"m", params={"place": int(place), "severity": 0.0})
    healthy.advance(60.0)
    assert healthy.true["vibration.kurtosis"] < 3.5 < replay.true["vibration.kurtosis"]


def test_severity_grows_exponentially_with_the_loads_cube_and_not_at_rest() -> None:
    """ISO 281: life goes with the load's third power. Ours: at half load and rated speed e-fold in `growth`."""
    grown = {}
    for load in (0.0, 50.0, 100.0):
        replay = Replay("bearing", b"g", params={"severity": 0.01})
        replay.advance(60.0, {"drive.load_setpoint": load})
        assert isinstance(replay.plant, BearingPlant)
        before = replay.plant.state.bearing.severity
        replay.advance(900.0)
        grown[load] = np.log(replay.plant.state.bearing.severity / before)
    assert grown[50.0] == pytest.approx(900.0 / 2700.0, rel=0.02)
    assert grown[100.0] / grown[50.0] == pytest.approx(1.5**3, rel=0.01)
    assert grown[0.0] / grown[50.0] == pytest.approx(0.5**3, rel=0.01)
    replay.advance(60.0, {"drive.run": 0})
    assert isinstance(replay.plant, BearingPlant)
    severity = replay.plant.state.bearing.severity
    replay.advance(600.0)
    assert replay.plant.state.bearing.severity == severity
    assert replay.true["vibration.rms"] < 0.1


def test_a_life_ends_hot_and_loud_and_a_new_bearing_is_built_in_at_rest_only() -> None:
    replay = Replay("bearing", b"life", params={"place": 0})
    replay.advance(300.0)
    quiet = replay.true["vibration.rms"]
    replay.advance(6 * 3600.0, {"stand.cmd_replace": 1})
    assert replay.true["stand.replaced"] == 0, "the shaft turns"
    assert replay.true["vibration.rms"] > 10 * quiet
    assert replay.true["housing.temperature"] > 80.0
    replay.advance(60.0, {"drive.run": 0})
    replay.advance(2.0, {"stand.cmd_replace": 1})
    replay.advance(300.0, {"drive.run": 1})
    assert replay.true["stand.replaced"] == 1
    assert replay.true["vibration.rms"] < 1.5 * quiet
    assert replay.true["shaft.hours"] < 0.1


def test_the_seed_chooses_place_resonance_and_severity() -> None:
    drawn = [draw_bearing(Params(), process_rng(bytes([number]))) for number in range(40)]
    assert {bearing.place for bearing in drawn} == set(Place)
    assert all(2000 <= bearing.resonance <= 4000 and 0 < bearing.severity < 0.05 for bearing in drawn)
    assert draw_bearing(Params(place=2, resonance=3000.0, severity=0.5), process_rng(b"")) == (2, 3000.0, 0.5)


def test_features_change_once_a_second_and_do_not_depend_on_who_reads_them() -> None:
    asked, quiet = Replay("bearing", b"r"), Replay("bearing", b"r")
    seen = set()
    for _ in range(100):
        asked.advance(0.1)
        quiet.advance(0.1)
        seen.add(asked.true["vibration.rms"])
    assert 10 <= len(seen) <= 11
    assert asked.true == quiet.true


def test_a_slipping_belt_lowers_the_speed_and_the_lines_follow_it() -> None:
    slipping = [Fault("shaft.speed", "fouled", 0.0, size=0.5)]
    replay = Replay("bearing", b"s", params={"place": 0, "severity": 0.5}, faults=slipping)
    replay.advance(60.0)
    assert replay.true["shaft.speed"] == pytest.approx(RATED_SPEED / 2, rel=0.01)
    assert replay.true["envelope.bpfo"] > 5 * replay.true["envelope.bpfi"]


def test_the_place_of_the_fault_is_told_to_nobody() -> None:
    """Neither by a tag nor by what the screen gets: finding it is what labs with this kind are about."""
    plants = [BearingPlant(process_rng(b"v"), {"place": place, "severity": 0.0}) for place in range(4)]
    assert len({str(plant.view()) for plant in plants}) == 1
    for plant in plants:
        plant.advance(60.0)
    assert all(plant.true_values() == plants[0].true_values() for plant in plants), "before it can be heard"


def test_a_map_or_a_catalogue_needs_no_numpy() -> None:
    probe = (
        "import sys; from shixun_plants.mapgen import point_map; from shixun_plants.plants import KINDS, load; "
        "point_map('bearing', b''); load(KINDS['bearing'].mimic); print('numpy' in sys.modules)"
    )
    labs = Path(__file__).parents[2] / "labs"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, env={"PYTHONPATH": str(labs)}, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "wrong",
    [{"place": 4}, {"severity": 1.5}, {"resonance": 100.0}, {"growth": 0.0}, {"colour": 1}, {"amplitude": 1e9}],
)
def test_refuses_stands_that_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        simulate("bearing", b"", 10.0, params=wrong)
