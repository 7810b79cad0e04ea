"""The check step, inside its sandbox: a pack's `checks.py` says what to ask, then judges the answers.

It never runs a line of the trainee's. What it judges is decoded here and not in the grader, so that a hostile answer meets
this sandbox first.
"""

from __future__ import annotations

import base64
import json
import math
import os
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

from shixun_graders.check.evidence import PlantLog, parse_log
from shixun_graders.protocol import Answer, AnswerError, Call, NotDataError, decode, encode

WORK = Path("/tmp/pack")  # noqa: S108 - the sandbox's own


def serve() -> None:
    """Answer the grader's lines: the pack (with the first calls to make), each round's answers (with the next calls, none in
    the end), then the plant's log (with the verdict)."""
    out = os.dup(1)
    os.dup2(2, 1)  # what checks.py prints is for our logs
    source = sys.stdin.buffer
    pack = json.loads(source.readline())
    checks = _load(pack)
    if pack["fields"]:
        _say(out, _form(checks, pack))
        return
    asked = checks.calls(bytes.fromhex(pack["seed"]))
    talk = rounds(asked)
    calls, answers = list[Call](), list[Answer]()
    batch = next(talk, [])
    fresh = isinstance(asked, Generator) or any(call.mode == "fresh" for call in batch)
    _say(out, {"op": "calls", "calls": [_call_data(call) for call in batch], "fresh": fresh})
    while batch:
        found = [_answer(data) for data in json.loads(source.readline())["answers"]]
        calls += batch
        answers += found
        try:
            batch = talk.send(found)
        except StopIteration:
            batch = []
        _say(out, {"op": "calls", "calls": [_call_data(call) for call in batch]})
    evidence = json.loads(source.readline())
    log = parse_log(evidence["points"], evidence["lives"])
    _say(out, {"op": "verdict", "cells": _verdict(checks.judge(calls, answers, log))})


def rounds(asked: Any) -> Generator[list[Call], list[Answer], None]:
    """What `calls(seed)` gave, as rounds that each want their answers: a list is one; of a generator each yield is one.

    Raises ValueError (or what the generator raises) for what is no call.
    """
    if not isinstance(asked, Generator):
        if batch := [Call.model_validate(call) for call in asked]:
            yield batch
        return
    told: Answer | list[Answer] | None = None
    while True:
        try:
            found = asked.send(told)
        except StopIteration:
            return
        batch = [Call.model_validate(call) for call in (found if isinstance(found, list) else [found])]
        if not batch:
            raise ValueError("calls() yielded an empty list")
        answers = yield batch
        told = answers if isinstance(found, list) else answers[0]


def _load(pack: dict[str, Any]) -> ModuleType:
    for path, data in pack["files"].items():
        target = WORK / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(data))
    WORK.mkdir(exist_ok=True)
    os.chdir(WORK)
    return _module("checks", pack["checks"])


def _module(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = str(WORK / f"{name}.py")
    sys.modules[name] = module  # so that a wrong solution may `import checks`
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)  # noqa: S102 - this is the sandbox for it
    return module


def _form(checks: ModuleType, pack: dict[str, Any]) -> dict[str, Any]:
    """A form lab asks nothing: its fields and their answers are there at once. The verdict, or the pack's own solution."""
    log = parse_log([], [], pack["recorded"])
    if "solve" in pack:
        return {"op": "solutions", "solutions": _solutions(checks, pack["solve"], log)}
    calls = [Call(name=field) for field in pack["fields"]]
    answers = [_answer(found) for found in pack["answers"]]
    return {"op": "verdict", "cells": _verdict(checks.judge(calls, answers, log))}


def _solutions(checks: ModuleType, wrongs: list[str], log: PlantLog) -> list[dict[str, Any] | str]:
    """What a form lab's pack itself answers: right, then each wrong solution, or why it gave no answers.

    For trying the pack out, never for a trainee.
    """
    right = dict(checks.answers(log))
    found: list[dict[str, Any] | str] = [right]
    for wrong in wrongs:
        try:
            found.append(right | dict(_module("wrong", wrong).answers(dict(right), log)))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


def _call_data(call: Call) -> dict[str, Any]:
    return {
        "name": call.name,
        "args": encode(call.args),
        "kwargs": encode(call.kwargs),
        "mode": call.mode,
        "seconds": call.seconds,
    }


def _answer(found: dict[str, Any]) -> Answer:
    if not found["ok"]:
        return Answer(ok=False, error=AnswerError(found["error"]))
    try:
        return Answer(ok=True, value=decode(found["value"]))
    except NotDataError:
        return Answer(ok=False, error=AnswerError.NOT_DATA)


def _verdict(judged: dict[str, Any]) -> dict[str, list[Any]]:
    cells: dict[str, list[Any]] = {}
    for grade_id, (points, hint) in judged.items():
        if not math.isfinite(points) or not (hint is None or isinstance(hint, str)):
            raise ValueError(f"{grade_id}: points are a finite number, a hint is a key or None")
        cells[str(grade_id)] = [float(points), hint]
    return cells


def _say(fd: int, message: dict[str, Any]) -> None:
    data = memoryview(json.dumps(message).encode() + b"\n")
    while data:
        data = data[os.write(fd, data) :]
