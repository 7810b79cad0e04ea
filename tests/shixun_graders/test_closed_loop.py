"""Questions that depend on answers: a pack's `calls` steps a process with what the trainee's function returned."""

import json
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

import pytest
from graders_kit import Attempts, points, small_lab

from shixun_graders.check.judging import rounds
from shixun_graders.protocol import Answer, Call, Note, Reason
from shixun_graders.sandbox.base import Driver, Sandbox, SandboxEndedError
from shixun_graders.session import RunSession
from shixun_packs.lab import load_lab

Try = Callable[..., Attempts]
MODBUS = Path(__file__).parents[2] / "labs" / "packs" / "modbus-point-map"

# A tank that drains at a rate which the seed hides: `add(level, wanted)` says the inflow. Then two calls in one round.
LOOP = """
import random
from shixun_graders.protocol import Call

STEPS = 300
LEVELS = []


def calls(seed):
    drain = random.Random(seed).uniform(0.5, 1.5)
    level = 2.0
    for _ in range(STEPS):
        answer = yield Call(name="add", args=[level, 5.0], seconds=1)
        flow = answer.value if answer.ok and type(answer.value) in (int, float) else 0.0
        if not answer.ok:
            break
        level = max(0.0, level + 0.1 * (flow - drain))
        LEVELS.append(level)
    counted = yield [Call(name="count", args=["x"], mode=mode, seconds=1) for mode in ("fresh", "batch", "lockstep")]
    assert len(counted) == 3


def judge(calls, answers, log):
    assert len(calls) == len(answers) == len(LEVELS) + 3 + (len(LEVELS) < STEPS)
    assert [call.args[0] for call in calls[1 : len(LEVELS)]] == LEVELS[:-1]
    steady = len(LEVELS) == STEPS and all(abs(level - 5.0) < 0.05 for level in LEVELS[-50:])
    good = [answer.value for answer in answers[-3:]] == [1, 1, 2]
    return {"add": (4.0 * steady, None if steady else "wrong"), "count": (6.0 * good, None if good else "wrong")}
"""
CONTROLLER = """
total = 0.0
def add(level, wanted):
    global total
    total += 0.1 * (wanted - level)
    return 2.0 * (wanted - level) + 1.0 * total
"""


def test_a_controller_is_asked_with_what_its_answers_made(tmp_path: Path, driver: Driver) -> None:
    result = Attempts(small_lab(tmp_path, checks=LOOP), driver)({"add": CONTROLLER})
    assert points(result) == {"add": 4.0, "count": 6.0}
    assert result.notes == []


def test_a_controller_without_memory_does_not_hold_the_level(attempts: Try) -> None:
    proportional = "def add(level, wanted):\n    return 2.0 * (wanted - level)"
    assert points(attempts(checks=LOOP)({"add": proportional})) == {"add": 0.0, "count": 6.0}


MIDWAY = (
    "n = 0\ndef add(level, wanted):\n    global n\n    n += 1\n    if n == 50:\n        {}\n    return wanted - level"
)


@pytest.mark.parametrize(
    ("fault", "note", "count"),
    [
        ("import os; os._exit(0)", Note.KERNEL_DIED, 0.0),
        ("while True: pass", Note.CALL_TIME_LIMIT, 6.0),
        ("return 10 ** 5000", Note.NOT_DATA, 6.0),
    ],
)
def test_a_function_that_fails_midway_is_judged_and_the_talk_ends(
    attempts: Try, fault: str, note: Note | None, count: float
) -> None:
    result = attempts(checks=LOOP)({"add": MIDWAY.format(fault)})
    assert points(result) == {"add": 0.0, "count": count}
    assert result.notes == ([note] if note else [])


FAULTS = {
    "raises": "if level > 2.01: raise ValueError",
    "never ends": "while True: yield [Call(name='GIVEN')] * 10",
    "thinks too long": "while True: pass",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_generator_that_fails_is_our_fault(attempts: Try, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("shixun_graders.checker.MAX_CALLS", 20)
    checks = LOOP.replace("        LEVELS.append(level)\n", f"        LEVELS.append(level)\n        {FAULTS[name]}\n")
    assert checks != LOOP
    result = attempts(checks=checks, check_seconds=1)({"add": CONTROLLER})
    assert (result.outcome, result.reason) == ("failed", Reason.CHECKS_FAILED)
    assert result.cells == []


ONE, TWO = Call(name="one"), Call(name="two")
SAID = Answer(ok=True, value=1)


def test_a_list_is_one_round() -> None:
    talk = rounds([ONE, {"name": "two"}])
    assert next(talk) == [ONE, TWO]
    with pytest.raises(StopIteration):
        talk.send([SAID, SAID])
    assert list(rounds([])) == []


def test_a_generator_hears_as_it_asked() -> None:
    heard: list[object] = []

    def asked() -> Generator[object, object, None]:
        heard.append((yield ONE))
        heard.append((yield [ONE]))
        heard.append((yield [ONE, TWO]))

    talk = rounds(asked())
    assert next(talk) == [ONE]
    assert talk.send([SAID]) == [ONE]
    assert talk.send([SAID]) == [ONE, TWO]
    with pytest.raises(StopIteration):
        talk.send([SAID, SAID])
    assert heard == [SAID, [SAID], [SAID, SAID]]


@pytest.mark.parametrize("rubbish", [[], None, "one", ["one"], [[ONE]], {"name": "1 + 1"}, (ONE,), object()])
def test_what_is_no_call_is_not_asked(rubbish: object) -> None:
    def asked() -> Generator[object, object, None]:
        yield ONE
        yield rubbish

    talk = rounds(asked())
    next(talk)
    with pytest.raises(ValueError, match=r"call|Call"):
        talk.send([SAID])


class Notebook:
    """Stands in for the trainee's sandbox: answers each call with the next of `lines`."""

    def __init__(self, *lines: dict[str, Any]) -> None:
        self.lines, self.heard, self.killed = list(lines), list[dict[str, Any]](), False

    def send(self, line: bytes, _seconds: float) -> None:
        """Hear a call."""
        self.heard.append(json.loads(line))

    def receive(self, _seconds: float) -> bytes:
        """Say the next line; the process is gone where there is none."""
        if not self.lines:
            raise SandboxEndedError("exited")
        return json.dumps(self.lines.pop(0)).encode()

    def kill(self) -> None:
        """Note it."""
        self.killed = True


def says(number: int, value: object) -> dict[str, Any]:
    return {"op": "answer", "n": number, "ok": True, "value": value}


def relayed(
    notebook: Notebook, wanted: int, think: Callable[[], None] = lambda: None
) -> tuple[list[dict[str, Any]], dict[Note, None]]:
    """The answers to `wanted` calls, one a round, of a run with 10 s left."""
    lab = load_lab(MODBUS)
    session = RunSession(cast("Driver", None), lab, bytes(32), bytes(32))
    session._student = cast("Sandbox", notebook)
    session._deadline = time.monotonic() + 10
    call = {"name": "f", "args": {"list": []}, "kwargs": {"dict": []}, "mode": "batch", "seconds": 5.0}
    asked = 1

    def following(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        nonlocal asked
        assert len(answers) == 1
        think()
        asked += 1
        return [call] if asked <= wanted else []

    session.ask([call], following)
    return session.record.answers, session.record.notes


def test_answers_out_of_order_are_none() -> None:
    answers, _ = relayed(Notebook(says(0, 1), says(2, 2), says(1, 3), says(3, 4), says(3, 5)), 5)
    assert [answer.get("value") for answer in answers] == [1, None, None, 4, None]
    assert {answer.get("error") for answer in answers} == {None, "not-data"}


def test_a_notebook_that_is_gone_is_asked_no_more() -> None:
    notebook = Notebook(says(0, 1))
    answers, notes = relayed(notebook, 50)
    assert [answer["ok"] for answer in answers] == [True] + 49 * [False]
    assert {answer.get("error") for answer in answers[1:]} == {"died"}
    assert len(notebook.heard) == 2
    assert notebook.killed
    assert list(notes) == [Note.KERNEL_DIED]


def test_a_call_tells_nothing_but_itself() -> None:
    notebook = Notebook(says(0, 1))
    relayed(notebook, 1)
    assert notebook.heard[0].keys() == {"op", "n", "name", "args", "kwargs", "fresh", "seconds"}


def test_thinking_between_the_questions_is_not_the_trainees_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("shixun_graders.session.time.monotonic", lambda: clock[0])

    def think() -> None:
        clock[0] += 6.0

    notebook = Notebook(*(says(number, 1) for number in range(5)))
    answers, notes = relayed(notebook, 5, think)
    assert all(answer["ok"] for answer in answers)
    assert {call["seconds"] for call in notebook.heard} == {5.0}
    assert not notes


def test_marks_of_the_plants_log_count_on_from_round_to_round(monkeypatch: pytest.MonkeyPatch) -> None:
    session = RunSession(cast("Driver", None), load_lab(MODBUS), bytes(32), bytes(32))
    session._student = cast("Sandbox", Notebook(*(says(number, 1) for number in range(4))))
    session._plant = cast("Sandbox", object())
    session._deadline = time.monotonic() + 1000
    marks: list[tuple[int, str]] = []
    monkeypatch.setattr(session, "_tell_plant", lambda _command: None)
    monkeypatch.setattr(session, "_plant_says", lambda _key: {})
    monkeypatch.setattr(session, "_mark", lambda number, edge: marks.append((number, edge)))
    call = {"name": "f", "args": {"list": []}, "kwargs": {"dict": []}, "mode": "lockstep", "seconds": 5.0}
    later = [[call | {"mode": "batch"}, call], []]
    session.ask([call], lambda _answers: later.pop(0))
    assert marks == [(0, "begin"), (0, "end"), (2, "begin"), (2, "end")]
