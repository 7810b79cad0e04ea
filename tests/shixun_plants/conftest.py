"""A plant with Modbus in the test's own loop, its clock in the test's hand, and a client that knows nothing of it."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient

from shixun_plants.hmi.mimic import Mimic
from shixun_plants.hmi.server import HmiServer
from shixun_plants.modbus import ModbusServer
from shixun_plants.mqtt.server import MqttServer
from shixun_plants.plants import KINDS, load
from shixun_plants.pointmap import Point
from shixun_plants.runner import LivePlant, PlantConfig

MAP_SEED = bytes.fromhex("5eed" * 16)
PROCESS_SEED = bytes.fromhex("0ff1ce00" * 8)


@dataclass
class Bench:
    """The live plant, its server, and what they wrote."""

    live: LivePlant
    server: Any  # of the protocol that the test is about
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """All log lines so far."""
        self.live.flush()
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        """The log's requests, without `n` and `t`."""
        return [{key: line[key] for key in line if key not in "nt"} for line in self.lines() if "op" in line]


def config(tmp_path: Path, **changes: Any) -> PlantConfig:
    """A plant without a screen, on any port."""
    log = tmp_path / "log.jsonl"
    values: dict[str, Any] = {
        "kind": "bottling",
        "map_seed": MAP_SEED,
        "process_seed": PROCESS_SEED,
        "modbus_port": 0,
        "hmi_port": None,
        "log_path": log,
        "trace_path": log,
    }
    return PlantConfig(**values | changes)


@pytest.fixture
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """A warm plant whose clock stands still: a bottling line, or the kind that a test is parametrised with."""
    live = LivePlant(config(tmp_path, kind=getattr(request, "param", "bottling")))
    live.warm_up()
    server = ModbusServer(live.registers)
    await server.start("127.0.0.1", 0)
    yield Bench(live, server, tmp_path / "log.jsonl")
    await server.close()
    live.close()


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[AsyncModbusTcpClient]:
    """pymodbus' own client, connected."""
    modbus = AsyncModbusTcpClient("127.0.0.1", port=bench.server.port, timeout=5, retries=0)
    assert await modbus.connect()
    yield modbus
    modbus.close()


async def read(client: AsyncModbusTcpClient, point: Point) -> list[int]:
    """A point's registers, or its bit."""
    functions: dict[str, Callable[..., Awaitable[Any]]] = {
        "holding": client.read_holding_registers,
        "input": client.read_input_registers,
        "coil": client.read_coils,
        "discrete": client.read_discrete_inputs,
    }
    answer = await functions[point.table](point.address, count=point.count, device_id=point.unit_id)
    assert not answer.isError(), (point, answer)
    return answer.registers or [int(bit) for bit in answer.bits[:1]]


@pytest.fixture
async def mqtt_plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A plant with MQTT that publishes when the test says so."""
    monkeypatch.setattr("shixun_plants.mqtt.server.PERIOD", 1e6)
    live = LivePlant(config(tmp_path))
    mqtt = MqttServer(live)
    await mqtt.start("127.0.0.1", 0)
    yield Bench(live, mqtt, tmp_path / "log.jsonl")
    await mqtt.close()
    live.close()


@contextlib.asynccontextmanager
async def screen(tmp_path: Path, **changes: Any) -> AsyncIterator[tuple[LivePlant, HmiServer, str]]:
    """A plant with its screen, and the screen's address."""
    live = LivePlant(config(tmp_path, **changes))
    server = HmiServer(live)
    live.warm_up()
    await server.start("127.0.0.1", 0)
    try:
        yield live, server, f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()
        live.close()


def mimic(kind: str) -> Mimic:
    """What a kind brings to the screen."""
    found = load(KINDS[kind].mimic)
    assert isinstance(found, Mimic)
    return found
