"""OPC UA with asyncua's own client; npm's node-opcua reads the same plant in test_independent.py."""

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asyncua import Client, ua

from shixun_plants.faults import Fault
from shixun_plants.opcua import session, transport
from shixun_plants.opcua.server import OpcUaServer
from shixun_plants.runner import LivePlant

from .conftest import Bench, config

pytestmark = pytest.mark.asyncio(loop_scope="module")
SPEED = "ns=2;s=line.speed_setpoint"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def plant(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    """A warm plant with OPC UA, whose clock stands still; one for all tests, as its start takes seconds."""
    folder = tmp_path_factory.mktemp("opcua")
    live = LivePlant(config(folder))
    live.warm_up()
    server = OpcUaServer(live)
    await server.start("127.0.0.1", 0)
    yield Bench(live, server, folder / "log.jsonl")  # type: ignore[arg-type]
    await server.close()
    live.close()


@pytest_asyncio.fixture(loop_scope="module")
async def client(plant: Bench) -> AsyncIterator[Client]:
    async with Client(f"opc.tcp://127.0.0.1:{plant.server.port}", timeout=60) as connected:
        yield connected


def asked(plant: Bench, op: str) -> list[dict[str, Any]]:
    return [entry for entry in plant.requests() if entry["op"] == op]


async def refused(call: Any) -> str:
    with pytest.raises(ua.UaStatusCodeError) as caught:
        await call
    return type(caught.value).__name__


async def test_every_signal_is_there_with_value_unit_and_range(plant: Bench, client: Client) -> None:
    for signal in plant.live.plant.signals:
        node = client.get_node(f"ns=2;s={signal.tag}")
        assert (await node.read_display_name()).Text == signal.en
        assert (await node.read_description()).Text == signal.zh
        if signal.kind == "command":
            assert await node.read_node_class() == ua.NodeClass.Method
            continue
        value = await node.read_data_value()
        assert value.Value.Value == pytest.approx(plant.live.reported.values[signal.tag])
        assert value.SourceTimestamp is not None
        if signal.kind in ("analog", "setpoint"):
            span = await (await node.get_child("0:EURange")).read_value()
            assert (span.Low, span.High) == (signal.low, signal.high)
            assert (await (await node.get_child("0:EngineeringUnits")).read_value()).DisplayName.Text == signal.unit


async def test_browsing_finds_the_machines(client: Client) -> None:
    node = await client.nodes.objects.get_child(["2:Bottling", "2:filler", "2:temperature"])
    assert node.nodeid.to_string() == "ns=2;s=filler.temperature"
    assert (await node.read_type_definition()).Identifier == ua.ObjectIds.AnalogItemType
    celsius = await (await node.get_child("0:EngineeringUnits")).read_value()
    assert celsius.UnitId == 4408652, "CEL of UNECE Recommendation 20, as OPC UA Part 8 folds it"


async def test_set_points_are_written_within_their_range_only(plant: Bench, client: Client) -> None:
    node = client.get_node(SPEED)
    await node.write_value(55.0)
    assert await node.read_value() == 55.0
    plant.live.advance(0.1)
    assert plant.live.true["line.speed_setpoint"] == pytest.approx(55.0)
    assert await refused(node.write_value(19.9)) == "BadOutOfRange"
    assert await refused(node.write_value(float("nan"))) == "BadOutOfRange"
    assert await refused(node.write_value(ua.Variant(55, ua.VariantType.Int64))) == "BadTypeMismatch"
    assert await refused(node.write_value([55.0])) == "BadTypeMismatch"
    for other in ("ns=2;s=filler.temperature", "i=2256", "ns=2;s=line.speed_setpoint.EURange"):
        assert await refused(client.get_node(other).write_value(1.0)) == "BadNotWritable"
    plant.live.advance(0.1)
    assert plant.live.true["line.speed_setpoint"] == pytest.approx(55.0)
    statuses = [entry["items"][0]["status"] for entry in asked(plant, "write")[-7:-3]]
    assert statuses == ["BadOutOfRange", "BadOutOfRange", "BadTypeMismatch", "BadTypeMismatch"]
    await node.write_value(100.0)
    plant.live.advance(0.1)


async def test_a_broken_instrument_is_a_bad_quality(plant: Bench, client: Client) -> None:
    node = client.get_node("ns=2;s=filler.temperature")
    plant.live.faults = (Fault("filler.temperature", "dropout"),)
    plant.live.advance(0.1)
    value = await node.read_data_value(raise_on_bad_status=False)
    assert value.StatusCode.name == "BadSensorFailure"
    assert value.Value is None or value.Value.Value is None
    plant.live.faults = ()
    plant.live.advance(0.1)
    assert (await node.read_data_value()).StatusCode.is_good()


async def test_subscriptions_get_each_update(plant: Bench, client: Client) -> None:
    changes: asyncio.Queue[Any] = asyncio.Queue()

    class Handler:
        def datachange_notification(self, _node: Any, value: Any, _data: Any) -> None:
            changes.put_nowait(value)

    subscription = await client.create_subscription(50, Handler())
    await subscription.subscribe_data_change(client.get_node("ns=2;s=filler.volume"))
    async with asyncio.timeout(60):
        assert await changes.get() == pytest.approx(plant.live.reported.values["filler.volume"])
        for _ in range(3):
            plant.live.advance(0.1)
            assert await changes.get() == pytest.approx(plant.live.reported.values["filler.volume"])
    await subscription.delete()
    assert asked(plant, "subscribe")[-1]["items"] == [{"node": "ns=2;s=filler.volume", "status": "Good"}]


async def test_commands_are_methods(plant: Bench, client: Client) -> None:
    await client.get_node("ns=2;s=line").call_method("2:hold")
    plant.live.advance(3.0)
    assert plant.live.true["line.state"] == 11, "held"
    await client.get_node("ns=2;s=line").call_method("2:unhold")
    plant.live.advance(3.0)
    assert plant.live.true["line.state"] == 6
    call = {"object": "ns=2;s=line", "method": "ns=2;s=line.cmd_hold", "arguments": [], "status": "Good"}
    assert {key: asked(plant, "call")[-2][key] for key in call} == call


async def packml(client: Client, *path: str) -> Any:
    return await client.nodes.objects.get_child(["3:PackMLObjects", "2:BottlingLine", *path])


async def test_the_packml_instance_lives(plant: Bench, client: Client) -> None:
    line = await packml(client)
    kind = client.get_node(await line.read_type_definition())
    assert (await kind.read_browse_name()).to_string() == "3:PackMLBaseObjectType"
    await client.load_data_type_definitions()
    values = plant.live.reported.values
    processed = await (await packml(client, "3:Admin", "3:ProdProcessedCount")).read_value()
    assert processed[0].AccCount == values["line.good"] + values["line.rejects"]
    assert await (await packml(client, "3:Status", "3:CurMachSpeed")).read_value() == pytest.approx(
        values["line.rate"], rel=1e-6
    )
    assert await (await packml(client, "3:Status", "3:UnitModeCurrent")).read_value() == 1
    await line.call_method("3:SetMachSpeed", ua.Variant(27.0, ua.VariantType.Float))
    plant.live.advance(0.1)
    assert plant.live.true["line.speed_setpoint"] == pytest.approx(50.0)
    speed = ua.Variant(270.0, ua.VariantType.Float)
    assert await refused(line.call_method("3:SetMachSpeed", speed)) == "BadOutOfRange"
    await client.get_node(SPEED).write_value(100.0)
    plant.live.advance(0.1)


async def test_the_packml_state_machines_follow_the_line(plant: Bench, client: Client) -> None:
    base = await packml(client, "3:BaseStateMachine")
    machine = await base.get_child("3:MachineState")
    execute = await machine.get_child("3:ExecuteState")

    async def states() -> list[str | None]:
        found = []
        for one in (base, machine, execute):
            state = await one.get_child("0:CurrentState")
            value = await state.read_data_value(raise_on_bad_status=False)
            found.append(value.Value.Value.Text if value.StatusCode.is_good() else value.StatusCode.name)
        return found

    assert await states() == ["Cleared", "Running", "Execute"]
    assert len(await (await execute.get_child("0:AvailableStates")).read_value()) == 12
    assert await (await execute.get_child(["0:CurrentState", "0:Number"])).read_value() == 6
    assert await refused(execute.call_method("3:Start")) == "BadInvalidState"
    await machine.call_method("3:Stop")
    plant.live.advance(5.0)
    assert await states() == ["Cleared", "Stopped", "BadStateNotActive"]
    await base.call_method("3:Abort")
    plant.live.advance(3.0)
    assert await states() == ["Aborted", "BadStateNotActive", "BadStateNotActive"]
    await base.call_method("3:Clear")
    plant.live.advance(5.0)
    await machine.call_method("3:Reset")
    plant.live.advance(5.0)
    assert await states() == ["Cleared", "Running", "Idle"]
    await execute.call_method("3:Start")
    plant.live.advance(6.0)
    assert await states() == ["Cleared", "Running", "Execute"]


async def test_the_log_knows_clients_and_not_the_plant_itself(plant: Bench) -> None:
    before = len(plant.requests())
    plant.live.advance(0.1)
    assert len(plant.requests()) == before
    async with Client(f"opc.tcp://127.0.0.1:{plant.server.port}", timeout=60) as one:
        await one.get_node("ns=2;s=line.state").read_value()
    entries = plant.requests()[before:]
    assert [entry["op"] for entry in entries] == ["connect", "read", "disconnect"]
    assert entries[1]["items"] == [{"node": "ns=2;s=line.state", "value": plant.live.reported.values["line.state"]}]
    assert {entry["protocol"] for entry in entries} == {"opcua"}
    assert all(json.dumps(entry, allow_nan=False) for entry in entries)


async def test_clients_cannot_change_the_address_space(client: Client) -> None:
    assert await refused(client.nodes.objects.add_object("ns=2;s=mine", "2:mine")) == "BadUserAccessDenied"
    assert await refused(client.delete_nodes([client.get_node(SPEED)])) == "BadUserAccessDenied"


async def test_a_request_is_bounded(client: Client) -> None:
    node = client.get_node(SPEED)
    many = [node] * (session.MAX_OPERATIONS + 1)
    assert await refused(client.read_values(many)) == "BadTooManyOperations"
    dictionary = client.get_node("i=8252")  # 340 kB: an answer with many of them would be larger than a message may be
    assert await refused(client.read_values([dictionary] * 20)) == "BadResponseTooLarge"
    assert await node.read_value() == 100.0


async def test_an_endless_chunk_ends_the_connection(plant: Bench, client: Client) -> None:
    for head in (b"HELF" + struct.pack("<I", 2**31), b"MSGF" + struct.pack("<I", 70_000)):
        reader, writer = await asyncio.open_connection("127.0.0.1", plant.server.port)
        writer.write(head + bytes(2_000))
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
    assert await client.get_node(SPEED).read_value() == 100.0


async def test_new_clients_get_in_whatever_others_left_open(plant: Bench) -> None:
    held = [await asyncio.open_connection("127.0.0.1", plant.server.port) for _ in range(3 * transport.MAX_CONNECTIONS)]
    left = []
    for _ in range(4):
        one = Client(f"opc.tcp://127.0.0.1:{plant.server.port}", timeout=60)
        await one.connect()
        left.append(one)
    assert await left[-1].get_node(SPEED).read_value() == 100.0
    for one in left:
        await one.disconnect()
    for _, writer in held:
        writer.close()
    core = plant.server._core  # type: ignore[attr-defined]
    assert len(core._external_sessions) <= session.MAX_SESSIONS


async def test_monitored_items_are_bounded(plant: Bench, client: Client) -> None:
    class Handler:
        def datachange_notification(self, _node: Any, _value: Any, _data: Any) -> None:
            pass

    subscription = await client.create_subscription(1000, Handler())
    node = client.get_node(SPEED)
    full = [node] * session.MAX_OPERATIONS
    for _ in range(session.MAX_ITEMS // session.MAX_OPERATIONS):
        await subscription.subscribe_data_change(full)
    assert await refused(subscription.subscribe_data_change([node])) == "BadTooManyMonitoredItems"
    await subscription.delete()
    again = await client.create_subscription(1000, Handler())
    await again.subscribe_data_change(node)
    await again.delete()


async def test_a_filter_without_sense_is_its_own_clients_trouble(plant: Bench, client: Client) -> None:
    """A deadband on a text: asyncua subtracts one text from the other while it tells subscribers what is new."""
    told: asyncio.Queue[Any] = asyncio.Queue()

    class Handler:
        def datachange_notification(self, _node: Any, value: Any, _data: Any) -> None:
            told.put_nowait(value)

    execute = await packml(client, "3:BaseStateMachine", "3:MachineState", "3:ExecuteState", "0:CurrentState")
    senseless = await client.create_subscription(50, Handler())
    await senseless.deadband_monitor(execute, 1.0)
    async with asyncio.timeout(60):
        await told.get()
        plant.live.rig.write("line.cmd_hold", 1)
        plant.live.advance(0.1)
        good = await client.create_subscription(50, Handler())
        await good.subscribe_data_change(client.get_node("ns=2;s=filler.volume"))
        await told.get()
        for _ in range(3):
            plant.live.advance(0.1)
            assert await told.get() == pytest.approx(plant.live.reported.values["filler.volume"])
    await good.delete()
    await senseless.delete()
    plant.live.advance(3.0)
    plant.live.rig.write("line.cmd_unhold", 1)
    plant.live.advance(3.0)
