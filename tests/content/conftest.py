"""The teaching devices that the lessons of 工业网络与协议 talk to: Modbus, OPC UA and an MQTT broker on free ports of loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig
from asyncua import Node, Server, ua
from asyncua.sync import ThreadLoop

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
LINE_NAMESPACE = "http://shixun.example/line"
CELSIUS = ua.EUInformation("http://www.opcfoundation.org/UA/units/un/cefact", 4408652, ua.LocalizedText("°C"))


class Background:
    """An event loop in a thread of its own: tests talk to its servers as to any other process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine that runs in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=120)

    def stop(self) -> None:
        """End the loop and its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=10)
        self.loop.close()


@pytest.fixture(scope="session", autouse=True)
def no_client_outlives_the_tests() -> Iterator[None]:
    """A lesson that forgets to disconnect must not hold the process: asyncua's thread of a client would run for ever."""
    begin = ThreadLoop.start

    def start(loop: ThreadLoop) -> None:
        loop.daemon = True
        begin(loop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThreadLoop, "start", start)
        yield


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    """The loop in which the teaching devices live."""
    running = Background()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def device_port(background: Background) -> Iterator[int]:
    """The Modbus device on a free port of loopback."""
    registers = Registers(PointMap(tuple(DEVICE)), (), lambda *_: None, lambda *_: None)
    registers.update({point.tag: value for point, value in DEVICE.items()})
    server = ModbusServer(registers)
    background.run(server.start("127.0.0.1", 0))
    yield server.port
    background.run(server.close())


@pytest.fixture(scope="session")
def opcua_port(background: Background) -> Iterator[int]:
    """The OPC UA server of a small line: a station type, two stations, one of them with a broken sensor."""
    server = background.run(_line_server())
    yield server.bserver._server.sockets[0].getsockname()[1]
    background.run(server.stop())


async def _line_server() -> Server:
    """Objects/Line with Filler and Capper of one type; the filler's glue sensor is broken, the set point can be written."""
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0")
    server.set_server_name("Line")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    ns = await server.register_namespace(LINE_NAMESPACE)
    station = await server.get_node(ua.ObjectIds.BaseObjectType).add_object_type(ns, "StationType")
    parts = [("State", 2, ua.VariantType.Int32), ("Count", 0, ua.VariantType.UInt32), ("Rate", 0.0, None)]
    for name, start, kind in parts:
        await (await station.add_variable(ns, name, start, kind)).set_modelling_rule(True)
    await (await station.add_property(ns, "SerialNumber", "")).set_modelling_rule(True)
    line = await server.nodes.objects.add_object(ns, "Line")
    for name, serial, state, count, rate in (("Filler", "F-0907", 6, 20713, 54.0), ("Capper", "C-1180", 5, 20690, 0.0)):
        made = await line.add_object(ua.NodeId(f"Line.{name}", ns), ua.QualifiedName(name, ns), station.nodeid)
        for part, value, kind in (
            ("SerialNumber", serial, ua.VariantType.String),
            ("State", state, ua.VariantType.Int32),
            ("Count", count, ua.VariantType.UInt32),
            ("Rate", rate, ua.VariantType.Double),
        ):
            await (await made.get_child(f"{ns}:{part}")).write_value(ua.Variant(value, kind))
    filler = server.get_node(ua.NodeId("Line.Filler", ns))
    await _temperature(filler, ns, "Temperature", 8.2, ua.StatusCodes.Good)
    await _temperature(filler, ns, "GlueTemperature", 0.0, ua.StatusCodes.BadSensorFailure)
    setpoint = await line.add_variable(
        ua.NodeId("Line.SpeedSetpoint", ns), ua.QualifiedName("SpeedSetpoint", ns), 100.0
    )
    await setpoint.set_writable()
    await server.start()
    return server


async def _temperature(station: Node, ns: int, name: str, value: float, status: int) -> None:
    """A measured value with its unit and range, as DI and PackML machines give them."""
    identity = ua.NodeId(f"Line.Filler.{name}", ns)
    node = await station.add_variable(identity, ua.QualifiedName(name, ns), value)
    await node.add_property(ua.NodeId(f"Line.Filler.{name}.EngineeringUnits", ns), "0:EngineeringUnits", CELSIUS)
    await node.add_property(ua.NodeId(f"Line.Filler.{name}.EURange", ns), "0:EURange", ua.Range(-40.0, 120.0))
    await node.write_value(ua.DataValue(ua.Variant(value), ua.StatusCode(status)))


@pytest.fixture(scope="session")
def broker_port(background: Background) -> Iterator[int]:
    """An MQTT broker that lets everybody in."""
    broker = background.run(_broker())
    yield broker._servers["default"].instance.sockets[0].getsockname()[1]
    background.run(broker.shutdown())


async def _broker() -> Broker:
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Broker(BrokerConfig(listeners={"default": ListenerConfig(bind="127.0.0.1:0")}, plugins=plugins))
    await broker.start()
    return broker
