"""Lab 灌装线的 OEE: what its hidden shifts and the line's log give away (`test_lab_packs.py` grades its solutions)."""

import csv
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graders_kit import checks_of

from shixun_graders.check.evidence import PlantLog
from shixun_graders.protocol import Answer, Call
from shixun_packs.lab import load_lab
from shixun_plants.bottling.core import Inputs, initial, step
from shixun_plants.bottling.oee import line_oee
from shixun_plants.bottling.packml import State
from shixun_plants.bottling.params import Params

PACK = Path(__file__).parents[2] / "labs" / "packs" / "line-oee"
GRADE_OF = {"intervals": "intervals", "produced": "produced", "shift_report": "report", "total": "total"}
NONE = Answer(ok=True, value=None)


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    return checks_of(PACK)


@pytest.fixture(scope="module")
def asked(checks: ModuleType) -> list[Call]:
    return list(checks.calls(b"a trainee's seed"))


def judged(checks: ModuleType, asked: list[Call], functions: dict[str, Any]) -> dict[str, tuple[float, str | None]]:
    """The verdict on functions that need no line; the three others answer nothing."""
    answers = [
        Answer(ok=True, value=functions[one.name](*one.args)) if one.name in functions else NONE for one in asked
    ]
    return dict(checks.judge(asked, answers, PlantLog()))


def test_the_reference_solution_is_right_about_shifts_it_has_never_seen(checks: ModuleType, asked: list[Call]) -> None:
    lab = load_lab(PACK)
    written: dict[str, Any] = {}
    for cell in lab.cells:
        if cell.id in GRADE_OF.values():
            exec(compile(cell.source, cell.id, "exec"), written)
    full = {grade.id: (grade.points, None) for grade in lab.grades}
    found = judged(checks, asked, {name: written[name] for name in GRADE_OF})
    assert {grade: found[grade] for grade in GRADE_OF.values()} == {grade: full[grade] for grade in GRADE_OF.values()}


def test_every_mistake_costs_points_and_is_named(checks: ModuleType, asked: list[Call]) -> None:
    truths = {
        "intervals": checks._intervals,
        "produced": checks._produced,
        "shift_report": checks._report,
        "total": checks._total,
    }
    hints = load_lab(PACK).hints
    tried = 0
    for name, truth in truths.items():
        for mistake in checks.MISTAKES[truth]:
            functions = {**truths, name: lambda *given, truth=truth, mistake=mistake: truth(*given, mistake)}
            found = judged(checks, asked, functions)
            if truth is checks._report and mistake == "before-start":
                continue  # a filler that runs when the shift begins loses nothing by it
            points, hint = found[GRADE_OF[name]]
            assert hint == checks.HINTS.get(mistake, mistake), (name, mistake, points, hint)
            assert hint in hints
            assert points < {"intervals": 15, "produced": 10, "shift_report": 25, "total": 5}[name], (name, mistake)
            tried += 1
    assert tried > 30


def test_the_visible_shifts_report_is_no_answer(checks: ModuleType, asked: list[Call]) -> None:
    shift = json.loads((PACK / "assets" / "shift.json").read_text(encoding="utf-8"))
    with (PACK / "assets" / "shift.csv").open(encoding="utf-8") as file:
        rows = [{**row, "value": int(row["value"]), "time": float(row["time"])} for row in csv.DictReader(file)]
    fitted = checks._report(rows, shift)
    assert fitted["oee"] == pytest.approx(0.8270, abs=1e-4)  # what the notebook's self-check expects
    assert judged(checks, asked, {"shift_report": lambda *_given: fitted})["report"] == (0.0, "value")


def test_its_oee_is_the_lines_own(checks: ModuleType) -> None:
    """One hour of the default line: the same factors as `shixun_plants.bottling.oee` within the second that a state lasts."""
    rng = random.Random(7)
    line = initial(Params(wanders={}), rng)
    place = line.params.bottleneck
    messages: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for second in range(3600):
        station = line.stations[place]
        now = {"filler.state": int(station.state), "filler.count": station.made, "line.rejects": line.rejects}
        for tag, value in now.items():
            if seen.get(tag) != value:
                messages.append(
                    {"tag": tag, "value": value, "time": float(second), "arrived": second + 0.1, "retain": False}
                )
        seen = now
        line = step(line, Inputs(), 1.0, rng)
    shift = {"start": 0.0, "end": 3599.0, "breaks": [], "ideal_rate": 60 * line.params.stations[place].rate}
    mine, own = checks._report(messages, shift), line_oee(line)
    assert any(one["value"] == State.ABORTED for one in messages)
    for name in ("availability", "performance", "quality", "oee"):
        assert mine[name] == pytest.approx(getattr(own, name), abs=0.002), name


def evidence(number: int, *entries: dict[str, Any]) -> PlantLog:
    """What the line's log says about lockstep call `number`."""
    truth = {"filler.state": 6.0, "filler.count": 1507.0, "line.rejects": 25.0, "rinser.pressure": 301.2}
    marks = [{"op": "mark", "call": number, "edge": edge} for edge in ("begin", "end")]
    return PlantLog(calls=[{"measured": truth}, marks[0], *entries, marks[1]])


def line_verdict(
    checks: ModuleType, asked: list[Call], number: int, answer: Any, log: PlantLog
) -> tuple[float, str | None]:
    answers = [Answer(ok=True, value=answer) if place == number else NONE for place in range(len(asked))]
    found: tuple[float, str | None] = checks.judge(asked, answers, log)[("read-line", "collect", "publish")[number]]
    return found


def test_readings_count_where_their_nodes_were_read(checks: ModuleType, asked: list[Call]) -> None:
    right = {"state": 6, "count": 1507, "rejects": 25, "design_speed": 54.0}
    nodes = [f"ns=2;s={tag}" for tag in checks.NODES.values()]

    def read(*names: str) -> PlantLog:
        return evidence(0, {"op": "read", "protocol": "opcua", "items": [{"node": name} for name in names]})

    assert line_verdict(checks, asked, 0, right, read(*nodes, checks.SPEED)) == (10.0, None)
    assert line_verdict(checks, asked, 0, right, read(*nodes, checks.SET_SPEED)) == (6.0, "set-speed")
    assert line_verdict(checks, asked, 0, right, read()) == (0.0, "not-read")
    assert line_verdict(checks, asked, 0, {**right, "count": 9}, read(*nodes, checks.SPEED)) == (8.0, "value")


def test_collected_messages_are_those_of_the_line(checks: ModuleType, asked: list[Call]) -> None:
    values = {"filler.state": 6, "filler.count": 1506, "line.rejects": 25, "rinser.pressure": 300.4}
    rows = [
        {"tag": tag, "value": value, "time": 1.8e9, "arrived": 1.8e9 + 3, "retain": True}
        for tag, value in values.items()
    ]
    rows += [{**rows[place], "time": 1.8e9 + 4, "arrived": 1.8e9 + 4.01, "retain": False} for place in (1,)]
    topics = [{"filter": checks.BASE + name, "qos": 1} for name in ("filler/+", "line/rejects", "rinser/pressure")]
    log = evidence(1, {"op": "subscribe", "protocol": "mqtt", "topics": topics})
    assert line_verdict(checks, asked, 1, rows, log) == (15.0, None)
    assert line_verdict(checks, asked, 1, rows, evidence(1)) == (0.0, "not-subscribed")
    assert line_verdict(checks, asked, 1, rows[:4], log) == (11.0, "too-few")
    assert line_verdict(checks, asked, 1, rows[4:], log) == (0.0, "retained")
    assert line_verdict(checks, asked, 1, [{**row, "time": row["arrived"]} for row in rows], log) == (
        11.0,
        "source-time",
    )
    assert line_verdict(checks, asked, 1, [{**row, "retain": False} for row in rows], log) == (12.0, "retain-flag")
    assert line_verdict(checks, asked, 1, [{**rows[0], "value": 9}, *rows[1:]], log) == (11.0, "value")
    assert line_verdict(checks, asked, 1, [{**row, "time": "2026-11-29T08:00:00Z"} for row in rows], log) == (
        0.0,
        "shape",
    )


def test_a_report_is_what_the_broker_got(checks: ModuleType, asked: list[Call]) -> None:
    report, end = asked[2].args[2], asked[2].args[3]
    stamp = checks.datetime.fromtimestamp(end, checks.UTC).isoformat()

    def sent(body: Any, **changes: Any) -> PlantLog:
        entry = {"topic": checks.KPI_TOPIC, "qos": 1, "retain": True, "payload": json.dumps(body), **changes}
        return evidence(2, {"op": "publish", "protocol": "mqtt", **entry})

    body = {**report, "timestamp": stamp}
    for log, verdict in (
        (sent(body), (10.0, None)),
        (sent({**body, "timestamp": stamp.replace("+00:00", "Z")}), (10.0, None)),
        (sent({**body, "timestamp": stamp.replace("+00:00", "")}), (8.0, "timestamp")),
        (sent({**body, "timestamp": end}), (8.0, "timestamp")),
        (sent(body, qos=0), (8.0, "qos")),
        (sent(body, retain=False), (8.0, "retain")),
        (sent({**body, "oee": 0.8}), (0.0, "payload")),
        (sent([1, 2]), (0.0, "payload")),
        (sent("x", payload="not JSON"), (0.0, "payload")),
        (sent("x", payload="[" * 9_000), (0.0, "payload")),
        (sent(body, topic=checks.BASE + "line/oee"), (0.0, "not-published")),
        (evidence(2), (0.0, "not-published")),
    ):
        assert line_verdict(checks, asked, 2, None, log) == verdict, log.calls
