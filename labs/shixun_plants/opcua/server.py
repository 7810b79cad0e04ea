"""OPC UA for a plant: its signals, and for the bottling line an instance of the PackML companion specification."""

import asyncio
import gc
import sys
from typing import TYPE_CHECKING

from asyncua import ua

from shixun_plants.opcua.session import MAX_OPERATIONS, PlantUaServer
from shixun_plants.opcua.space import Space
from shixun_plants.opcua.transport import BoundedServer, limits

if TYPE_CHECKING:
    from shixun_plants.faults import Measured
    from shixun_plants.runner import LivePlant

PATH = "/shixun/plant"


class OpcUaServer:
    """Serves a plant until closed: anonymous clients, without encryption, for loopback."""

    def __init__(self, live: "LivePlant") -> None:
        self._live = live
        self._core = PlantUaServer(live)
        self._server = BoundedServer(self._core)
        self._space = Space(live, self._server)
        self._fresh = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; with port 0 the system chooses and `port` says which. OSError where the address is taken."""
        server = self._server
        server.product_uri = "urn:shixun:plant"
        server.name, server.manufacturer_name = f"Shixun plant: {self._live.config.kind}", "Shixun"
        server.application_type = ua.ApplicationType.Server
        server._application_uri = f"urn:shixun:plant:{self._live.config.kind}"
        server.limits = limits()
        gc.disable()  # it makes 6000 nodes that stay: looking for garbage among them takes a third of the time
        try:
            await server.init()
        finally:
            gc.enable()
        _forget_node_set()
        shown = f"[{host}]" if ":" in host else host
        server.set_endpoint(f"opc.tcp://{shown}:{port}{PATH}")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        await self._announce_limits()
        await self._space.build()
        if self._live.config.kind == "bottling":
            from shixun_plants.opcua.packml import PackMl

            await PackMl(self._space).build()
        self._core.space = self._space
        await server.start()
        assert server.bserver is not None
        self.port = server.bserver.port
        self._live.listeners.append(self._updated)
        self._task = asyncio.create_task(self._publish())

    async def close(self) -> None:
        """Stop listening and cut all connections."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        self._live.listeners.remove(self._updated)
        await self._server.stop()

    def _updated(self, reported: "Measured") -> None:
        self._space.updated(reported)
        self._fresh.set()

    async def _publish(self) -> None:
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            await self._space.publish()

    async def _announce_limits(self) -> None:
        base = "Server_ServerCapabilities_OperationLimits_Max"
        for name in (
            "NodesPerRead", "NodesPerWrite", "NodesPerMethodCall", "NodesPerBrowse", "NodesPerRegisterNodes",
            "NodesPerTranslateBrowsePathsToNodeIds", "MonitoredItemsPerCall",
        ):  # fmt: skip
            node = ua.NodeId(getattr(ua.ObjectIds, base + name))
            value = ua.DataValue(ua.Variant(MAX_OPERATIONS, ua.VariantType.UInt32))
            await self._core.write_attribute_value(node, value)


def _forget_node_set() -> None:
    """Let go of the code that made the standard's 6000 nodes: 10 MB that have done their work. Another server loads it again."""
    package = "asyncua.server.standard_address_space"
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]
    vars(sys.modules["asyncua.server"]).pop("standard_address_space", None)
