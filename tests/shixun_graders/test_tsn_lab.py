"""TSN门控 beside what the pack's own solutions show: the simulator by hand, other seeds, plans that are meant badly."""

import runpy
from math import lcm
from pathlib import Path
from typing import Any

import pytest

from shixun_graders.check.evidence import PlantLog
from shixun_graders.protocol import Answer, Call

PACK = Path(__file__).parents[2] / "labs" / "packs" / "tsn-gates"
SEEDS = [bytes([number]) * 32 for number in (1, 2, 3)]
WIRE, HOP, LARGE = 12_320, 14_820, 123_360  # ns at 100 Mbit/s: 134 bytes, one hop of the lesson, 1522 bytes
PORTS = ("plc>sw1", "sw1>sw2", "sw2>drive")


@pytest.fixture(scope="module")
def simulator() -> dict[str, Any]:
    return runpy.run_path(str(PACK / "assets" / "tsn.py"))


@pytest.fixture(scope="module")
def checks() -> dict[str, Any]:
    return runpy.run_path(str(PACK / "checks.py"))


def network(**changes: Any) -> dict[str, Any]:
    both = [*PORTS, "sw1>plc", "sw2>sw1", "drive>sw2"]
    plain = {"cable_ns": 500, "switch_ns": 2000, "margin_ns": 0, "largest": 1522, "best_effort": 0.3}
    return {"mbps": dict.fromkeys(both, 100)} | plain | changes


def stream(**changes: Any) -> dict[str, Any]:
    plain = {"id": "s", "route": ["plc", "sw1", "sw2", "drive"], "bytes": 134, "period": 500_000}
    return plain | {"deadline": 100_000, "jitter": 1000} | changes


def plan(*, early: int = 0, guard: int = LARGE, size: int = WIRE) -> dict[str, Any]:
    """Windows exactly on the frame's way (it is sent at 200 µs), each `early` ns sooner and `size` long."""
    gates = {}
    for number, port in enumerate(PORTS[1:], 1):
        begin = 200_000 + number * HOP - early
        gates[port] = [
            [0x7F, begin - guard],
            *([[0, guard]] if guard else []),
            [0x80, size],
            [0x7F, 500_000 - begin - size],
        ]
    return {"cycle": 500_000, "offsets": {"s": 200_000}, "gates": gates}


def tried(simulator: dict[str, Any], given: Any, one: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = simulator["simulate"](network(**changes), [one or stream()], given)
    verdict: dict[str, Any] = found["streams"]["s"]
    return verdict | {"share": found["best_effort"]}


def test_a_frame_goes_the_way_that_the_lesson_computes(simulator: dict[str, Any]) -> None:
    found = tried(simulator, plan(), stream(deadline=300_000))
    assert (found["ok"], found["latest"], found["jitter"]) == (True, 200_000 + 2 * HOP + WIRE + 500, 0)
    assert found["share"] == (500_000 - LARGE - WIRE) / 500_000
    assert tried(simulator, plan(), stream(deadline=found["latest"] - 1))["fault"] == "late"


def test_a_guard_band_is_exactly_as_long_as_the_largest_frame(simulator: dict[str, Any]) -> None:
    patient = stream(deadline=300_000, jitter=0)
    assert tried(simulator, plan(guard=LARGE), patient)["ok"]
    # Other frames begin up to 1 ns before their gates close.
    assert tried(simulator, plan(guard=LARGE - 1), patient)["ok"]
    assert tried(simulator, plan(guard=LARGE - 2), patient)["fault"] == "blocked"
    assert not tried(simulator, plan(guard=LARGE), patient, largest=1523)["ok"]


def test_without_gates_each_hop_costs_one_large_frame(simulator: dict[str, Any]) -> None:
    everything = plan() | {"gates": {port: [[0xFF, 500_000]] for port in PORTS[1:]}}
    found = tried(simulator, everything, stream(deadline=500_000))
    assert (found["fault"], found["jitter"]) == ("blocked", 2 * (LARGE - 1))


def test_windows_need_room_for_clocks_and_for_the_frame(simulator: dict[str, Any]) -> None:
    patient = stream(deadline=300_000)
    assert tried(simulator, plan(), patient, margin_ns=600)["fault"] == "overrun"
    assert tried(simulator, plan(early=600, size=WIRE + 1200), patient, margin_ns=600)["ok"]
    assert tried(simulator, plan(size=WIRE - 1), patient)["fault"] == "overrun"
    assert tried(simulator, plan(early=HOP), patient)["fault"] == "missed"


def test_two_frames_at_once_are_a_collision_even_in_time(simulator: dict[str, Any]) -> None:
    given = plan(size=3 * WIRE) | {"offsets": {"s": 200_000, "t": 200_000}}
    streams = [stream(deadline=400_000), stream(id="t", deadline=400_000)]
    found = simulator["simulate"](network(), streams, given)["streams"]
    assert [found[name]["fault"] for name in "st"] == [None, "collision"]


BAD_ROWS: list[Any] = [
    None, 7, "rows", [], {}, [[]], [[0x80]], [[0x80, 1, 2]], [[True, 500_000]], [[256, 500_000]], [[-1, 500_000]],
    [[0x80, -5], [0x7F, 500_005]], [[0x80, 0], [0x7F, 500_000]], [[0x80, float("nan")]], [[0x80, 10**400]],
    [[0x80, 1]] * 2000, [[0x80, 499_999]], [["0x80", 500_000]], [[[1], {}]],
]  # fmt: skip


@pytest.mark.parametrize("rows", BAD_ROWS, ids=lambda rows: str(rows)[:30])
def test_a_table_that_is_none_stops_its_streams_alone(simulator: dict[str, Any], rows: Any) -> None:
    given = plan() | {"gates": {**plan()["gates"], "sw2>drive": rows, 5: None}}
    near = stream(id="near", route=["plc", "sw1", "sw2"], deadline=300_000)
    given["offsets"]["near"] = 200_000
    found = simulator["simulate"](network(), [stream(), near], given)
    assert [found["streams"][name]["fault"] for name in ("s", "near")] == ["table", None]
    assert (set(found["tables"]), found["best_effort"]) == ({"sw2>drive"}, 0.0)


def test_plans_that_are_meant_badly_get_a_hint_and_no_points(checks: dict[str, Any]) -> None:
    asked = checks["calls"](SEEDS[0])
    networks = [call.args for call in asked if call.name == "schedule"]

    def verdict(make: Any) -> tuple[float, str | None]:
        plans = iter([make(*args) for args in networks])
        answers = [Answer(ok=True, value=next(plans) if call.name == "schedule" else None) for call in asked]
        found: tuple[float, str | None] = checks["judge"](asked, answers, PlantLog())["schedule"]
        return found

    def rough(network: Any, streams: Any, *, cycle: Any = None, offset: Any = 0, rows: Any = None) -> dict[str, Any]:
        turn = lcm(*(stream["period"] for stream in streams)) if cycle is None else cycle
        row = [[0xFF, turn]] if rows is None else rows
        return {
            "cycle": turn,
            "offsets": {stream["id"]: offset for stream in streams},
            "gates": dict.fromkeys(network["mbps"], row),
        }

    assert verdict(rough) == (0.0, "all-open")
    oddities: list[Any] = [None, True, -1, 10**400, float("nan"), [[]], "0", 2.5]
    for odd in oddities:
        assert verdict(lambda network, streams, odd=odd: rough(network, streams, cycle=odd or 0))[0] == 0.0
        assert verdict(lambda network, streams, odd=odd: rough(network, streams, offset=odd))[0] == 0.0
    for rows in BAD_ROWS[1:]:
        points, hint = verdict(lambda network, streams, rows=rows: rough(network, streams, rows=rows))
        assert (points, hint in {"gates-shape", "sum"}) == (0.0, True), rows
    assert verdict(lambda network, streams: rough(network, streams) | {"gates": {}}) == (0.0, "table-missing")
    assert verdict(lambda network, streams: {"cycle": 1000, "offsets": {}, "gates": {}}) == (0.0, "unscheduled")
    assert verdict(lambda network, streams: rough(network, streams, rows=[[0x80, 1000]])) == (0.0, "sum")


@pytest.mark.parametrize("seed", SEEDS, ids=["one", "two", "three"])
def test_every_seed_asks_what_can_be_solved_and_what_the_obvious_order_does_not_solve(
    checks: dict[str, Any], seed: bytes
) -> None:
    asked: list[Call] = checks["calls"](seed)
    networks = [call.args for call in asked if call.name == "schedule"]
    assert len(networks) == len(checks["KINDS"])
    for network_, streams in networks:
        plans = [
            checks["_first_fit"](network_, streams, order)
            for order in (sorted(streams, key=lambda one: one["deadline"]), streams)
        ]
        urgent, listed = (checks["simulate"](network_, streams, one) for one in plans)
        assert all(one["ok"] for one in urgent["streams"].values())
        assert urgent["best_effort"] > network_["best_effort"] >= 0.2
        if (network_, streams) == tuple(networks[-1]):
            assert sum(one["ok"] for one in listed["streams"].values()) <= len(streams) - 2
    names = {stream["id"] for _, streams in networks for stream in streams}
    assert len(names) > 15
