"""The first process of the run sandbox: starts the notebook's process, keeps its time, and passes lines to and fro.

It runs no code of the trainee, but shares a user id with it. A trainee who subverts it gains nothing: it knows no seed,
no check and no score, and what it passes on is treated as the trainee's own word.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from typing import Any

from shixun_graders.run import kernel
from shixun_graders.run.lines import Closed, Lines

PR_SET_DUMPABLE = 4


class _Kernel:
    """The notebook's process and the line to it."""

    def __init__(self, outside: tuple[int, int]) -> None:
        here, there = (end.detach() for end in socket.socketpair())
        self.pid = os.fork()
        if self.pid == 0:
            os.close(here)
            _become_kernel(there, outside)
        os.close(there)
        self.lines = Lines(here, here)
        self.alive = True

    def kill(self) -> None:
        """Kill it, and with it what is left of the talk."""
        if self.alive:
            self.alive = False
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def supervise() -> None:
    """Serve one job on stdin and stdout until stdin closes."""
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    # Nobody of the same user id may look into this process or open its descriptors.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    notebook = _Kernel((source, sink))
    outside = Lines(source, sink)
    try:
        job = outside.receive()
        deadline = time.monotonic() + job["seconds"]
        outside.send({"op": "end", "how": _run_notebook(notebook, job, outside, deadline)})
        while True:
            outside.send(_answer(notebook, outside.receive()))
    except Closed:
        notebook.kill()


def _become_kernel(inside: int, outside: tuple[int, int]) -> None:
    """In the child: forget the outside and be the notebook's process."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    for fd in outside:
        os.close(fd)
    try:
        os.setsid()
        kernel.main(Lines(inside, inside))
    except (Closed, KeyError, TypeError, ValueError):
        os._exit(1)
    finally:
        os._exit(0)


def _run_notebook(notebook: _Kernel, job: dict[str, Any], outside: Lines, deadline: float) -> str:
    """Pass the cells' outputs on until the notebook ends; how it ended."""
    try:
        notebook.lines.send(job)
        while True:
            message = notebook.lines.receive(max(0.0, deadline - time.monotonic()))
            if message.get("op") == "end":
                return "done"
            outside.send(message)
    except TimeoutError:
        how = "time"
    except Closed:
        how = "died"
    notebook.kill()
    return how


def _answer(notebook: _Kernel, call: dict[str, Any]) -> dict[str, Any]:
    """Have one call answered; the notebook's process is killed when it overstays."""
    found = {"op": "answer", "n": call["n"], "ok": False, "error": "died"}
    if not notebook.alive:
        return found
    try:
        notebook.lines.send(call)
        return notebook.lines.receive(call["seconds"] + 6 * kernel.GRACE)
    except TimeoutError:
        found["error"] = "timeout"
    except Closed:
        pass
    notebook.kill()
    return found
