"""Everything that a plant serves: its protocols and its screen. What it doesn't serve is not even imported."""

import logging
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant


class Server(Protocol):
    """One protocol's server."""

    port: int

    async def start(self, host: str, port: int) -> None:
        """Listen; with port 0 the system chooses and `port` says which. OSError where the address is taken."""

    async def close(self) -> None:
        """Stop listening and cut all connections."""


class Serving:
    """The servers of one live plant. Made before its warm-up, so that the screen has a past to show."""

    def __init__(self, live: "LivePlant") -> None:
        config = live.config
        self._host = config.host
        self._servers: dict[str, tuple[Server, int]] = {}
        if "modbus" in config.protocols:
            from shixun_plants.modbus import ModbusServer

            self._servers["modbus"] = ModbusServer(live.registers), config.modbus_port
        if "opcua" in config.protocols:
            from shixun_plants.opcua.server import OpcUaServer

            self._servers["opcua"] = OpcUaServer(live), config.opcua_port
        if "mqtt" in config.protocols:
            from shixun_plants.mqtt.server import MqttServer

            self._servers["mqtt"] = MqttServer(live), config.mqtt_port
        if config.hmi_port is not None:
            from shixun_plants.hmi.server import HmiServer

            self._servers["hmi"] = HmiServer(live), config.hmi_port
        self._started: list[Server] = []

    @property
    def ports(self) -> dict[str, int | None]:
        """Port by protocol, and of the screen; None for what is not served."""
        served = {name: server.port for name, (server, _) in self._servers.items()}
        return {name: served.get(name) for name in ("modbus", "opcua", "mqtt", "hmi")}

    async def start(self) -> None:
        """Start all servers. OSError where a port is taken; `close` is then still to be called."""
        for server, port in self._servers.values():
            self._started.append(server)
            await server.start(self._host, port)

    async def close(self) -> None:
        """Close what was started, the last first."""
        while self._started:
            await self._started.pop().close()


def quiet() -> None:
    """Libraries complain about every piece of rubbish that a client sends: a way to fill the disk."""
    for name in ("pymodbus", "asyncua", "amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
