"""What plants cost: seconds of a core for one simulated hour of each kind; of live ones memory and their share of a core.

Live as in the field: at 10 Hz, with the screen, while clients read: Modbus a point ten times a second, OPC UA a
subscription to every tag, MQTT a subscription to everything, the screen one stream. With a Docker Engine the plant runs in its image,
on a read-only root, as labs start it. Memory is told twice, in MiB:

- *container*: what the engine counts against the container's limit (`docker stats`: all but the inactive page cache), its log in `/plant`
  included. This is what one more plant of a class takes: pages of libraries are there once for all of them.
- *process*: the resident set of the plant's process (VmRSS), library pages included.

The goals are the issue's: an hour in under a second; under 3 % of a core and 130 MB with all protocols, under 40 MB with Modbus alone.
CPU time is counted, not the wall's: what else the machine does changes little.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import docker
import httpx
from asyncua import Client
from paho.mqtt.client import Client as MqttClient
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.client import AsyncModbusTcpClient

from shixun_plants.headless import simulate
from shixun_plants.mapgen import point_map
from shixun_plants.plants import KINDS, catalogue

LABS = Path(__file__).parents[2] / "labs"
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 2**20
MODBUS, ALL = "modbus", "modbus,opcua,mqtt"
PORTS = {"modbus": 5020, "opcua": 4840, "mqtt": 1883, "hmi": 8600}
IMAGE = f"shixun-plant:{os.environ.get('SHIXUN_IMAGE_TAG', 'dev')}"


def hour(kind: str) -> float:
    """Seconds of a core for one simulated hour."""
    began = time.process_time()
    simulate(kind, b"bench", 3600.0)
    return time.process_time() - began


@dataclass(frozen=True)
class Use:
    """What a plant has used: seconds of a core so far, MiB of its process and of its container (None without one)."""

    cpu: float
    process: float
    container: float | None


class Subject(Protocol):
    """A plant that runs."""

    host: str
    ports: dict[str, int]

    def use(self) -> Use:
        """What it has used so far."""


class Process:
    """A plant as a process of this machine."""

    host = "127.0.0.1"

    def __init__(self, process: "subprocess.Popen[bytes]", ports: dict[str, int]) -> None:
        self._folder, self.ports = Path(f"/proc/{process.pid}"), ports

    def use(self) -> Use:
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return Use((int(fields[11]) + int(fields[12])) / TICKS, _resident((self._folder / "status").read_text()), None)


class Container:
    """A plant in its image."""

    ports = PORTS

    def __init__(self, container: Any) -> None:
        self._container = container
        container.reload()
        self.host = next(iter(container.attrs["NetworkSettings"]["Networks"].values()))["IPAddress"]

    def use(self) -> Use:
        stats = self._container.stats(stream=False)
        memory = stats["memory_stats"]
        detail = memory["stats"]
        held = memory["usage"] - detail.get("total_inactive_file", detail.get("inactive_file", 0))
        status = self._container.exec_run(["cat", "/proc/1/status"]).output.decode()
        return Use(stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, _resident(status), held / MIB)


def _resident(status: str) -> float:
    """VmRSS of a /proc/…/status, MiB."""
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def process(kind: str, protocols: str) -> Iterator[Subject]:
    """A plant of this checkout, started with the interpreter that runs this."""
    ports = [word for name in PORTS for word in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "shixun_plants", "run", kind, "--protocols", protocols, *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(LABS)}) as running:
        try:
            assert running.stdout is not None
            yield Process(running, json.loads(running.stdout.readline()))
        finally:
            running.kill()


@contextmanager
def container(engine: Any, kind: str, protocols: str) -> Iterator[Subject]:
    """A plant in its image as `shixun_labs.hub` starts it, but for the network: the clients are outside, not to be counted."""
    command = [
        "/opt/shixun/bin/python",
        "-m",
        "shixun_plants",
        "run",
        kind,
        "--host",
        "0.0.0.0",
        "--protocols",
        protocols,
    ]
    running = engine.containers.run(
        IMAGE,
        [*command, "--log", "/plant/log.jsonl"],
        detach=True,
        read_only=True,
        tmpfs={"/plant": "size=64m,uid=10002,gid=10002", "/tmp": "size=8m"},
        environment={"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
        mem_limit="320m",
        labels={"shixun.bench": "plant"},
    )
    try:
        for line in running.logs(stream=True, follow=True):
            if b'"ready"' in line:
                break
        yield Container(running)
    finally:
        running.remove(force=True)


# -- clients


async def _modbus(host: str, port: int, kind: str) -> None:
    """Reads the first point of the first unit ten times a second."""
    point = next(point for point in point_map(kind, bytes(32)).points if point.table in ("holding", "input"))
    async with AsyncModbusTcpClient(host, port=port) as client:
        read = client.read_holding_registers if point.table == "holding" else client.read_input_registers
        while True:
            assert not (await read(point.address, count=point.count, device_id=point.unit_id)).isError()
            await asyncio.sleep(0.1)


async def _opcua(host: str, port: int, kind: str) -> None:
    """Has every tag told once a second."""

    class Handler:
        def datachange_notification(self, _node: Any, _value: Any, _data: Any) -> None:
            """asyncua wants one."""

    async with Client(f"opc.tcp://{host}:{port}") as client:
        subscription = await client.create_subscription(1000, Handler())
        tags = [signal.tag for signal in catalogue(kind) if signal.kind != "command"]
        await subscription.subscribe_data_change([client.get_node(f"ns=2;s={tag}") for tag in tags])
        await asyncio.Event().wait()


async def _screen(host: str, port: int) -> None:
    """Keeps a stream of the screen open."""
    async with (
        httpx.AsyncClient(trust_env=False) as http,
        http.stream("GET", f"http://{host}:{port}/events", timeout=None) as answer,
    ):
        async for _line in answer.aiter_lines():
            pass


@contextlib.asynccontextmanager
async def reading(subject: Subject, kind: str, protocols: str) -> AsyncIterator[None]:
    """Clients of all protocols that are served, until the block ends; an error of theirs is one of the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_screen(subject.host, subject.ports["hmi"]))]
        tasks.append(group.create_task(_modbus(subject.host, subject.ports["modbus"], kind)))
        mqtt = MqttClient(CallbackAPIVersion.VERSION2)
        if "opcua" in protocols:
            tasks.append(group.create_task(_opcua(subject.host, subject.ports["opcua"], kind)))
        if "mqtt" in protocols:
            mqtt.connect(subject.host, subject.ports["mqtt"])
            mqtt.subscribe("#")
            mqtt.loop_start()
        yield
        mqtt.loop_stop()
        for task in tasks:
            task.cancel()


async def live(subject: Subject, kind: str, protocols: str, seconds: float) -> tuple[Use, Use, float]:
    """What it had used when it was ready, and after some seconds with clients; and how many seconds those were."""
    async with reading(subject, kind, protocols):
        await asyncio.sleep(5.0)  # clients have connected
        before, began = await asyncio.to_thread(subject.use), time.monotonic()
        await asyncio.sleep(seconds)
        return before, await asyncio.to_thread(subject.use), time.monotonic() - began


def row(start: Callable[[str, str], Any], kind: str, protocols: str, seconds: float) -> str:
    """Seconds of a core until ready, share of one after that in percent, memory in MiB."""
    with start(kind, protocols) as subject:
        ready = subject.use()
        before, after, passed = asyncio.run(live(subject, kind, protocols, seconds))
    share = 100.0 * (after.cpu - before.cpu) / passed
    held = "    –" if after.container is None else f"{after.container:5.0f}"
    return f"{ready.cpu:6.1f} s {share:5.1f} % {held} MB {after.process:6.0f} MB"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="that a live plant is watched")
    parser.add_argument("--kinds", nargs="*", choices=sorted(KINDS), default=list(KINDS))
    options = parser.parse_args()
    start: Callable[[str, str], Any] = process
    where = "processes: no Docker Engine answers"
    with contextlib.suppress(docker.errors.DockerException):
        engine = docker.from_env(version="auto")
        engine.images.get(IMAGE)
        start, where = (lambda kind, protocols: container(engine, kind, protocols)), IMAGE
    print(f"plants ({where}), {options.seconds:g} s each at 10 Hz with screen and clients")
    print(f"  {'kind':10} {'1 h':>8} {'protocols':>18} {'start':>8} {'core':>7} {'container':>8} {'process':>8}")
    for kind in options.kinds:
        seconds = f"{hour(kind):.2f} s"
        for protocols in (MODBUS, ALL):
            print(
                f"  {kind:10} {seconds:>8} {protocols:>18} {row(start, kind, protocols, options.seconds)}", flush=True
            )
            seconds = ""


if __name__ == "__main__":
    main()
