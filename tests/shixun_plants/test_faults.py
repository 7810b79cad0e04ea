"""Instruments: true and measured apart."""

from statistics import mean, stdev

import pytest

from shixun_plants.faults import Fault, Measured, measure
from shixun_plants.headless import simulate
from shixun_plants.seeds import process_rng
from shixun_plants.signals import Signal

LEVEL = Signal("level", "analog", "g", "液位", "Level", "mm", 0.0, 1000.0, noise=2.0)
COUNT = Signal("count", "counter", "g", "计数", "Count", "bottle", 0.0, 1e6)


def reading(fault: Fault | None, time: float, level: float = 500.0, last: Measured | None = None) -> Measured:
    return measure(
        (LEVEL, COUNT), {"level": level, "count": 7}, time, (fault,) if fault else (), process_rng(b"m"), last
    )


def test_healthy_instruments_are_near_the_truth_and_counters_exact() -> None:
    rng = process_rng(b"noise")
    levels = [measure((LEVEL,), {"level": 500.0}, 0.0, (), rng).values["level"] for _ in range(2000)]
    assert mean(levels) == pytest.approx(500.0, abs=0.3)
    assert stdev(levels) == pytest.approx(2.0, rel=0.1)
    assert reading(None, 0.0).values["count"] == 7


def test_a_fault_acts_only_in_its_time() -> None:
    fault = Fault("level", "dropout", start=10.0, end=20.0)
    assert [reading(fault, time).values["level"] == 0.0 for time in (9.9, 10.0, 19.9, 20.0)] == [
        False,
        True,
        True,
        False,
    ]
    assert reading(fault, 15.0).bad == {"level"}
    assert reading(fault, 25.0).bad == frozenset()


def test_frozen_keeps_the_last_reading() -> None:
    before = reading(None, 0.0)
    fault = Fault("level", "frozen", start=1.0)
    after = reading(fault, 5.0, level=900.0, last=before)
    assert after.values["level"] == before.values["level"]
    assert not after.bad, "a frozen instrument looks healthy: that is the point"


def test_drift_grows_and_ends_at_the_range() -> None:
    fault = Fault("level", "drift", start=100.0, size=0.5)
    healthy = reading(None, 300.0).values["level"]
    assert reading(fault, 300.0).values["level"] == pytest.approx(healthy + 100.0)
    assert reading(fault, 10_000.0).values["level"] == 1000.0


def test_noise_is_added() -> None:
    rng = process_rng(b"more")
    fault = Fault("level", "noise", size=20.0)
    levels = [measure((LEVEL,), {"level": 500.0}, 0.0, (fault,), rng).values["level"] for _ in range(2000)]
    assert stdev(levels) == pytest.approx(20.1, rel=0.1)


def test_a_faulty_counter_still_shows_whole_numbers() -> None:
    value = reading(Fault("count", "drift", size=0.3), 5.0).values["count"]
    assert value == round(value)


def test_faults_never_reach_the_process() -> None:
    healthy = simulate("bottling", b"f", 3600.0, every=30.0)
    faulty = simulate(
        "bottling", b"f", 3600.0, every=30.0, faults=[Fault("filler.temperature", "drift", 600.0, size=0.01)]
    )
    assert faulty.true == healthy.true
    assert faulty.measured["filler.temperature"][-1] > healthy.measured["filler.temperature"][-1] + 20
    assert faulty.measured["line.good"] == healthy.measured["line.good"]
