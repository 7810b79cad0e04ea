"""Runs inside a sandbox for the self-test: tries to get out, and says how far it got. Read as text (`python -c`)."""

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000


def reaches(family: int, address: tuple[str, int] | str) -> bool:
    """Whether a connection can be made."""
    with socket.socket(family) as probe:
        probe.settimeout(2)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def writes(path: str) -> bool:
    """Whether a file can be made."""
    try:
        Path(path).write_text("x", encoding="utf-8")
    except OSError:
        return False
    return True


def executes() -> bool:
    """Whether a program put into /tmp can be run."""
    program = Path("/tmp/program")  # noqa: S108
    program.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    program.chmod(0o700)
    try:
        return subprocess.run([program], check=False).returncode == 0
    except OSError:
        return False


def fill() -> int:
    """MB that fit into /tmp, at most 64."""
    written = 0.0
    try:
        with Path("/tmp/fill").open("wb", buffering=0) as file:  # noqa: S108
            while written < 64:
                written += file.write(bytes(1 << 20)) / (1 << 20)
    except OSError:
        pass
    Path("/tmp/fill").unlink()  # noqa: S108
    return int(written)


def forks() -> int:
    """Children that could be made, at most 200."""
    children: list[int] = []
    try:
        while len(children) < 200:
            pid = os.fork()
            if pid == 0:
                os.read(hold, 1)
                os._exit(0)
            children.append(pid)
    except OSError:
        pass
    for pid in children:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return len(children)


def unshares() -> bool:
    """Whether a new user namespace can be made."""
    pid = os.fork()
    if pid == 0:
        os._exit(ctypes.CDLL(None).unshare(CLONE_NEWUSER) != 0)
    return os.waitpid(pid, 0)[1] == 0


asked = json.loads(sys.stdin.readline())
hold, _release = os.pipe()
own = socket.create_server(("127.0.0.1", 0))
lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
reached = [f"{host}:{port}" for host, port in asked["tcp"] if reaches(socket.AF_INET, (host, port))]
if reaches(socket.AF_UNIX, f"\0{asked['abstract']}"):
    reached.append("abstract socket")
if reaches(socket.AF_UNIX, "/var/run/docker.sock"):
    reached.append("docker")
seen = {
    "uid": os.getuid(),
    "status": {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines},
    "reached": reached,
    "own_loopback": reaches(socket.AF_INET, own.getsockname()),
    "file": Path(asked["file"]).exists(),
    "wrote": [path for path in ("/probe", "/usr/probe", "/etc/probe", "/dev/probe", "/opt/probe") if writes(path)],
    "wrote_tmp": writes("/tmp/probe"),  # noqa: S108
    "executed": executes(),
    "filled_mb": fill(),
    "forks": forks(),
    "unshared": unshares(),
}
sys.stdout.write(json.dumps(seen) + "\n")
