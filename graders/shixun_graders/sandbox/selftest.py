"""Proves that a driver's sandboxes hold, on this machine and now: each probe beside a control that shows it can succeed.

A grader that fails one of these takes no work.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shixun_graders.sandbox.base import UIDS, Driver, SandboxEndedError, SandboxError, SandboxLimits, SandboxSpec, run

_LOCAL = re.compile(r"\|-- (\S+)\n +/32 host LOCAL")
HERE = Path(__file__).parent
SMALL = SandboxLimits(memory_mb=96, pids=24, tmp_mb=8, output_bytes=200_000, seconds=20)


@dataclass(frozen=True)
class Probe:
    """One property tried: `held` says whether the sandbox holds, `detail` what was seen."""

    name: str
    held: bool
    detail: str


def self_test(driver: Driver) -> list[Probe]:
    """Try everything. A probe that can't be tried has not held."""
    found = []
    for probe in (_shut_in, _memory, _time, _output, _neighbours):
        try:
            found += probe(driver)
        except (SandboxError, SandboxEndedError, OSError, ValueError, KeyError) as error:
            found.append(Probe(probe.__name__.strip("_"), held=False, detail=f"{type(error).__name__}: {error}"))
    return found


def _shut_in(driver: Driver) -> list[Probe]:
    """Rights, network, files and processes, seen from inside one sandbox."""
    marker = secrets.token_hex(8)
    with _listeners(marker) as asked, tempfile.NamedTemporaryFile(prefix="shixun-canary-") as canary:
        asked["file"] = canary.name
        source = (HERE / "probe.py").read_text(encoding="utf-8")
        outcome = run(driver, SandboxSpec("student", ("-P", "-c", source), SMALL), json.dumps(asked).encode())
        seen: dict[str, Any] = json.loads(outcome.stdout)
        here = all(_reaches(*address) for address in asked["tcp"]) and _reaches_abstract(marker)
    status = seen["status"]
    rights = {name: status.get(name) for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")}
    wanted = {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}
    return [
        Probe("user", seen["uid"] == UIDS["student"], f"user id {seen['uid']}"),
        Probe("rights", rights == wanted, f"{rights}"),
        Probe(
            "network",
            here and seen["own_loopback"] and not seen["reached"],
            f"reached {seen['reached']}; controls: host {here}, own loopback {seen['own_loopback']}",
        ),
        Probe("host files", Path(asked["file"]).parent.is_dir() and not seen["file"], f"canary seen: {seen['file']}"),
        Probe(
            "read-only root",
            seen["wrote_tmp"] and not seen["wrote"],
            f"wrote {seen['wrote']}; control: {seen['wrote_tmp']}",
        ),
        Probe("no programs in tmp", not seen["executed"], f"executed: {seen['executed']}"),
        Probe("tmp size", seen["filled_mb"] <= SMALL.tmp_mb, f"{seen['filled_mb']} of {SMALL.tmp_mb} MB"),
        Probe("processes", 3 <= seen["forks"] < SMALL.pids, f"{seen['forks']} forks under a limit of {SMALL.pids}"),
        Probe("namespaces", not seen["unshared"], f"made a user namespace: {seen['unshared']}"),
    ]


def _memory(driver: Driver) -> list[Probe]:
    code = "import sys;x=bytearray(16<<20);print('small',flush=True);y=bytearray(1<<30);print('large',flush=True)"
    outcome = run(driver, SandboxSpec("student", ("-P", "-c", code), SMALL))
    held = outcome.stdout == b"small\n" and outcome.end == "memory"
    return [Probe("memory", held, f"{outcome.end} after {outcome.stdout.decode(errors='replace').split()}")]


def _time(driver: Driver) -> list[Probe]:
    """A child that left its session is gone with the sandbox; while it lived, it could be seen."""
    marker = f"shixun-{secrets.token_hex(8)}"
    code = (
        "import os,subprocess,sys,time\n"
        f"subprocess.Popen([sys.executable,'-c','import time;time.sleep(60)','{marker}'],start_new_session=True)\n"
        "print('up',flush=True)\ntime.sleep(60)"
    )
    limits = SandboxLimits(memory_mb=96, pids=24, tmp_mb=8, seconds=3)
    with driver.start(SandboxSpec("student", ("-P", "-c", code), limits)) as sandbox:
        sandbox.receive(20)
        before = _running(marker)
        end = sandbox.drain(8).end
    after = _running(marker)
    held = end == "time" and not after
    return [Probe("time", held, f"{end}; its child was seen before: {bool(before)}, after: {bool(after)}")]


def _output(driver: Driver) -> list[Probe]:
    outcome = run(driver, SandboxSpec("student", ("-P", "-c", "while True: print('x' * 4096)"), SMALL))
    return [Probe("output", outcome.end == "output", f"{outcome.end} after {len(outcome.stdout)} bytes kept")]


def _neighbours(driver: Driver) -> list[Probe]:
    """Two sandboxes on one loopback: the port is reached (control), the process behind it is neither seen nor read."""
    marker = f"shixun-{secrets.token_hex(8)}"
    plant = (
        "import socket;s=socket.create_server(('127.0.0.1',5020));print('up',flush=True);c,_=s.accept();c.sendall(b'hello')\n"
        f"import time;time.sleep(30) # {marker}"
    )
    student = (
        "import glob,socket,sys\n"
        "marker=sys.stdin.readline().strip().encode()\n"
        "said=socket.create_connection(('127.0.0.1',5020),5).recv(9).decode()\n"
        "lines=[open(p,'rb').read() for p in glob.glob('/proc/[0-9]*/cmdline')]\n"
        "print(said,len(lines)>0,sum(marker in line for line in lines),flush=True)"
    )
    network = driver.network()
    try:
        with (
            driver.start(SandboxSpec("student", ("-P", "-c", student), SMALL), network) as one,
            driver.start(SandboxSpec("plant", ("-P", "-c", plant), SMALL), network) as other,
        ):
            other.receive(20)
            one.send(marker.encode(), 5)
            said, own, seen = one.receive(20).decode().split()
            visible = bool(_running(marker))
    finally:
        network.close()
    held = (said, own, seen) == ("hello", "True", "0")
    detail = f"port: {said}; its process seen: {seen}; controls: own processes seen {own}, host sees it {visible}"
    return [Probe("neighbours", held, detail)]


@contextmanager
def _listeners(marker: str) -> Iterator[dict[str, Any]]:
    """Listeners of the host that no sandbox may reach: TCP on each of its addresses, and an abstract Unix socket."""
    local = _LOCAL.findall(Path("/proc/net/fib_trie").read_text(encoding="utf-8"))
    servers = [socket.create_server((address, 0)) for address in dict.fromkeys(["127.0.0.1", *local])]
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"\0{marker}")
    unix.listen()
    stop = threading.Event()
    threads = [threading.Thread(target=_serve, args=(server, stop), daemon=True) for server in [*servers, unix]]
    for thread in threads:
        thread.start()
    try:
        yield {"tcp": [list(server.getsockname()[:2]) for server in servers], "abstract": marker}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for server in [*servers, unix]:
            server.close()


def _serve(server: socket.socket, stop: threading.Event) -> None:
    server.settimeout(0.1)
    while not stop.is_set():
        with suppress(TimeoutError):
            server.accept()[0].close()


def _tries(connect: Callable[[], socket.socket]) -> bool:
    try:
        connect().close()
    except OSError:
        return False
    return True


def _reaches(host: str, port: int) -> bool:
    return _tries(lambda: socket.create_connection((host, port), 2))


def _reaches_abstract(marker: str) -> bool:
    def connect() -> socket.socket:
        unix = socket.socket(socket.AF_UNIX)
        unix.connect(f"\0{marker}")
        return unix

    return _tries(connect)


def _running(marker: str) -> list[int]:
    """Processes of this machine with the marker in their command line (none where the engine is on another machine)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker.encode() in (folder / "cmdline").read_bytes() and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found
