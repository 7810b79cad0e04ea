"""Keeps processes running: starts them in order, restarts what falls, stops all of them together."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_PAUSE = 30.0  # seconds between restarts of a process that keeps falling
STEADY = 60.0  # seconds after which a process counts as steady and its pause starts over
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Process:
    """What to run. `ready` is an address that answers once the process serves; None: running is enough."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    ready: str | None = None
    patience: float = 120.0  # seconds to become ready, on a busy machine
    stop_patience: float = 10.0


@dataclass
class Running:
    """A process at work."""

    spec: Process
    popen: subprocess.Popen[bytes]
    since: float
    pause: float = 1.0
    restart_at: float | None = None


class NeverReady(Exception):
    """A process did not come up; carries its name and the end of its log."""

    def __init__(self, name: str, log: Path) -> None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:] if log.exists() else []
        super().__init__(f"{name} did not come up. The end of {log}:\n" + "\n".join("  " + line for line in lines))


@dataclass
class Supervisor:
    """Runs the processes of one machine. `tell` gets one line per event."""

    log_folder: Path
    run_folder: Path
    tell: Callable[[str], None]
    running: dict[str, Running] = field(default_factory=dict)
    stopping: bool = False

    def start(self, spec: Process) -> None:
        """Start and wait until it is ready. Raises `NeverReady`."""
        self.running[spec.name] = Running(spec, self._spawn(spec), time.monotonic())
        deadline = time.monotonic() + spec.patience
        while spec.ready is not None and not answers(spec.ready):
            if self.stopping:
                return
            if self.running[spec.name].popen.poll() is not None or time.monotonic() > deadline:
                raise NeverReady(spec.name, self.log_folder / f"{spec.name}.log")
            time.sleep(0.1)

    def _spawn(self, spec: Process) -> subprocess.Popen[bytes]:
        with (self.log_folder / f"{spec.name}.log").open("ab") as log:
            popen = subprocess.Popen(
                list(spec.command),
                env=spec.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        new = self.run_folder / f"{spec.name}.pid.new"
        new.write_text(str(popen.pid))
        new.replace(self.run_folder / f"{spec.name}.pid")  # whoever looks finds a whole number
        return popen

    def watch(self) -> None:
        """Restart what falls until `stop` is asked for."""
        while not self.stopping:
            for name, at_work in self.running.items():
                self._look_after(name, at_work)
            time.sleep(0.3)

    def _look_after(self, name: str, at_work: Running) -> None:
        instant = time.monotonic()
        if at_work.restart_at is not None:
            if instant >= at_work.restart_at:
                at_work.popen = self._spawn(at_work.spec)
                at_work.since, at_work.restart_at = instant, None
                self.tell(f"{name}: running again")
        elif (code := at_work.popen.poll()) is not None:
            _end_group(at_work.popen.pid, signal.SIGKILL)  # what it left behind would hold its port
            at_work.pause = 1.0 if instant - at_work.since > STEADY else min(at_work.pause * 2, LONGEST_PAUSE)
            at_work.restart_at = instant + at_work.pause
            self.tell(
                f"{name}: ended with {code}, starting it again in {at_work.pause:.0f} s (see {self.log_folder / name}.log)"
            )

    def stop(self) -> None:
        """Stop everything, last started first: politely, then for good."""
        self.stopping = True
        for name, at_work in reversed(self.running.items()):
            _end_group(at_work.popen.pid, signal.SIGTERM)
            try:
                at_work.popen.wait(at_work.spec.stop_patience)
            except subprocess.TimeoutExpired:
                _end_group(at_work.popen.pid, signal.SIGKILL)
                at_work.popen.wait()
            _end_group(at_work.popen.pid, signal.SIGKILL)
            (self.run_folder / f"{name}.pid").unlink(missing_ok=True)


def _die_with_parent() -> None:
    """In the child: end with the supervisor, even if that is killed. Safe since the supervisor has one thread."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def answers(url: str) -> bool:
    """Whether anything serves at `url`; an HTTP error is an answer, too. `tcp://host:port` only connects."""
    if url.startswith("tcp://"):
        host, _, port = url.removeprefix("tcp://").partition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own loopback address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
