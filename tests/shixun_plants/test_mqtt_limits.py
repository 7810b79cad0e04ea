"""What the broker bears from clients that break its rules, hoard, hurry or fall silent."""

import asyncio
import json

import pytest

from shixun_plants.mqtt import broker, connection
from shixun_plants.mqtt.sparkplug import DataType, Metric, Payload, encode

from .conftest import Bench
from .mqtt_kit import SPEED, left, pass_time, settled
from .wire import Wire, packet, text


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
    mqtt_plant: Bench, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)
    wire = Wire(*await asyncio.open_connection("127.0.0.1", mqtt_plant.server.port))
    wire.writer.write(data)
    assert await wire.ended()
    (await Wire.open(mqtt_plant.server.port)).close()


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
async def test_a_client_that_breaks_the_rules_is_cut_and_nobody_else(mqtt_plant: Bench, data: bytes) -> None:
    good, bad = await Wire.open(mqtt_plant.server.port), await Wire.open(mqtt_plant.server.port)
    bad.writer.write(data)
    assert await bad.ended()
    assert await good.ping() == []
    good.close()


async def test_a_subscriber_that_never_reads_costs_little(mqtt_plant: Bench) -> None:
    """amqtt alone keeps a task and a copy for each message that such a client doesn't take."""
    deaf, talker = await Wire.open(mqtt_plant.server.port, "deaf"), await Wire.open(mqtt_plant.server.port)
    await deaf.subscribe("flood/#")
    deaf.writer.transport.pause_reading()
    tasks = len(asyncio.all_tasks())
    for _ in range(600):
        await talker.publish("flood/x", bytes(10_000))
        await talker.ping()
        if left(mqtt_plant, "deaf"):
            break
    assert left(mqtt_plant, "deaf"), "cut off once half a megabyte lay unread"
    assert len(asyncio.all_tasks()) <= tasks
    deaf.close(clean=False)
    talker.close()


async def test_a_subscriber_that_never_acknowledges_is_cut(mqtt_plant: Bench) -> None:
    rude, talker = await Wire.open(mqtt_plant.server.port, "rude"), await Wire.open(mqtt_plant.server.port)
    await rude.subscribe("flood/#", qos=1)
    for _ in range(3 * broker.MAX_UNACKNOWLEDGED):
        await talker.publish("flood/x", b"x", qos=1)
        if left(mqtt_plant, "rude"):
            break
    assert left(mqtt_plant, "rude")
    rude.close(clean=False)
    talker.close()


async def test_a_publisher_in_a_hurry_does_not_fill_the_memory(mqtt_plant: Bench) -> None:
    fast = await Wire.open(mqtt_plant.server.port, "fast")
    tasks = len(asyncio.all_tasks())
    body = packet(0x30, text("flood/y") + bytes(connection.PACKET_BYTES - 100))
    for _ in range(100):
        fast.writer.write(body)
        await fast.writer.drain()
        assert len(asyncio.all_tasks()) <= tasks + 3
    await fast.ping()
    assert len([entry for entry in mqtt_plant.requests() if entry["op"] == "publish"]) == 100
    fast.close()


async def test_a_publisher_that_finishes_nothing_is_cut(mqtt_plant: Bench) -> None:
    rude = await Wire.open(mqtt_plant.server.port)
    for number in range(1, 2 * broker.MAX_UNFINISHED):
        rude.send(0x34, text("x") + number.to_bytes(2, "big") + b"half")
    assert await rude.ended()


async def test_what_clients_retain_and_subscribe_is_bounded(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port, "hoarder")
    core = mqtt_plant.server._broker
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


async def test_hundreds_of_connections(mqtt_plant: Bench) -> None:
    """Notebook cells that open a client each run and never close one: the newest always gets in."""
    held = []
    for number in range(5 * broker.MAX_CONNECTIONS):
        held.append(await Wire.open(mqtt_plant.server.port, f"cell{number}", clean=False))
        await held[-1].subscribe("a/#")
    core = mqtt_plant.server._broker
    assert len(core._writers) <= broker.MAX_CONNECTIONS
    assert await held[-1].ping() == []
    assert len(core._sessions) <= broker.MAX_SESSIONS + broker.MAX_CONNECTIONS
    for wire in held:
        wire.close(clean=False)


def _room(mqtt_plant: Bench) -> int:
    """Bytes that clients have had the broker retain."""
    core = mqtt_plant.server._broker
    own = set(mqtt_plant.server._topics.of.values())
    return sum(len(kept.data) for topic, kept in core._retained_messages.items() if topic not in own)


async def test_what_clients_retain_is_bounded_also_where_they_replace_it(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port)
    for number in range(20):
        await wire.publish(f"mine/{number}", b"x", qos=1, retain=True)
    for number in range(20):
        await wire.publish(f"mine/{number}", bytes(60_000), qos=1, retain=True)
    assert 60_000 < _room(mqtt_plant) <= broker.RETAINED_BYTES
    await wire.publish(f"{SPEED}", bytes(300), qos=1, retain=True)
    pass_time(mqtt_plant)
    for number in range(20):
        await wire.publish(f"mine/{number}", b"", qos=1, retain=True)
    assert _room(mqtt_plant) == 0
    await wire.publish("mine/again", bytes(60_000), qos=1, retain=True)
    assert _room(mqtt_plant) == 60_000
    wire.close()


async def test_what_is_kept_for_who_is_away_is_bounded_in_bytes(mqtt_plant: Bench) -> None:
    away = await Wire.open(mqtt_plant.server.port, "gateway", clean=False)
    await away.subscribe("bulk/#", qos=1)
    away.close()
    talker = await Wire.open(mqtt_plant.server.port)
    await settled(talker, lambda: left(mqtt_plant, "gateway"))
    for _ in range(20):
        await talker.publish("bulk/x", bytes(60_000), qos=1)
    kept = mqtt_plant.server._broker._sessions["gateway"][0].retained_messages._queue
    assert 60_000 <= sum(len(message.data) for message in kept) <= broker.QUEUED_BYTES
    talker.close()


async def test_publications_that_are_never_finished_end_their_client(mqtt_plant: Bench) -> None:
    """Quality of service 2 keeps a publication until its sender releases it."""
    wire, good = await Wire.open(mqtt_plant.server.port), await Wire.open(mqtt_plant.server.port)
    for number in range(1, 20):
        wire.send(0x34, text("bulk/x") + number.to_bytes(2, "big") + bytes(60_000))
    assert await wire.ended()
    assert await good.ping() == []
    good.close()


@pytest.mark.parametrize("data", [b"NaN", b'{"value": 1e999}', b'{"value": ' + b"[" * 700 + b"]" * 700 + b"}"])
async def test_the_log_is_json_whatever_clients_send(mqtt_plant: Bench, data: bytes) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    wire = await Wire.open(mqtt_plant.server.port)
    await wire.publish(f"{SPEED}/set", data, qos=1)
    metric = Metric(float("nan"), DataType.DOUBLE, "line.speed_setpoint")
    await wire.publish("spBv1.0/shixun/DCMD/bottling/line", encode(Payload((metric,), 1)), qos=1)
    mqtt_plant.live.flush()
    lines = [json.loads(line, parse_constant=refuse) for line in mqtt_plant.log.read_text().splitlines()]
    published = [line for line in lines if line.get("op") == "publish"]
    assert [line["writes"][0]["error"] for line in published] == [published[0]["writes"][0]["error"], "not a number"]
    wire.close()
