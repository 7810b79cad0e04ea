"""The check step from outside: one sandbox that says what to ask, round by round, then judges. What it says is checked, too."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from shixun_graders.protocol import Reason
from shixun_graders.sandbox.base import Driver, Sandbox, SandboxEndedError, SandboxError, SandboxLimits, SandboxSpec
from shixun_graders.session import GradingFailedError, RunRecord
from shixun_packs.lab import Lab

MAX_CALLS = 5000  # of all rounds
MAX_OUTPUT = 24_000_000  # calls with their arguments, and the verdict
START_SECONDS = 30.0


class Checker:
    """A pack's checks in their sandbox. Close it in the end."""

    def __init__(self, driver: Driver, lab: Lab, checks: str, run_seconds: float) -> None:
        """Start it. Raises GradingFailedError."""
        self._lab, self._checks = lab, checks
        self._asked = 0
        self._thinking = float(lab.limits.check_seconds)  # left for a generator between the rounds, all together
        limits = SandboxLimits(
            output_bytes=MAX_OUTPUT,
            seconds=run_seconds + 3 * lab.limits.check_seconds + 2 * START_SECONDS,
        )
        try:
            self._sandbox: Sandbox = driver.start(SandboxSpec("checker", ("-P", "-m", "shixun_graders.check"), limits))
        except SandboxError as error:
            raise GradingFailedError(Reason.SANDBOX_FAILED, str(error)) from error

    def calls(self, seed: bytes) -> tuple[list[dict[str, Any]], bool]:
        """The first round of calls, their arguments encoded; and whether any round may want a fresh process.

        Raises GradingFailedError.
        """
        said = self._ask({**self._pack(), "seed": seed.hex()})
        return self._round(said), said.get("fresh") is True

    def following(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Tell it the answers of a round; the next round, empty where nothing is left to ask. Raises GradingFailedError."""
        begin = time.monotonic()
        said = self._ask({"answers": answers}, self._thinking)
        self._thinking -= time.monotonic() - begin
        return self._round(said)

    def judge(self, record: RunRecord) -> dict[str, tuple[float, str | None]]:
        """Points and hint of every automatic cell. Raises GradingFailedError where a verdict breaks the pack's rules."""
        return self._verdict(self._ask({"points": record.points, "lives": record.lives}))

    def judge_form(self, record: RunRecord) -> dict[str, tuple[float, str | None]]:
        """As `judge`, for a form: nothing was asked before, its answers are there at once."""
        return self._verdict(self._ask({**self._pack(), "answers": record.answers, "recorded": record.recorded}))

    def solve(self, record: RunRecord, wrongs: list[str]) -> list[dict[str, Any] | str]:
        """The answers of a form lab's pack by field id: the right ones, then each wrong solution's, or why it has none.

        Raises GradingFailedError where the right ones can't be had.
        """
        found = self._ask({**self._pack(), "solve": wrongs, "recorded": record.recorded}).get("solutions")
        if not isinstance(found, list) or len(found) != len(wrongs) + 1:
            raise GradingFailedError(Reason.CHECKS_FAILED, "no answers")
        return [answers if isinstance(answers, dict) else str(answers) for answers in found]

    def kill(self) -> None:
        """End it from another thread: the talk in progress fails."""
        self._sandbox.kill()

    def close(self) -> None:
        """Kill and free the sandbox."""
        self._sandbox.close()

    def _pack(self) -> dict[str, Any]:
        files = {path: base64.b64encode(data).decode() for path, data in self._lab.assets.items()}
        return {"checks": self._checks, "files": files, "fields": [field.id for field in self._lab.form]}

    def _verdict(self, said: dict[str, Any]) -> dict[str, tuple[float, str | None]]:
        judged = said.get("cells", {})
        wanted = {grade.id: grade.points for grade in self._lab.grades if not grade.manual}
        if judged.keys() != wanted.keys():
            raise GradingFailedError(Reason.CHECKS_FAILED, f"judged {sorted(judged)} instead of {sorted(wanted)}")
        for grade_id, (points, hint) in judged.items():
            if not 0 <= points <= wanted[grade_id]:
                raise GradingFailedError(Reason.CHECKS_FAILED, f"{grade_id}: {points} points")
            if hint is not None and hint not in self._lab.hints:
                raise GradingFailedError(Reason.CHECKS_FAILED, f"{grade_id}: there is no hint {hint!r}")
        return {grade_id: (points, hint) for grade_id, (points, hint) in judged.items()}

    def _round(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        calls = said.get("calls")
        if not isinstance(calls, list) or not all(map(_is_call, calls)):
            raise GradingFailedError(Reason.CHECKS_FAILED, "no list of calls")
        self._asked += len(calls)
        if self._asked > MAX_CALLS:
            raise GradingFailedError(Reason.CHECKS_FAILED, f"more than {MAX_CALLS} calls")
        return calls

    def _ask(self, message: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        seconds = START_SECONDS + self._lab.limits.check_seconds if seconds is None else seconds
        try:
            self._sandbox.send(json.dumps(message).encode(), seconds)
            said = json.loads(self._sandbox.receive(seconds))
        except SandboxEndedError as error:
            raise GradingFailedError(Reason.CHECKS_FAILED, f"{error.end}: {self._sandbox.errors}") from error
        except ValueError as error:
            raise GradingFailedError(Reason.CHECKS_FAILED, "not JSON") from error
        if not isinstance(said, dict):
            raise GradingFailedError(Reason.CHECKS_FAILED, "no object")
        return said


def _is_call(call: object) -> bool:
    """Whether the run step can make this call: its fields, all of them, each of its type."""
    return (
        isinstance(call, dict)
        and call.keys() == {"name", "args", "kwargs", "mode", "seconds"}
        and isinstance(call["name"], str)
        and isinstance(call["mode"], str)
        and isinstance(call["seconds"], int | float)
    )
