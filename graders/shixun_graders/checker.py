"""The check step from outside: one sandbox that first says what to ask, then judges. What it says is checked, too."""

from __future__ import annotations

import base64
import json
from typing import Any

from shixun_graders.protocol import Reason
from shixun_graders.sandbox.base import Driver, Sandbox, SandboxEndedError, SandboxError, SandboxLimits, SandboxSpec
from shixun_graders.session import GradingFailedError, RunRecord
from shixun_packs.lab import Lab

MAX_CALLS = 500
MAX_OUTPUT = 24_000_000  # calls with their arguments, and the verdict
START_SECONDS = 30.0


class Checker:
    """A pack's checks in their sandbox. Close it in the end."""

    def __init__(self, driver: Driver, lab: Lab, checks: str, run_seconds: float) -> None:
        """Start it. Raises GradingFailedError."""
        self._lab, self._checks = lab, checks
        limits = SandboxLimits(
            output_bytes=MAX_OUTPUT,
            seconds=run_seconds + 2 * lab.limits.check_seconds + 2 * START_SECONDS,
        )
        try:
            self._sandbox: Sandbox = driver.start(SandboxSpec("checker", ("-P", "-m", "shixun_graders.check"), limits))
        except SandboxError as error:
            raise GradingFailedError(Reason.SANDBOX_FAILED, str(error)) from error

    def calls(self, seed: bytes) -> list[dict[str, Any]]:
        """The calls to make, their arguments encoded. Raises GradingFailedError."""
        files = {path: base64.b64encode(data).decode() for path, data in self._lab.assets.items()}
        said = self._ask({"checks": self._checks, "files": files, "seed": seed.hex()})
        calls = said.get("calls")
        if not isinstance(calls, list) or len(calls) > MAX_CALLS:
            raise GradingFailedError(Reason.CHECKS_FAILED, f"no list of at most {MAX_CALLS} calls")
        return calls

    def judge(self, record: RunRecord) -> dict[str, tuple[float, str | None]]:
        """Points and hint of every automatic cell. Raises GradingFailedError where a verdict breaks the pack's rules."""
        said = self._ask({"answers": record.answers, "points": record.points, "lives": record.lives})
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

    def kill(self) -> None:
        """End it from another thread: the talk in progress fails."""
        self._sandbox.kill()

    def close(self) -> None:
        """Kill and free the sandbox."""
        self._sandbox.close()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        seconds = self._lab.limits.check_seconds
        try:
            self._sandbox.send(json.dumps(message).encode(), START_SECONDS + seconds)
            said = json.loads(self._sandbox.receive(START_SECONDS + seconds))
        except SandboxEndedError as error:
            raise GradingFailedError(Reason.CHECKS_FAILED, f"{error.end}: {self._sandbox.errors}") from error
        except ValueError as error:
            raise GradingFailedError(Reason.CHECKS_FAILED, "not JSON") from error
        if not isinstance(said, dict):
            raise GradingFailedError(Reason.CHECKS_FAILED, "no object")
        return said
