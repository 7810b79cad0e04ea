"""The run step from outside: a notebook in one sandbox, its plant in another, and the talk with both.

The plant's side is ours, so a fault there is our failure. The notebook's side is hostile: every line of it is bounded,
checked for its shape and taken for no more than outputs to clean or answers to judge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shixun_graders.check.evidence import HOST, MQTT_PORT, OPCUA_PORT, PORT
from shixun_graders.data import MAX_BYTES
from shixun_graders.intake.canonical import CanonicalCell
from shixun_graders.intake.refusal import RefusalError
from shixun_graders.intake.shape import Shape, parse
from shixun_graders.protocol import AnswerError, Note, Reason
from shixun_graders.sandbox.base import (
    Driver,
    Network,
    Sandbox,
    SandboxEndedError,
    SandboxError,
    SandboxLimits,
    SandboxSpec,
)
from shixun_packs.lab import Lab

# Of the plant's two lives: for the notebook as in the lab, with the screen; for the calls without it.
PORTS = (
    {"modbus": 5020, "opcua": 4840, "mqtt": 1883, "hmi": 8600},
    {"modbus": PORT, "opcua": OPCUA_PORT, "mqtt": MQTT_PORT, "hmi": None},
)
PLANT_SECONDS = 180.0  # for any one step of the plant: an OPC UA server starts within 3 s of CPU, which can be rare
LIVES = 2  # of the plant: one for the notebook, one for the calls
SLACK = 8.0  # s beyond a limit that the sandbox keeps itself
MAX_LOG_BYTES = 40_000_000
# What one line of the trainee's sandbox may be: 20 levels of data are 60 of JSON.
_LINE = Shape(text_bytes=3 * MAX_BYTES, values=600_000, depth=70)
_DIED = {"ok": False, "error": AnswerError.DIED.value}


class GradingFailedError(Exception):
    """Our side failed; the job is to be tried again. `log` is for our logs alone."""

    def __init__(self, reason: Reason, log: str = "") -> None:
        super().__init__(f"{reason}: {log}")
        self.reason = reason
        self.log = log


@dataclass
class RunRecord:
    """What the run step brought out. `outputs` by cell id; `answers` as data, in the order of the calls.

    `recorded` names the finished shift that a form is about: {"kind", "seed" as hex}, None where there is none.
    """

    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[Note, None] = field(default_factory=dict)
    points: list[dict[str, Any]] = field(default_factory=list)
    lives: list[list[str]] = field(default_factory=list)
    recorded: dict[str, str] | None = None

    @property
    def log_digest(self) -> str | None:
        """`sha256:…` of the plant's log, or None without a plant."""
        if not self.lives:
            return None
        text = "\n".join(line for life in self.lives for line in life)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def derive(seed: bytes, label: str) -> bytes:
    """A seed of its own for each use, so that none tells another."""
    return hmac.digest(seed, label.encode(), "sha256")


class RunSession:
    """The sandboxes of one run. Use as a context: leaving it kills and frees them."""

    def __init__(self, driver: Driver, lab: Lab, seed: bytes, map_seed: bytes) -> None:
        self._driver, self._lab = driver, lab
        self._seed, self._map_seed = seed, map_seed
        self._stack = ExitStack()
        self._plant: Sandbox | None = None
        self._deadline = 0.0
        self._shown = 0
        self._over = False
        self.record = RunRecord()

    def __enter__(self) -> RunSession:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def start(self) -> None:
        """Start the sandboxes. Raises GradingFailedError."""
        limits = self._lab.limits
        try:
            network = self._driver.network()
            self._stack.callback(network.close)
            self._student = self._stack.enter_context(
                self._driver.start(
                    SandboxSpec(
                        "student",
                        ("-P", "-m", "shixun_graders.run"),
                        SandboxLimits(
                            memory_mb=limits.memory_mb,
                            output_bytes=limits.output_kb * 5000 + 8 * MAX_BYTES,
                            seconds=limits.run_seconds + limits.check_seconds + 2 * PLANT_SECONDS,
                        ),
                    ),
                    network,
                )
            )
            if self._lab.plant is not None:
                self._plant = self._stack.enter_context(self._start_plant(network))
        except SandboxError as error:
            raise GradingFailedError(Reason.SANDBOX_FAILED, str(error)) from error

    def notebook(self, cells: Iterable[CanonicalCell], *, fresh: bool) -> None:
        """Run the code cells once. `fresh`: a call will want a process of its own."""
        if self._plant is not None:
            self.record.points = self._plant_says("points")["points"]
            for _life in range(LIVES):  # both hold their ports before the notebook can take them
                self._plant_says("ready")
        limits = self._lab.limits
        self._deadline = time.monotonic() + limits.run_seconds
        code = [cell for cell in cells if cell.kind == "code"]
        job = {
            "op": "notebook",
            "cells": [{"id": cell.id, "source": cell.source} for cell in code],
            "files": {path: base64.b64encode(data).decode() for path, data in self._lab.assets.items()},
            "seconds": limits.run_seconds,
            "output_kb": limits.output_kb,
            "fresh": fresh,
        }
        known = {cell.id for cell in code}
        try:
            self._student.send(json.dumps(job).encode(), SLACK)
            while (message := self._student_says(limits.run_seconds + SLACK)).get("op") != "end":
                self._keep_outputs(message, known)
            self._note(Note.TIME_LIMIT, message.get("how") == "time")
            self._note(Note.KERNEL_DIED, message.get("how") == "died")
        except SandboxEndedError as error:
            self._ended(error)

    def ask(
        self, calls: list[dict[str, Any]], following: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
    ) -> None:
        """Have the calls answered, one after the other; `calls` as the check sandbox gave them.

        `following` tells it the answers and returns what it asks next: nothing in the end. The trainee's time stands still
        meanwhile.
        """
        if self._plant is not None:
            self._tell_plant({"op": "end", "life": 0})
            self._plant_says("done")
        while calls:
            answers = [self._marked_answer(number, call) for number, call in enumerate(calls, len(self.record.answers))]
            self.record.answers += answers
            begin = time.monotonic()
            calls = following(answers)
            self._deadline += time.monotonic() - begin
        errors = {answer.get("error") for answer in self.record.answers}
        self._note(Note.CALL_TIME_LIMIT, AnswerError.TIMEOUT in errors)
        self._note(Note.NOT_DATA, AnswerError.NOT_DATA in errors)
        self._note(Note.KERNEL_DIED, AnswerError.DIED in errors and not self.record.notes)

    def finish(self) -> None:
        """Kill the trainee's sandbox, then take the plant's log."""
        self._student.close()
        self._note(Note.MEMORY_LIMIT, self._student.out_of_memory)
        if self._plant is None:
            return
        self._tell_plant({"op": "stop"})
        self._plant_says("done")
        for _life in range(LIVES):
            count = int(self._plant_says("lines")["lines"])
            self.record.lives.append([self._plant_line().decode("utf-8", "replace") for _ in range(count)])
        self._plant.close()

    def kill(self) -> None:
        """End the run from another thread: the talk in progress fails."""
        for sandbox in (getattr(self, "_student", None), self._plant):
            if sandbox is not None:
                sandbox.kill()

    def _marked_answer(self, number: int, call: dict[str, Any]) -> dict[str, Any]:
        if self._plant is None or call["mode"] != "lockstep":
            return self._answer(number, call)
        self._mark(number, "begin")
        answer = self._answer(number, call)
        self._mark(number, "end")
        return answer

    def _answer(self, number: int, call: dict[str, Any]) -> dict[str, Any]:
        if self._over:
            return _DIED
        seconds = min(float(call["seconds"]), self._deadline - time.monotonic())
        if seconds <= 0:
            self._note(Note.TIME_LIMIT, True)
            return _DIED
        asked = {
            "op": "call",
            "n": number,
            "name": call["name"],
            "args": call["args"],
            "kwargs": call["kwargs"],
            "fresh": call["mode"] == "fresh",
            "seconds": seconds,
        }
        try:
            self._student.send(json.dumps(asked).encode(), SLACK)
            return _checked_answer(self._student_says(seconds + SLACK), number)
        except SandboxEndedError as error:
            self._ended(error)
            return _DIED

    def _student_says(self, seconds: float) -> dict[str, Any]:
        """One message of the trainee's sandbox; what is none ends the talk."""
        line = self._student.receive(seconds)
        try:
            message = parse(line, _LINE)
        except RefusalError:
            message = None
        if not isinstance(message, dict):
            self._student.kill()
            raise SandboxEndedError("exited")
        return {**message, "size": len(line)}

    def _keep_outputs(self, message: dict[str, Any], known: set[str]) -> None:
        """Keep a cell's outputs, as long as all together stay within what the notebook's process should have kept to."""
        name, outputs = message.get("id"), message.get("outputs")
        if not isinstance(name, str) or name not in known or not isinstance(outputs, list):
            return
        self._shown += message["size"]
        fits = self._shown <= self._lab.limits.output_kb * 4000
        self.record.outputs[name] = outputs if fits else []
        self._note(Note.OUTPUT_LIMIT, message.get("cut") is True or not fits)

    def _ended(self, error: SandboxEndedError) -> None:
        self._over = True
        self._note(Note.OUTPUT_LIMIT, error.end == "output")
        self._note(Note.TIME_LIMIT, error.end == "time")
        self._note(Note.KERNEL_DIED, error.end in {"exited", "memory"})
        self._student.kill()

    def _note(self, note: Note, happened: bool) -> None:
        if happened:
            self.record.notes[note] = None

    def _start_plant(self, network: Network) -> Sandbox:
        assert self._lab.plant is not None
        source = (Path(__file__).parent / "run" / "plant.py").read_text(encoding="utf-8")
        plant = self._driver.start(
            SandboxSpec(
                "plant",
                ("-P", "-c", source),
                SandboxLimits(
                    memory_mb=512,
                    tmp_mb=110,
                    output_bytes=MAX_LOG_BYTES,
                    seconds=self._lab.limits.run_seconds + self._lab.limits.check_seconds + 4 * PLANT_SECONDS,
                ),
            ),
            network,
        )
        lives = [
            {"process_seed": derive(self._seed, f"plant-{life}").hex(), "ports": ports}
            for life, ports in enumerate(PORTS)
        ]
        job = {
            "kind": self._lab.plant.kind,
            "protocols": self._lab.plant.protocols,
            "speed": self._lab.plant.speed,
            "map_seed": self._map_seed.hex(),
            "host": HOST,
            "lives": lives,
        }
        try:
            plant.send(json.dumps(job).encode(), PLANT_SECONDS)
        except SandboxEndedError as error:
            plant.close()
            raise GradingFailedError(Reason.PLANT_FAILED, error.end) from error
        return plant

    def _mark(self, number: int, edge: str) -> None:
        self._tell_plant({"op": "mark", "life": 1, "call": number, "edge": edge})
        self._plant_says("done")

    def _tell_plant(self, command: dict[str, Any]) -> None:
        assert self._plant is not None
        try:
            self._plant.send(json.dumps(command).encode(), PLANT_SECONDS)
        except SandboxEndedError as error:
            raise GradingFailedError(Reason.PLANT_FAILED, error.end) from error

    def _plant_says(self, key: str) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._plant_line())
        if key not in message:
            raise GradingFailedError(Reason.PLANT_FAILED, f"said {list(message)} instead of {key}")
        return message

    def _plant_line(self) -> bytes:
        assert self._plant is not None
        try:
            return self._plant.receive(PLANT_SECONDS)
        except SandboxEndedError as error:
            raise GradingFailedError(Reason.PLANT_FAILED, f"{error.end} {self._plant.errors}") from error


def _checked_answer(message: dict[str, Any], number: int) -> dict[str, Any]:
    """An answer as the trainee's sandbox may give it; anything else counts as none."""
    if message.get("op") != "answer" or message.get("n") != number:
        return {"ok": False, "error": AnswerError.NOT_DATA.value}
    if message.get("ok") is True:
        small = message["size"] <= MAX_BYTES + 1000
        return (
            {"ok": True, "value": message.get("value")} if small else {"ok": False, "error": AnswerError.NOT_DATA.value}
        )
    error = message.get("error")
    known = isinstance(error, str) and error in {known.value for known in AnswerError}
    return {"ok": False, "error": error if known else AnswerError.NOT_DATA.value}
