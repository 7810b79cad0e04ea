"""Sandboxes as containers of a Docker Engine, with the container baseline of our threat model.

Nothing is mounted from the host and nothing is copied in: a sandbox gets its work as the first line of its stdin, so the
engine may be anywhere. Where an option can't be applied the container isn't started.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from shixun_graders.sandbox.base import BASE_ENV, UIDS, Role, Sandbox, SandboxError, SandboxSpec
from shixun_graders.sandbox.pipes import CHUNK, KEPT_ERRORS

DEFAULT_HOST = "unix:///var/run/docker.sock"
API_VERSION = "1.41"  # Engine 20.10, Debian 12's
LABEL = "cn.shixun.sandbox"
DEADLINE = "cn.shixun.deadline"  # Unix seconds after which any grader may remove the container
IMAGES: dict[Role, str] = {
    "student": "shixun-sandbox:dev",
    "plant": "shixun-plant:dev",
    "checker": "shixun-sandbox:dev",
}
PYTHON = "/opt/shixun/bin/python"
REQUEST_SECONDS = 60
HEADER = 8  # of a frame in an attached stream: kind, three zeros, length (big endian)


class AttachedTransport:
    """The one socket of an attached container: stdin goes in raw, stdout and stderr come out in frames."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream  # keeps the connection alive
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._socket.setblocking(False)
        self._raw = bytearray()
        self.errors = b""

    def exchange(self, outgoing: memoryview, seconds: float) -> tuple[bytes, int]:
        """See `Transport`."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if outgoing else 0))
        data, written = b"", 0
        for _fd, events in poll.poll(max(1, int(seconds * 1000))):
            if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
                chunk = self._socket.recv(CHUNK)
                if not chunk:
                    raise EOFError
                self._raw += chunk
                data = self._stdout()
            if events & select.POLLOUT and outgoing:
                written = self._socket.send(outgoing[:CHUNK])
        return data, written

    def hang_up(self) -> None:
        """End the talk for both sides; safe while another thread waits in `exchange`, which then sees the end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """See `Transport`."""
        self._socket.close()
        self._stream.close()

    def _stdout(self) -> bytes:
        """Take whole frames off the raw bytes; return what is stdout."""
        found = bytearray()
        while len(self._raw) >= HEADER:
            length = int.from_bytes(self._raw[4:HEADER], "big")
            if len(self._raw) < HEADER + length:
                break
            body = self._raw[HEADER : HEADER + length]
            if self._raw[0] == 1:
                found += body
            else:
                self.errors = (self.errors + bytes(body))[-KEPT_ERRORS:]
            del self._raw[: HEADER + length]
        return bytes(found)


class ContainerNetwork:
    """The loopback of the first container started in it; the others join that one."""

    def __init__(self) -> None:
        self._owner: str | None = None

    def mode(self) -> str:
        """The network mode for the next container: `none` for the first."""
        return "none" if self._owner is None else f"container:{self._owner}"

    def owned_by(self, container: str) -> None:
        """Note the first container."""
        if self._owner is None:
            self._owner = container

    def close(self) -> None:
        """See `Network`: it dies with its containers."""


class _ContainerSandbox(Sandbox):
    def __init__(self, spec: SandboxSpec, container: str, stream: Any) -> None:
        self._container = container
        self._attached = AttachedTransport(stream)
        super().__init__(spec, self._attached)

    def kill(self) -> None:
        # First, or the engine waits for us to read what the container had written.
        self._attached.hang_up()
        # The engine answers once the container is dead, which with its process namespace means everything in it.
        with _client() as client, suppress(NotFound, APIError):
            client.kill(self._container)

    def release(self) -> None:
        threading.Thread(target=_remove, args=(self._container,), name="remove-sandbox", daemon=True).start()

    def peak_memory(self) -> float | None:
        """With control groups of version 2 the engine tells what it holds now, not the most."""
        with _client() as client, suppress(NotFound, APIError):
            told = client.stats(self._container, stream=False, one_shot=True).get("memory_stats", {})
            found = told.get("max_usage", told.get("usage"))
            return None if found is None else found / 2**20
        return None

    def memory_exceeded(self) -> bool:
        with _client() as client, suppress(NotFound):
            return bool(client.inspect_container(self._container)["State"]["OOMKilled"])
        return False


class DockerEngine:
    """The driver (see `Driver`). `runtime` names an OCI runtime of the engine, for example gVisor's `runsc`."""

    name = "docker"

    def __init__(self, images: dict[Role, str] | None = None, runtime: str | None = None) -> None:
        self._images = IMAGES | (images or {})
        self._runtime = runtime

    def available(self) -> str | None:
        host = os.environ.get("DOCKER_HOST", DEFAULT_HOST)
        if host.startswith("unix://") and not Path(host.removeprefix("unix://")).exists():
            return "no Docker Engine answers"
        try:
            with _client() as client:
                info = client.info()
                if not any(option.startswith("name=seccomp") for option in info.get("SecurityOptions", [])):
                    return "this Docker Engine filters no system calls (seccomp is off)"
                if not (info.get("MemoryLimit") and info.get("PidsLimit") and info.get("CpuCfsQuota")):
                    return "this Docker Engine can't limit memory, processes and CPU"
                for image in sorted(set(self._images.values())):
                    client.inspect_image(image)
        except ImageNotFound:
            return f"the image {image} is missing: make images"
        except (DockerException, requests.RequestException):
            return "no Docker Engine answers"
        return None

    def sentence(self) -> str:
        runtime = f" by {self._runtime}" if self._runtime else ""
        return (
            f"Docker containers{runtime}: no network, no capabilities, read-only root, the engine's system call filter, "
            "limits on memory, processes, CPU, time and output. Fit for submissions that count."
        )

    def image(self, role: Role) -> str:
        with _client() as client:
            return str(client.inspect_image(self._images[role])["Id"])

    def network(self) -> ContainerNetwork:
        return ContainerNetwork()

    def start(self, spec: SandboxSpec, network: object = None) -> Sandbox:
        if network is not None and not isinstance(network, ContainerNetwork):
            raise SandboxError("a network of another driver")
        container, stream = None, None
        try:
            with _client() as client:
                mode = network.mode() if network else "none"
                container = client.create_container_from_config(self._config(spec, mode))["Id"]
                stream = client.attach_socket(container, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
                client.start(container)
        except (DockerException, requests.RequestException, OSError) as error:
            if stream is not None:
                AttachedTransport(stream).close()
            if container is not None:
                _remove(container)
            raise SandboxError(f"the container could not be started: {error}") from error
        if network is not None:
            network.owned_by(container)
        return _ContainerSandbox(spec, container, stream)

    def _config(self, spec: SandboxSpec, mode: str) -> dict[str, Any]:
        """The body of the engine's API call: what isn't said here is the engine's default, none of it a right."""
        limits, uid = spec.limits, UIDS[spec.role]
        memory, room = limits.memory_mb << 20, limits.tmp_mb << 20
        host: dict[str, Any] = {
            "NetworkMode": mode,
            "IpcMode": "private",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true"],
            "PidsLimit": limits.pids,
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": int(limits.cpus * 1e9),
            "Ulimits": [_ulimit("nofile", 256), _ulimit("core", 0), _ulimit("fsize", room)],
            "Tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,mode=1777,size={room},nr_inodes=20000"},  # noqa: S108
            "ShmSize": 16 << 20,
            "Init": True,
            "LogConfig": {"Type": "none"},
            "RestartPolicy": {"Name": "no"},
        }
        if self._runtime:
            host["Runtime"] = self._runtime
        return {
            "Image": self._images[spec.role],
            "Entrypoint": [],
            "Cmd": [PYTHON, *spec.arguments],
            "User": f"{uid}:{uid}",
            "WorkingDir": "/tmp",  # noqa: S108
            "Env": [f"{name}={value}" for name, value in {**BASE_ENV, **spec.env}.items()],
            "Labels": {LABEL: spec.role, DEADLINE: str(int(time.time() + limits.seconds + 60))},
            # One client, then the end: a grader that dies takes the stdin of its sandboxes with it.
            "OpenStdin": True,
            "StdinOnce": True,
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "HostConfig": host,
        }


def _ulimit(name: str, value: int) -> dict[str, Any]:
    return {"Name": name, "Soft": value, "Hard": value}


def sweep() -> int:
    """Remove containers of graders that died, past their deadline; return how many."""
    removed = 0
    with _client() as client:
        for found in client.containers(all=True, filters={"label": LABEL}):
            if float(found["Labels"].get(DEADLINE, "0")) < time.time():
                _remove(found["Id"])
                removed += 1
    return removed


def _remove(container: str) -> None:
    with _client() as client, suppress(NotFound, APIError):
        client.remove_container(container, force=True, v=True)


def _client() -> Any:
    """A client of its own for each use: its connections are not made to be shared by threads."""
    return docker.APIClient(
        base_url=os.environ.get("DOCKER_HOST", DEFAULT_HOST),
        version=API_VERSION,
        timeout=REQUEST_SECONDS,
    )
