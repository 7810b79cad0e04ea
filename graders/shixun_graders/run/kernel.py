"""The notebook's process: an IPython shell that runs the cells once and then answers calls. Everything in it is hostile.

It is IPython without Jupyter's message queue: the same shell, magics, top-level await and inline figures, a fraction of
the start time, and a process that can be forked for calls that want a fresh one. Whatever it sends is only outputs to be
sanitised and answers to be judged elsewhere.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import os
import signal
import sys
from pathlib import Path
from typing import Any

from shixun_graders.data import NotDataError, decode, encode
from shixun_graders.run.lines import Closed, Lines

WORK = Path("/tmp/work")  # noqa: S108 - the sandbox's own
GRACE = 0.5  # s for a call to notice that its time is over
KEPT = 50_000  # characters of a value's display


class CallTimeoutError(BaseException):
    """Raised in a call whose time is over; a BaseException, so that `except Exception` doesn't hide it."""


def main(lines: Lines) -> None:
    """Run one notebook and answer calls until the other side closes."""
    from shixun_graders.run.shell import NotebookShell

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    job = lines.receive()
    shell = NotebookShell.for_notebook(int(job["output_kb"]) * 1000)
    _lay_out(job["files"])
    for cell in job["cells"]:
        outputs = shell.run(loop, cell["source"])
        lines.send({"op": "cell", "id": cell["id"], "outputs": outputs, "cut": shell.outputs.exceeded})
    shell.outputs.muted = True
    template = _Template.fork(shell, lines) if job["fresh"] else None
    lines.send({"op": "end", "how": "done"})
    while True:
        call = lines.receive()
        if call.get("fresh") and template is not None:
            lines.send(template.answer(call))
        else:
            lines.send(answer(shell, loop, call))


def answer(shell: Any, loop: asyncio.AbstractEventLoop, call: dict[str, Any]) -> dict[str, Any]:
    """Answer one call in this process."""
    found = {"op": "answer", "n": call["n"]}
    missing = object()
    value: object = shell.user_ns.get(call["name"], missing)
    if value is missing:
        return {**found, "ok": False, "error": "missing"}
    signal.signal(signal.SIGALRM, _time_over)
    signal.setitimer(signal.ITIMER_REAL, call["seconds"])
    try:
        if callable(value):
            value = value(*decode(call["args"]), **decode(call["kwargs"]))
            if inspect.isawaitable(value):
                value = loop.run_until_complete(value)
        return {**found, "ok": True, "value": encode(value)}
    except CallTimeoutError:
        return {**found, "ok": False, "error": "timeout"}
    except NotDataError:
        return {**found, "ok": False, "error": "not-data"}
    except BaseException:
        return {**found, "ok": False, "error": "raised"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Template:
    """A copy of the process as the notebook left it, which forks again for each fresh call and outlives none of them."""

    def __init__(self, lines: Lines, pid: int) -> None:
        self._lines, self._pid = lines, pid

    @classmethod
    def fork(cls, shell: Any, outer: Lines) -> _Template:
        """Fork the copy."""
        here, there = _socketpair()
        pid = os.fork()
        if pid:
            os.close(there)
            return cls(Lines(here, here), pid)
        os.close(here)
        os.close(outer.fileno())
        try:
            cls._serve(shell, Lines(there, there))
        finally:
            os._exit(0)

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """Let a fresh process answer."""
        try:
            self._lines.send(call)
            return self._lines.receive(call["seconds"] + 4 * GRACE)
        except (Closed, TimeoutError):
            return {"op": "answer", "n": call["n"], "ok": False, "error": "died"}

    @staticmethod
    def _serve(shell: Any, lines: Lines) -> None:
        while True:
            call = lines.receive()
            here, there = _socketpair()
            pid = os.fork()
            if pid == 0:
                os.close(here)
                os.setsid()
                loop = asyncio.new_event_loop()
                asyncio.set_event_loop(loop)
                Lines(there, there).send(answer(shell, loop, call))
                os._exit(0)
            os.close(there)
            found = {"op": "answer", "n": call["n"], "ok": False, "error": "died"}
            try:
                found = Lines(here, here).receive(call["seconds"] + GRACE)
            except TimeoutError:
                found["error"] = "timeout"
            except Closed:
                pass  # it died
            os.close(here)
            _kill(pid)
            lines.send(found)


def _socketpair() -> tuple[int, int]:
    import socket

    here, there = socket.socketpair()
    return here.detach(), there.detach()


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _time_over(_number: int, _frame: object) -> None:
    # Once more a little later, should the trainee's code swallow this one.
    signal.setitimer(signal.ITIMER_REAL, GRACE / 4)
    raise CallTimeoutError


def _lay_out(files: dict[str, str]) -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        target = WORK / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(data))
    os.chdir(WORK)
    sys.path.insert(0, str(WORK))
