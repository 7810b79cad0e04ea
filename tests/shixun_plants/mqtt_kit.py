"""A plant with MQTT as its tests use it: its clock in the test's hand, its topics, and who has gone."""

import asyncio
from typing import Any

from .conftest import Bench
from .wire import Wire

BASE = "shixun/site1/bottling/line1"
SPEED = f"{BASE}/line/speed_setpoint"


def pass_time(plant: Bench, seconds: float = 1.0) -> None:
    plant.live.advance(seconds)
    plant.server.publish()


async def settled(wire: Wire, what: Any) -> None:
    """Until `what()` holds; the broker answers pings meanwhile."""
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.01)
            await wire.ping()


def left(plant: Bench, client: str) -> bool:
    return any(entry["op"] == "disconnect" and entry["client"] == client for entry in plant.requests())
