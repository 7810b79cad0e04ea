"""Containers of labs, asynchronously: made as the baseline says, compared, started, waited for, ended, swept."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
from docker.errors import APIError, DockerException

from shixun_labs import baseline
from shixun_labs.network import LabNetwork, NetworkError, apply_rules, ensure_network
from shixun_labs.probe import failures

# DockerSpawner's own executor has one thread, which makes a class that starts at once wait in line.
THREADS = ThreadPoolExecutor(16, thread_name_prefix="shixun-docker")
PROBE_AGAIN = 900.0  # seconds that a probe of the network holds: an administrator may reload a firewall at any time


class StartError(Exception):
    """A container can't be started. `zh` and `en` are for the person, str() for the log."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(reason)
        self.zh = zh
        self.en = en


def not_started(reason: str) -> StartError:
    """The general message around a reason that only the log gets: it may name things of the machine."""
    return StartError(
        reason,
        "实验没有启动成功，请稍后再试；如果仍不成功，请告诉教师。您的作业没有受影响。",
        "The lab did not start. Try again in a moment, and tell your instructor if it stays so. Your work is not affected.",
    )


async def in_thread(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Runs a blocking call of the Docker client in one of our threads."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, lambda: call(*arguments, **named))


class Engine:
    """The Docker Engine that labs run on."""

    def __init__(self, client: docker.APIClient) -> None:
        self.client = client

    async def create(self, box: baseline.Box, name: str) -> str:
        """Makes a container and returns its id once it is as asked; one that differs is removed and StartError raised."""
        try:
            made = await in_thread(self.client.create_container_from_config, baseline.body(box), name)
            identity = str(made["Id"])
        except DockerException as error:
            raise not_started(f"{name} could not be made: {error}") from error
        try:
            found = baseline.violations(box, await in_thread(self.client.inspect_container, identity))
            if found:
                raise not_started(f"{name} would run without its limits: {'; '.join(found)}")
        except BaseException:
            await self.remove(identity)
            raise
        return identity

    async def start(self, identity: str) -> dict[str, Any]:
        """Starts a made container and returns how it stands then."""
        try:
            await in_thread(self.client.start, identity)
            found: dict[str, Any] = await in_thread(self.client.inspect_container, identity)
        except DockerException as error:
            raise not_started(f"{identity[:12]} did not start: {error}") from error
        return found

    async def end(self, identity: str, seconds: int) -> None:
        """Stops a container, giving it `seconds` to save what it has, and removes it. Gone already is fine."""
        if not identity:
            return
        try:
            await in_thread(self.client.stop, identity, timeout=seconds)
        except APIError as error:
            if error.status_code != 404:
                await self.remove(identity)
                return
        await self.remove(identity)

    async def remove(self, identity: str) -> None:
        """Removes a container, running or not. Gone already, or going, is fine."""
        with contextlib.suppress(APIError):
            await in_thread(self.client.remove_container, identity, force=True, v=True)

    async def state(self, identity: str) -> dict[str, Any] | None:
        """The container's State, or None when it is gone."""
        if not identity:
            return None
        try:
            found = await in_thread(self.client.inspect_container, identity)
        except APIError as error:
            if error.status_code == 404:
                return None
            raise
        state: dict[str, Any] = found["State"]
        return state

    async def log(self, identity: str, lines: int = 20) -> str:
        """The last lines that a container printed; empty when it is gone."""
        try:
            printed: bytes = await in_thread(self.client.logs, identity, stdout=True, stderr=True, tail=lines)
        except APIError:
            return ""
        return printed.decode(errors="replace")

    async def until(self, identity: str, ready: Callable[[], Any], seconds: float, what: str) -> None:
        """Waits for `ready()` to come true while the container runs; StartError with the end of its log otherwise."""
        deadline = time.monotonic() + seconds
        looked = time.monotonic()
        while not await ready():
            if time.monotonic() - looked > 1.0:
                looked = time.monotonic()
                state = await self.state(identity)
                if state is None or not state["Running"]:
                    raise not_started(f"{what} ended at start: {state}: {await self.log(identity)}")
            if time.monotonic() > deadline:
                raise not_started(f"{what} was not ready within {seconds:.0f} s: {await self.log(identity)}")
            await asyncio.sleep(0.1)

    async def said_ready(self, identity: str) -> bool:
        """Whether a plant printed its ready line."""
        for line in (await self.log(identity)).splitlines():
            with contextlib.suppress(ValueError, AttributeError):
                if json.loads(line).get("ready") is True:
                    return True
        return False

    async def sweep(self, hub: str, now: float) -> list[str]:
        """Removes what a crash left behind of this hub's containers; returns their ids."""
        found = await in_thread(self.client.containers, all=True, filters={"label": f"{baseline.HUB}={hub}"})
        stale = leftovers(found, now)
        await asyncio.gather(*(self.remove(identity) for identity in stale))
        return stale


def leftovers(containers: Iterable[dict[str, Any]], now: float, grace: float = 120.0) -> list[str]:
    """Of `containers` (GET /containers/json): labs that ended or outlived their label, plants without a running lab. `grace` in s."""
    listed = list(containers)
    running = {item["Id"] for item in listed if item.get("State") == "running"}
    stale = []
    for item in listed:
        labels = item.get("Labels") or {}
        if now - float(item.get("Created", now)) < grace:
            continue
        over = float(labels.get(baseline.UNTIL) or now + 1) < now
        lab_gone = labels.get(baseline.ROLE) == "plant" and labels.get(baseline.LAB) not in running
        if over or lab_gone or item.get("State") in ("exited", "dead"):
            stale.append(item["Id"])
    return stale


async def answers_http(host: str, port: int, path: str, seconds: float = 30.0) -> bool:
    """Whether a server answers GET `path` with anything. Waits for the answer once it accepted: no polling while it starts up."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1.0)
    except (OSError, TimeoutError):
        return False
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        await writer.drain()
        return (await asyncio.wait_for(reader.read(5), seconds)).startswith(b"HTTP/")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()


class Guard:
    """Whether the labs' network is closed; probed at the hub's first need and again every quarter of an hour."""

    def __init__(self, network: LabNetwork) -> None:
        self.network = network
        self._closed_at: float | None = None
        self._lock: asyncio.Lock | None = None

    async def ensure(self, client: docker.APIClient) -> None:
        """Returns when the network is closed, setting its rules again where they went missing. Raises StartError."""
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._closed_at is not None and time.monotonic() - self._closed_at < PROBE_AGAIN:
                return
            self._closed_at = None
            try:
                await in_thread(self._close, client)
            except NetworkError as error:
                raise StartError(
                    str(error),
                    "实验网络的隔离没有就绪，为安全起见不启动实验。请联系平台管理员（shixun doctor 会说明原因）。",
                    "The labs' network is not isolated, so no lab starts. Tell the platform's administrator"
                    " (`shixun doctor` says why).",
                ) from error
            self._closed_at = time.monotonic()

    def _close(self, client: docker.APIClient) -> None:
        ensure_network(client, self.network)
        if not failures(client, self.network):
            return
        apply_rules(self.network)
        if left := failures(client, self.network):
            raise NetworkError(" ".join(left))
