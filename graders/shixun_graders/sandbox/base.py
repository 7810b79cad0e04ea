"""What every sandbox driver offers: a process shut in, spoken to in lines over capped pipes, killed as a whole.

A driver starts sandboxes; a `Network` is one loopback that several sandboxes share and that nothing outside reaches. What
comes out of a sandbox is hostile: it is read as bounded lines of bytes, never trusted, and reading never hangs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Role = Literal["student", "plant", "checker"]
End = Literal["exited", "time", "output", "memory"]

THREADS = 1  # of the numeric libraries, recorded with each verdict
BASE_ENV = {
    "HOME": "/tmp/home",  # noqa: S108 - a tmpfs of the sandbox's own
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
    "TZ": "Asia/Shanghai",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(THREADS)),
}
UIDS: dict[Role, int] = {"student": 61001, "plant": 61002, "checker": 61003}


class SandboxError(Exception):
    """A sandbox could not be made as demanded (our fault): nothing was run in it."""


class SandboxEndedError(Exception):
    """The conversation with a sandbox is over; `end` says how."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end: End = end


@dataclass(frozen=True)
class SandboxLimits:
    """memory_mb counts everything, swap and tmpfs included; output_bytes is all of stdout; seconds is wall time."""

    memory_mb: int = 768
    cpus: float = 1.0
    pids: int = 64
    tmp_mb: int = 64
    output_bytes: int = 4_000_000
    seconds: float = 180.0


@dataclass(frozen=True)
class SandboxSpec:
    """One process to shut in: `arguments` go to the Python interpreter of the role."""

    role: Role
    arguments: tuple[str, ...]
    limits: SandboxLimits = field(default_factory=SandboxLimits)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SandboxOutcome:
    """How a sandbox ended, what it had written, and how long it lived (wall seconds)."""

    end: End
    stdout: bytes
    seconds: float


class Transport(Protocol):
    """The pipes of one sandbox. Neither method blocks longer than told; `errors` is the tail of stderr, for our logs."""

    errors: bytes

    def exchange(self, outgoing: memoryview, seconds: float) -> tuple[bytes, int]:
        """Wait up to `seconds`; return bytes of stdout and how many of `outgoing` were written. EOFError at its end."""

    def close(self) -> None:
        """Close the pipes."""


class Network(Protocol):
    """A loopback shared by the sandboxes started in it."""

    def close(self) -> None:
        """Give it up; the sandboxes in it are closed before."""


class Driver(Protocol):
    """A way to make sandboxes on this machine."""

    name: str

    def available(self) -> str | None:
        """None where sandboxes can be made here, else one sentence: what is missing and the way out."""

    def sentence(self) -> str:
        """How well it isolates, for people."""

    def image(self, role: Role) -> str:
        """What code the sandboxes of this role run, as an id that changes with it."""

    def network(self) -> Network:
        """A new network with nothing but a loopback."""

    def start(self, spec: SandboxSpec, network: Network | None = None) -> Sandbox:
        """Start a sandbox (without a network: alone on its own loopback). Raises SandboxError; then nothing runs."""


class Sandbox:
    """A running sandbox. Drivers give the transport and what kills it; the limits of talk and time are kept here."""

    def __init__(self, spec: SandboxSpec, transport: Transport) -> None:
        self.spec = spec
        self._transport = transport
        self._buffer = bytearray()
        self._received = 0
        self._born = time.monotonic()
        self._closing = threading.Lock()
        self._closed = False
        self._late = False
        self.out_of_memory = False  # known once it is closed
        self.on_close: Callable[[float | None], None] | None = None  # hears the peak of memory in MB, where it is known
        self._timer = threading.Timer(spec.limits.seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def errors(self) -> str:
        """The tail of its stderr: for the logs of sandboxes that run our or a pack's code, never for a trainee."""
        return self._transport.errors.decode("utf-8", "replace")

    @property
    def age(self) -> float:
        """Wall seconds since it was started."""
        return time.monotonic() - self._born

    def send(self, line: bytes, seconds: float) -> None:
        """Write one line (without its newline). Raises SandboxEndedError when it isn't taken in time."""
        outgoing = memoryview(line + b"\n")
        deadline = time.monotonic() + seconds
        while outgoing:
            outgoing = outgoing[self._exchange(outgoing, deadline) :]

    def receive(self, seconds: float) -> bytes:
        """Read one line. Raises SandboxEndedError for silence, too much output, or the end."""
        deadline = time.monotonic() + seconds
        while True:
            line, found, rest = self._buffer.partition(b"\n")
            if found:
                self._buffer = rest
                return bytes(line)
            self._exchange(memoryview(b""), deadline)

    def drain(self, seconds: float) -> SandboxOutcome:
        """Read until it ends by itself or is over a limit, then close it."""
        deadline = time.monotonic() + seconds
        end: End = "exited"
        try:
            while True:
                self._exchange(memoryview(b""), deadline)
        except SandboxEndedError as error:
            end = error.end
        self.close()
        return SandboxOutcome("memory" if self.out_of_memory else end, bytes(self._buffer), self.age)

    def close(self) -> None:
        """Kill everything inside and free what the sandbox held. Nothing of it lives on after this returns."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._timer.cancel()
            if self.on_close is not None:
                self.on_close(self.peak_memory())
            self.kill()
            self.out_of_memory = self.memory_exceeded()
            self._transport.close()
            self.release()

    def kill(self) -> None:
        """Kill every process inside and wait until they are gone (a driver's part)."""
        raise NotImplementedError

    def release(self) -> None:
        """Free what is left after the kill (a driver's part)."""

    def peak_memory(self) -> float | None:
        """The most memory that it held so far in MB, or None where that can't be known; asked before `kill`."""
        return None

    def memory_exceeded(self) -> bool:
        """Whether the kernel killed something inside for want of memory; asked after `kill` (a driver's part)."""
        raise NotImplementedError

    def _expire(self) -> None:
        self._late = True
        self.kill()

    def _exchange(self, outgoing: memoryview, deadline: float) -> int:
        left = deadline - time.monotonic()
        if left <= 0:
            raise SandboxEndedError("time")
        try:
            data, written = self._transport.exchange(outgoing, left)
        except (EOFError, OSError):
            raise SandboxEndedError("time" if self._late else "exited") from None
        self._received += len(data)
        if self._received > self.spec.limits.output_bytes:
            raise SandboxEndedError("output")
        self._buffer += data
        return written


def run(driver: Driver, spec: SandboxSpec, stdin: bytes = b"") -> SandboxOutcome:
    """Run one sandbox to its end with `stdin` as its input line. Raises SandboxError if it can't be made."""
    with driver.start(spec) as sandbox:
        if stdin:
            try:
                sandbox.send(stdin, spec.limits.seconds)
            except SandboxEndedError:
                return sandbox.drain(1.0)
        return sandbox.drain(spec.limits.seconds)
