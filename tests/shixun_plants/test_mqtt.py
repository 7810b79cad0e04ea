"""The plant's topics, Sparkplug node and broker, with a client that says exactly what it is told to."""

import json

import pytest

from shixun_plants.faults import Fault
from shixun_plants.mqtt import broker
from shixun_plants.mqtt.sparkplug import DataType, Metric, Payload, decode, encode

from .conftest import Bench
from .mqtt_kit import BASE, SPEED, left, pass_time, settled
from .wire import Wire


async def test_readings_are_retained_and_sent_on_change(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port)
    assert await wire.subscribe(f"{BASE}/#") == b"\0"
    there = {found.topic: json.loads(found.payload) for found in await wire.ping()}
    readings = [signal for signal in mqtt_plant.live.plant.signals if signal.kind != "command"]
    assert len(there) == len(readings)
    for signal in readings:
        body = there[f"{BASE}/{signal.tag.replace('.', '/')}"]
        assert body["value"] == pytest.approx(mqtt_plant.live.reported.values[signal.tag], abs=1e-4)
        assert (body.get("unit", ""), body["quality"]) == (signal.unit, "good")
        assert body["timestamp"].endswith("Z")
    before = dict(mqtt_plant.live.reported.values)
    pass_time(mqtt_plant, 5.0)
    changed = {found.topic for found in await wire.ping()}
    for signal in readings:
        moved = abs(mqtt_plant.live.reported.values[signal.tag] - before[signal.tag]) >= signal.resolution
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
async def test_a_set_topic_writes_within_the_range(
    mqtt_plant: Bench, data: bytes, result: object, speed: float
) -> None:
    wire = await Wire.open(mqtt_plant.server.port, "operator")
    await wire.subscribe(f"{SPEED}/set/result")
    await wire.publish(f"{SPEED}/set", data)
    assert json.loads((await wire.message(f"{SPEED}/set/result")).payload) == result
    mqtt_plant.live.advance(0.1)
    assert mqtt_plant.live.true["line.speed_setpoint"] == pytest.approx(speed)
    entry = next(entry for entry in mqtt_plant.requests() if entry["op"] == "publish")
    assert entry["client"] == "operator"
    assert entry["writes"][0].get("error") == (result.get("error") if isinstance(result, dict) else None)
    wire.close()


async def test_a_measurement_cannot_be_set(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port)
    await wire.subscribe(f"{BASE}/filler/temperature/set/result")
    await wire.publish(f"{BASE}/filler/temperature/set", b"1")
    answer = json.loads((await wire.message(f"{BASE}/filler/temperature/set/result")).payload)
    assert answer["error"] == "not writable"
    wire.close()


async def test_a_bad_quality_has_no_value(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port)
    await wire.subscribe(f"{BASE}/filler/temperature")
    await wire.ping()
    mqtt_plant.live.faults = (Fault("filler.temperature", "dropout"),)
    pass_time(mqtt_plant)
    body = json.loads((await wire.message(f"{BASE}/filler/temperature")).payload)
    assert (body["value"], body["quality"]) == (None, "bad")
    wire.close()


async def sparkplug(wire: Wire) -> list[tuple[str, Payload]]:
    found = [one for one in await wire.ping() if one.topic.startswith("spBv1.0/")]
    return [(one.topic, decode(one.payload)) for one in found]


async def test_sparkplug_births_data_and_rebirth(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port)
    await wire.subscribe("spBv1.0/#")
    assert await sparkplug(wire) == [], "births are not retained"
    rebirth = Payload((Metric(True, DataType.BOOLEAN, "Node Control/Rebirth"),), 1)
    await wire.publish("spBv1.0/shixun/NCMD/bottling", encode(rebirth))
    await wire.message("spBv1.0/shixun/NCMD/bottling")
    pass_time(mqtt_plant)
    births = await sparkplug(wire)
    kinds = [topic.split("/")[2] for topic, _ in births]
    groups = list(dict.fromkeys(signal.group for signal in mqtt_plant.live.plant.signals))
    assert kinds == ["NBIRTH", *["DBIRTH"] * len(groups)]
    assert [payload.seq for _, payload in births] == list(range(len(groups) + 1))
    assert {metric.name for metric in births[0][1].metrics} >= {"bdSeq", "Node Control/Rebirth"}
    born = {metric.alias: metric for _, payload in births[1:] for metric in payload.metrics}
    assert sorted(metric.name for metric in born.values()) == sorted(mqtt_plant.live.signals)
    seq = births[-1][1].seq or 0
    for _ in range(40):  # the sequence goes around at 256
        pass_time(mqtt_plant, 3.0)
    for topic, payload in await sparkplug(wire):
        assert "/DDATA/" in topic
        seq = (seq + 1) % 256
        assert payload.seq == seq
        for metric in payload.metrics:
            assert metric.name == ""
            assert born[metric.alias].datatype == metric.datatype
    wire.close()


async def test_sparkplug_commands(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port, "host")
    alias = 1 + [signal.tag for signal in mqtt_plant.live.plant.signals].index("line.speed_setpoint")
    metrics = (
        Metric(40.0, DataType.DOUBLE, alias=alias),
        Metric(5.0, DataType.DOUBLE, "line.speed_setpoint"),
        Metric(True, DataType.BOOLEAN, "line.cmd_hold"),
        Metric(1.0, DataType.DOUBLE, "filler.temperature"),
    )
    await wire.subscribe("spBv1.0/shixun/DCMD/#")
    await wire.publish("spBv1.0/shixun/DCMD/bottling/line", encode(Payload(metrics, 1)))
    await wire.message("spBv1.0/shixun/DCMD/bottling/line")
    mqtt_plant.live.advance(5.0)
    assert mqtt_plant.live.true["line.speed_setpoint"] == pytest.approx(40.0)
    assert mqtt_plant.live.true["line.state"] == 11
    (entry,) = (entry for entry in mqtt_plant.requests() if entry["op"] == "publish")
    errors = [write.get("error") for write in entry["writes"]]
    assert errors == [None, "out of range", None, "not writable"]
    wire.close()


async def test_sparkplug_marks_bad_readings_and_dies(mqtt_plant: Bench) -> None:
    wire = await Wire.open(mqtt_plant.server.port)
    await wire.subscribe("spBv1.0/shixun/+/bottling/#")
    mqtt_plant.live.faults = (Fault("filler.temperature", "dropout"),)
    pass_time(mqtt_plant)
    metrics = [metric for _, payload in await sparkplug(wire) for metric in payload.metrics]
    assert [metric.value for metric in metrics].count(None) == 1
    await mqtt_plant.server.close()
    death = await wire.message("spBv1.0/shixun/NDEATH/bottling")
    (bd_seq,) = decode(death.payload).metrics
    assert (bd_seq.name, bd_seq.value) == ("bdSeq", 0)
    wire.close()


async def test_quality_of_service_is_the_lower_one(mqtt_plant: Bench) -> None:
    listener, talker = await Wire.open(mqtt_plant.server.port), await Wire.open(mqtt_plant.server.port)
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


async def test_a_will_is_sent_for_who_dies_or_falls_silent_only(mqtt_plant: Bench) -> None:
    listener = await Wire.open(mqtt_plant.server.port)
    await listener.subscribe("will/#")
    (await Wire.open(mqtt_plant.server.port, "goes", will=("will/goes", b"x"))).close()
    (await Wire.open(mqtt_plant.server.port, "dies", will=("will/dies", b"x"))).close(clean=False)
    assert (await listener.message("will/dies")).payload == b"x"
    silent = await Wire.open(mqtt_plant.server.port, "hangs", alive=1, will=("will/hangs", b"y"))
    assert (await listener.message("will/hangs")).payload == b"y"
    assert await silent.ended()
    left = {entry["client"]: entry["clean"] for entry in mqtt_plant.requests() if entry["op"] == "disconnect"}
    assert left == {"goes": True, "dies": False, "hangs": False}
    listener.close()


async def test_a_session_that_is_kept_gets_what_it_missed(mqtt_plant: Bench) -> None:
    away = await Wire.open(mqtt_plant.server.port, "gateway", clean=False)
    assert not away.resumed
    await away.subscribe("orders/#", qos=1)
    away.close()
    talker = await Wire.open(mqtt_plant.server.port)
    await settled(talker, lambda: left(mqtt_plant, "gateway"))
    for number in range(broker.MAX_UNACKNOWLEDGED + 50):
        await talker.publish("orders/new", str(number).encode(), qos=1)
    back = await Wire.open(mqtt_plant.server.port, "gateway", clean=False)
    assert back.resumed
    first = await back.message("orders/new")
    assert first.payload == b"0"
    assert len(mqtt_plant.server._broker._sessions["gateway"][0].retained_messages._queue) == 0
    back.close(clean=False)
    talker.close()
