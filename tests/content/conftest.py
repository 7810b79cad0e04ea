"""The teaching device that the lessons of 工业网络与协议 read from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from shixun_plants.modbus import ModbusServer
from shixun_plants.pointmap import Point, PointMap
from shixun_plants.registers import Registers

# What the lessons say about unit 7 and its neighbour 9.
DEVICE = {
    Point("pressure", 7, "holding", 100, "float32", "little", 1.0, 0.0, "kPa", False): 301.5,
    Point("temperature", 7, "holding", 102, "int16", "little", 0.1, -40.0, "°C", False): 8.2,
    Point("return_temperature", 7, "holding", 103, "int16", "little", 0.1, 0.0, "°C", False): -5.3,
    Point("count", 7, "holding", 104, "uint32", "little", 1.0, 0.0, "bottle", False): 20713,
    Point("glue_temperature", 9, "holding", 100, "float32", "big", 1.0, 0.0, "°C", False): 160.0,
}


@pytest.fixture(scope="session")
def device_port() -> Iterator[int]:
    """The teaching device on a free port of loopback."""
    registers = Registers(PointMap(tuple(DEVICE)), (), lambda *_: None, lambda *_: None)
    registers.update({point.tag: value for point, value in DEVICE.items()})
    loop = asyncio.new_event_loop()
    server = ModbusServer(registers)
    loop.run_until_complete(server.start("127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.port
    asyncio.run_coroutine_threadsafe(server.close(), loop).result(timeout=10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)
    loop.close()
