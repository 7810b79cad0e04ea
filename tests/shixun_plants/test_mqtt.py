"""The plant's topics, Sparkplug node and broker, with a client that says exactly what it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shixun_plants.faults import Fault
from shixun_plants.mqtt import broker, connection, server
from shixun_plants.mqtt.server import MqttServer
from shixun_plants.mqtt.sparkplug import DataType, Metric, Payload, decode, encode
from shixun_plants.runner import LivePlant

from .conftest import Bench, config
from .wire import Wire, packet, text

BASE = "shixun/site1/bottling/line1"
SPEED = f"{BASE}/line/speed_setpoint"


@pytest.fixture
async def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A plant with MQTT that publishes when the test says so."""
    monkeypatch.setattr(server, "PERIOD", 1e6)
    live = LivePlant(config(tmp_path))
    mqtt = MqttServer(live)
    await mqtt.start("127.0.0.1", 0)
    yield Bench(live, mqtt, tmp_path / "log.jsonl")  # type: ignore[arg-type]
    await mqtt.close()
    live.close()


def pass_time(plant: Bench, seconds: float = 1.0) -> None:
    plant.live.advance(seconds)
    plant.server.publish()  # type: ignore[attr-defined]


async def settled(wire: Wire, what: Any) -> None:
    """Until `what()` holds; the broker answers pings meanwhile."""
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.01)
            await wire.ping()


async def test_readings_are_retained_and_sent_on_change(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port)
    assert await wire.subscribe(f"{BASE}/#") == b"\0"
    there = {found.topic: json.loads(found.payload) for found in await wire.ping()}
    readings = [signal for signal in plant.live.plant.signals if signal.kind != "command"]
    assert len(there) == len(readings)
    for signal in readings:
        body = there[f"{BASE}/{signal.tag.replace('.', '/')}"]
        assert body["value"] == pytest.approx(plant.live.reported.values[signal.tag], abs=1e-4)
        assert (body.get("unit", ""), body["quality"]) == (signal.unit, "good")
        assert body["timestamp"].endswith("Z")
    before = dict(plant.live.reported.values)
    pass_time(plant, 5.0)
    changed = {found.topic for found in await wire.ping()}
    for signal in readings:
        moved = abs(plant.live.reported.values[signal.tag] - before[signal.tag]) >= signal.resolution
        assert (f"{BASE}/{signal.tag.replace('.', '/')}" in changed) == moved
    wire.close()


@pytest.mark.parametrize(
    ("data", "result", "speed"),
    [
        (b"55", {"ok": True}, 55.0),
        (b'{"value": 60.5}', {"ok": True}, 60.5),
        (b"19", {"ok": False, "error": "out of range", "low": 20.0, "high": 100.0}, 100.0),
        (b"NaN", {"ok": False, "error": "not a number", "low": 20.0, "high": 100.0}, 100.0),
        (b'"55"', {"ok": False, "error": "not a number", "low": 20.0, "high": 100.0}, 100.0),
        (b"[" * 60_000, {"ok": False, "error": "not a number", "low": 20.0, "high": 100.0}, 100.0),
        (b"\xff\xfe", {"ok": False, "error": "not a number", "low": 20.0, "high": 100.0}, 100.0),
    ],
)
async def test_a_set_topic_writes_within_the_range(plant: Bench, data: bytes, result: object, speed: float) -> None:
    wire = await Wire.open(plant.server.port, "operator")
    await wire.subscribe(f"{SPEED}/set/result")
    await wire.publish(f"{SPEED}/set", data)
    assert json.loads((await wire.message(f"{SPEED}/set/result")).payload) == result
    plant.live.advance(0.1)
    assert plant.live.true["line.speed_setpoint"] == pytest.approx(speed)
    entry = next(entry for entry in plant.requests() if entry["op"] == "publish")
    assert entry["client"] == "operator"
    assert entry["writes"][0].get("error") == (result.get("error") if isinstance(result, dict) else None)
    wire.close()


async def test_a_measurement_cannot_be_set(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port)
    await wire.subscribe(f"{BASE}/filler/temperature/set/result")
    await wire.publish(f"{BASE}/filler/temperature/set", b"1")
    answer = json.loads((await wire.message(f"{BASE}/filler/temperature/set/result")).payload)
    assert answer["error"] == "not writable"
    wire.close()


async def test_a_bad_quality_has_no_value(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port)
    await wire.subscribe(f"{BASE}/filler/temperature")
    await wire.ping()
    plant.live.faults = (Fault("filler.temperature", "dropout"),)
    pass_time(plant)
    body = json.loads((await wire.message(f"{BASE}/filler/temperature")).payload)
    assert (body["value"], body["quality"]) == (None, "bad")
    wire.close()


async def sparkplug(wire: Wire) -> list[tuple[str, Payload]]:
    found = [one for one in await wire.ping() if one.topic.startswith("spBv1.0/")]
    return [(one.topic, decode(one.payload)) for one in found]


async def test_sparkplug_births_data_and_rebirth(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port)
    await wire.subscribe("spBv1.0/#")
    assert await sparkplug(wire) == [], "births are not retained"
    rebirth = Payload((Metric(True, DataType.BOOLEAN, "Node Control/Rebirth"),), 1)
    await wire.publish("spBv1.0/shixun/NCMD/bottling", encode(rebirth))
    await wire.message("spBv1.0/shixun/NCMD/bottling")
    pass_time(plant)
    births = await sparkplug(wire)
    kinds = [topic.split("/")[2] for topic, _ in births]
    groups = list(dict.fromkeys(signal.group for signal in plant.live.plant.signals))
    assert kinds == ["NBIRTH", *["DBIRTH"] * len(groups)]
    assert [payload.seq for _, payload in births] == list(range(len(groups) + 1))
    assert {metric.name for metric in births[0][1].metrics} >= {"bdSeq", "Node Control/Rebirth"}
    born = {metric.alias: metric for _, payload in births[1:] for metric in payload.metrics}
    assert sorted(metric.name for metric in born.values()) == sorted(plant.live.signals)
    seq = births[-1][1].seq or 0
    for _ in range(40):  # the sequence goes around at 256
        pass_time(plant, 3.0)
    for topic, payload in await sparkplug(wire):
        assert "/DDATA/" in topic
        seq = (seq + 1) % 256
        assert payload.seq == seq
        for metric in payload.metrics:
            assert metric.name == ""
            assert born[metric.alias].datatype == metric.datatype
    wire.close()


async def test_sparkplug_commands(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port, "host")
    alias = 1 + [signal.tag for signal in plant.live.plant.signals].index("line.speed_setpoint")
    metrics = (
        Metric(40.0, DataType.DOUBLE, alias=alias),
        Metric(5.0, DataType.DOUBLE, "line.speed_setpoint"),
        Metric(True, DataType.BOOLEAN, "line.cmd_hold"),
        Metric(1.0, DataType.DOUBLE, "filler.temperature"),
    )
    await wire.subscribe("spBv1.0/shixun/DCMD/#")
    await wire.publish("spBv1.0/shixun/DCMD/bottling/line", encode(Payload(metrics, 1)))
    await wire.message("spBv1.0/shixun/DCMD/bottling/line")
    plant.live.advance(5.0)
    assert plant.live.true["line.speed_setpoint"] == pytest.approx(40.0)
    assert plant.live.true["line.state"] == 11
    (entry,) = (entry for entry in plant.requests() if entry["op"] == "publish")
    errors = [write.get("error") for write in entry["writes"]]
    assert errors == [None, "out of range", None, "not writable"]
    wire.close()


async def test_sparkplug_marks_bad_readings_and_dies(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port)
    await wire.subscribe("spBv1.0/shixun/+/bottling/#")
    plant.live.faults = (Fault("filler.temperature", "dropout"),)
    pass_time(plant)
    metrics = [metric for _, payload in await sparkplug(wire) for metric in payload.metrics]
    assert [metric.value for metric in metrics].count(None) == 1
    await plant.server.close()
    death = await wire.message("spBv1.0/shixun/NDEATH/bottling")
    (bd_seq,) = decode(death.payload).metrics
    assert (bd_seq.name, bd_seq.value) == ("bdSeq", 0)
    wire.close()


async def test_quality_of_service_is_the_lower_one(plant: Bench) -> None:
    listener, talker = await Wire.open(plant.server.port), await Wire.open(plant.server.port)
    assert await listener.subscribe("a/b", qos=2) == b"\2"
    await talker.publish("a/b", b"0")
    assert (await listener.message("a/b")).qos == 0
    assert await listener.subscribe("a/b", qos=0) == b"\0", "subscribing again replaces"
    await talker.publish("a/b", b"1", qos=1)
    found = await listener.message("a/b")
    assert (found.qos, found.payload) == (0, b"1")
    assert await listener.subscribe("a/+", "a/#", qos=1) == b"\1\1"
    await talker.publish("a/b", b"2", qos=1)
    found = await listener.message("a/b")
    assert found.qos == 1, "one copy, at the best of the subscriptions"
    listener.send(0x40, found.id.to_bytes(2, "big"))
    assert await listener.ping() == []
    listener.close()
    talker.close()


async def test_a_will_is_sent_for_who_dies_or_falls_silent_only(plant: Bench) -> None:
    listener = await Wire.open(plant.server.port)
    await listener.subscribe("will/#")
    (await Wire.open(plant.server.port, "goes", will=("will/goes", b"x"))).close()
    (await Wire.open(plant.server.port, "dies", will=("will/dies", b"x"))).close(clean=False)
    assert (await listener.message("will/dies")).payload == b"x"
    silent = await Wire.open(plant.server.port, "hangs", alive=1, will=("will/hangs", b"y"))
    assert (await listener.message("will/hangs")).payload == b"y"
    assert await silent.ended()
    left = {entry["client"]: entry["clean"] for entry in plant.requests() if entry["op"] == "disconnect"}
    assert left == {"goes": True, "dies": False, "hangs": False}
    listener.close()


async def test_a_session_that_is_kept_gets_what_it_missed(plant: Bench) -> None:
    away = await Wire.open(plant.server.port, "gateway", clean=False)
    assert not away.resumed
    await away.subscribe("orders/#", qos=1)
    away.close()
    talker = await Wire.open(plant.server.port)
    await settled(talker, lambda: _left(plant, "gateway"))
    for number in range(broker.MAX_UNACKNOWLEDGED + 50):
        await talker.publish("orders/new", str(number).encode(), qos=1)
    back = await Wire.open(plant.server.port, "gateway", clean=False)
    assert back.resumed
    first = await back.message("orders/new")
    assert first.payload == b"0"
    assert len(plant.server._broker._sessions["gateway"][0].retained_messages._queue) == 0  # type: ignore[attr-defined]
    back.close(clean=False)
    talker.close()


def _left(plant: Bench, client: str) -> bool:
    return any(entry["op"] == "disconnect" and entry["client"] == client for entry in plant.requests())


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        packet(0x10, text("MQTT") + b"\4\2\0\0\xff\xff"),
        b"\x10\x50" + text("MQTT"),
        packet(0x10, text("MQTT") + b"\5\2\0\0" + b"\0" + text("five")),
        b"\x10\xff\xff\xff\xff\x7f",
        b"\x10\xff\xff\xff\x7f" + bytes(100),
        packet(0x82, b"\0\1" + text("a") + b"\0"),
        b"\0" * 100,
        b"\xf0\0",
    ],
)
async def test_what_is_no_connect_ends_the_connection(
    plant: Bench, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)
    wire = Wire(*await asyncio.open_connection("127.0.0.1", plant.server.port))
    wire.writer.write(data)
    assert await wire.ended()
    (await Wire.open(plant.server.port)).close()


@pytest.mark.parametrize(
    "data",
    [
        packet(0x30, text("a/#") + b"x"),
        packet(0x30, text("$SYS/x") + b"x"),
        packet(0x30, b"\xff\xff" + b"x"),
        packet(0x32, text("a")),
        packet(0x82, b"\0\1" + b"\0\x50a"),
        b"\x30\xff\xff\xff\x7f",
        b"\xf0\0",
    ],
    ids=["wildcard", "reserved", "longer than it is", "no id", "cut filter", "256 MB", "reserved type"],
)
async def test_a_client_that_breaks_the_rules_is_cut_and_nobody_else(plant: Bench, data: bytes) -> None:
    good, bad = await Wire.open(plant.server.port), await Wire.open(plant.server.port)
    bad.writer.write(data)
    assert await bad.ended()
    assert await good.ping() == []
    good.close()


async def test_a_subscriber_that_never_reads_costs_little(plant: Bench) -> None:
    """amqtt alone keeps a task and a copy for each message that such a client doesn't take."""
    deaf, talker = await Wire.open(plant.server.port, "deaf"), await Wire.open(plant.server.port)
    await deaf.subscribe("flood/#")
    deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
    tasks = len(asyncio.all_tasks())
    for _ in range(600):
        await talker.publish("flood/x", bytes(10_000))
        await talker.ping()
        if _left(plant, "deaf"):
            break
    assert _left(plant, "deaf"), "cut off once half a megabyte lay unread"
    assert len(asyncio.all_tasks()) <= tasks
    deaf.close(clean=False)
    talker.close()


async def test_a_subscriber_that_never_acknowledges_is_cut(plant: Bench) -> None:
    rude, talker = await Wire.open(plant.server.port, "rude"), await Wire.open(plant.server.port)
    await rude.subscribe("flood/#", qos=1)
    for _ in range(3 * broker.MAX_UNACKNOWLEDGED):
        await talker.publish("flood/x", b"x", qos=1)
        if _left(plant, "rude"):
            break
    assert _left(plant, "rude")
    rude.close(clean=False)
    talker.close()


async def test_a_publisher_in_a_hurry_does_not_fill_the_memory(plant: Bench) -> None:
    fast = await Wire.open(plant.server.port, "fast")
    tasks = len(asyncio.all_tasks())
    body = packet(0x30, text("flood/y") + bytes(connection.PACKET_BYTES - 100))
    for _ in range(100):
        fast.writer.write(body)
        await fast.writer.drain()
        assert len(asyncio.all_tasks()) <= tasks + 3
    await fast.ping()
    assert len([entry for entry in plant.requests() if entry["op"] == "publish"]) == 100
    fast.close()


async def test_a_publisher_that_finishes_nothing_is_cut(plant: Bench) -> None:
    rude = await Wire.open(plant.server.port)
    for number in range(1, 2 * broker.MAX_UNFINISHED):
        rude.send(0x34, text("x") + number.to_bytes(2, "big") + b"half")
    assert await rude.ended()


async def test_what_clients_retain_and_subscribe_is_bounded(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port, "hoarder")
    core = plant.server._broker  # type: ignore[attr-defined]
    own = len(core._retained_messages)
    for number in range(2 * broker.MAX_RETAINED):
        await wire.publish(f"hoard/{number}", bytes(5_000), retain=True)
    await wire.ping()
    assert sum(len(kept.data) for topic, kept in core._retained_messages.items() if topic.startswith("hoard")) <= (
        broker.RETAINED_BYTES
    )
    assert len(core._retained_messages) <= own + broker.MAX_RETAINED
    await wire.publish("hoard/0", b"", retain=True)
    await wire.ping()
    assert "hoard/0" not in core._retained_messages
    codes = await wire.subscribe(*(f"wish/{number}" for number in range(2 * broker.MAX_FILTERS)))
    assert codes.count(0x80) == broker.MAX_FILTERS
    wire.close()


async def test_hundreds_of_connections(plant: Bench) -> None:
    """Notebook cells that open a client each run and never close one: the newest always gets in."""
    held = []
    for number in range(5 * broker.MAX_CONNECTIONS):
        held.append(await Wire.open(plant.server.port, f"cell{number}", clean=False))
        await held[-1].subscribe("a/#")
    core = plant.server._broker  # type: ignore[attr-defined]
    assert len(core._writers) <= broker.MAX_CONNECTIONS
    assert await held[-1].ping() == []
    assert len(core._sessions) <= broker.MAX_SESSIONS + broker.MAX_CONNECTIONS
    for wire in held:
        wire.close(clean=False)


def _room(plant: Bench) -> int:
    """Bytes that clients have had the broker retain."""
    core = plant.server._broker  # type: ignore[attr-defined]
    own = set(plant.server._topics.of.values())  # type: ignore[attr-defined]
    return sum(len(kept.data) for topic, kept in core._retained_messages.items() if topic not in own)


async def test_what_clients_retain_is_bounded_also_where_they_replace_it(plant: Bench) -> None:
    wire = await Wire.open(plant.server.port)
    for number in range(20):
        await wire.publish(f"mine/{number}", b"x", qos=1, retain=True)
    for number in range(20):
        await wire.publish(f"mine/{number}", bytes(60_000), qos=1, retain=True)
    assert 60_000 < _room(plant) <= broker.RETAINED_BYTES
    await wire.publish(f"{SPEED}", bytes(300), qos=1, retain=True)
    pass_time(plant)
    for number in range(20):
        await wire.publish(f"mine/{number}", b"", qos=1, retain=True)
    assert _room(plant) == 0
    await wire.publish("mine/again", bytes(60_000), qos=1, retain=True)
    assert _room(plant) == 60_000
    wire.close()


async def test_what_is_kept_for_who_is_away_is_bounded_in_bytes(plant: Bench) -> None:
    away = await Wire.open(plant.server.port, "gateway", clean=False)
    await away.subscribe("bulk/#", qos=1)
    away.close()
    talker = await Wire.open(plant.server.port)
    await settled(talker, lambda: _left(plant, "gateway"))
    for _ in range(20):
        await talker.publish("bulk/x", bytes(60_000), qos=1)
    kept = plant.server._broker._sessions["gateway"][0].retained_messages._queue  # type: ignore[attr-defined]
    assert 60_000 <= sum(len(message.data) for message in kept) <= broker.QUEUED_BYTES
    talker.close()


async def test_publications_that_are_never_finished_end_their_client(plant: Bench) -> None:
    """Quality of service 2 keeps a publication until its sender releases it."""
    wire, good = await Wire.open(plant.server.port), await Wire.open(plant.server.port)
    for number in range(1, 20):
        wire.send(0x34, text("bulk/x") + number.to_bytes(2, "big") + bytes(60_000))
    assert await wire.ended()
    assert await good.ping() == []
    good.close()


@pytest.mark.parametrize("data", [b"NaN", b'{"value": 1e999}', b'{"value": ' + b"[" * 700 + b"]" * 700 + b"}"])
async def test_the_log_is_json_whatever_clients_send(plant: Bench, data: bytes) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    wire = await Wire.open(plant.server.port)
    await wire.publish(f"{SPEED}/set", data, qos=1)
    metric = Metric(float("nan"), DataType.DOUBLE, "line.speed_setpoint")
    await wire.publish("spBv1.0/shixun/DCMD/bottling/line", encode(Payload((metric,), 1)), qos=1)
    plant.live.flush()
    lines = [json.loads(line, parse_constant=refuse) for line in plant.log.read_text().splitlines()]
    published = [line for line in lines if line.get("op") == "publish"]
    assert [line["writes"][0]["error"] for line in published] == [published[0]["writes"][0]["error"], "not a number"]
    wire.close()
