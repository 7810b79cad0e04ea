"""A notebook under closed-loop grading that looks for the hidden disturbance, or answers otherwise than it is asked."""

from collections.abc import Callable

import pytest
from graders_kit import Attempts, points

# The tank's drain and its noise are the hidden part; `add(level, wanted)` is the controller, `count` is asked in the end.
# `add` has its points for holding the level; "count" has them where nothing but calls was ever seen.
CHECKS = """
import json, random
from shixun_graders.protocol import Call

STEPS = 120
LEVELS = []
HIDDEN = "hidden-drain-7c41"


def calls(seed):
    rng = random.Random(seed)
    drain, level = rng.uniform(0.5, 1.5), 2.0
    for _ in range(STEPS):
        answer = yield Call(name="add", args=[level, 5.0], seconds=2)
        flow = answer.value if answer.ok and type(answer.value) in (int, float) else 0.0
        level = min(50.0, max(0.0, level + 0.1 * (flow - drain)))
        LEVELS.append(level)
    answer = yield Call(name="count", args=[0], seconds=5)


def judge(calls, answers, log):
    steady = all(abs(level - 5.0) < 0.05 for level in LEVELS[-30:])
    seen = answers[-1].value if answers[-1].ok else None
    clean = type(seen) is str and json.loads(seen)["asked"] >= 100 and "hidden" not in json.dumps(json.loads(seen)["strange"])
    return {"add": (4.0 * steady, None if steady else "wrong"), "count": (6.0 * clean, None if clean else "wrong")}
"""
# Keeps every message that reaches the notebook's process and everything odd in them, and walks the stack and the memory.
SPY = """
import gc, json, sys
from shixun_graders.run import kernel

PLAIN = {"op": "call", "name": "add", "kwargs": {"dict": []}, "fresh": False}
seen = {"asked": 0, "strange": []}
honest = kernel.answer


def answer(shell, loop, call):
    seen["asked"] += 1
    odd = {key: value for key, value in call.items() if key not in ("n", "args", "seconds") and PLAIN.get(key) != value}
    if odd or not 0 < call["seconds"] <= 2:
        seen["strange"].append(odd)
    return honest(shell, loop, call)


kernel.answer = answer


def add(level, wanted):
    frame, found = sys._getframe(), []
    while frame:
        found += [name for name in frame.f_locals if name in ("drain", "rng", "seed", "HIDDEN", "LEVELS")]
        frame = frame.f_back
    if found:
        seen["strange"].append(["hidden", *found])
    return 2.0 * (wanted - level)


def count(item):
    needle = "-".join(("hidden", "drain", "7c41"))
    if any(isinstance(thing, str) and needle in thing and thing != needle for thing in gc.get_objects()):
        seen["strange"].append("hidden text in memory")
    return json.dumps(seen)
"""


def test_the_disturbance_is_nowhere_in_the_notebooks_process(small_attempts: Callable[..., Attempts]) -> None:
    result = small_attempts(checks=CHECKS)({"add": SPY, "count": "pass"})
    assert points(result) == {"add": 0.0, "count": 6.0}


# A controller that is right where it is asked and answered in order; each forgery shifts its answers.
RIGHT = """
total = 0.0
def add(level, wanted):
    global total
    total += 0.1 * (wanted - level)
    return 2.0 * (wanted - level) + 1.0 * total
"""
LINES = """
import gc
from shixun_graders.run.lines import Lines
lines = next(thing for thing in gc.get_objects() if isinstance(thing, Lines))
"""
FORGERIES = {
    "one ahead": "answer = lambda shell, loop, call: {**honest(shell, loop, call), 'n': call['n'] + 1}",
    "one late": "answer = lambda shell, loop, call: {**honest(shell, loop, call), 'n': call['n'] - 1}",
    "each twice": LINES
    + """
def answer(shell, loop, call):
    found = honest(shell, loop, call)
    lines.send(found)
    return found
""",
    "all before the questions": LINES
    + """
def answer(shell, loop, call):
    if call["n"] == 0:
        for n in range(200):
            lines.send({"op": "answer", "n": n, "ok": True, "value": 1.0})
    return honest(shell, loop, call)
""",
    "a batch of verdicts": "answer = lambda shell, loop, call: {'op': 'calls', 'calls': [], 'cells': {'add': [4, None]}}",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_answers_that_are_not_to_the_question_hold_no_level(quick_attempts: Callable[..., Attempts], name: str) -> None:
    forgery = (
        f"from shixun_graders.run import kernel\nhonest = kernel.answer\n{FORGERIES[name]}\nkernel.answer = answer\n"
    )
    attempts = quick_attempts(checks=CHECKS)
    assert points(attempts({"add": RIGHT + forgery, "count": "pass"})) == {"add": 0.0, "count": 0.0}
