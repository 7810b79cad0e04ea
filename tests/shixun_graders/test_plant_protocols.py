"""The plant beside a graded notebook serves what the lab names, in both lives, and its log tells the checks who asked what."""

from pathlib import Path

from graders_kit import Attempts, points, small_lab

from shixun_graders.check.evidence import parse_log
from shixun_graders.sandbox.base import Driver

PLANT = """
[plant]
kind = "bottling"
protocols = ["opcua", "mqtt"]
speed = 10.0
log = "teaching"
[limits]
"""
ADD = """
import json

from asyncua.sync import Client
from paho.mqtt import client as mqtt


def add(host, port):
    with Client(f"opc.tcp://{host}:{port}") as line:
        return line.get_node("ns=2;s=line.state").read_value()


before = add("127.0.0.1", 4840)
"""
COUNT = """
def count(host, port):
    topic = "shixun/site1/bottling/line1/line/speed_setpoint"
    got = []
    one = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "trainee")
    one.on_message = lambda _client, _data, message: got.append(json.loads(message.payload)["value"])
    one.connect(host, port)
    one.subscribe(topic)
    one.publish(topic + "/set", "55", qos=1)
    while 55.0 not in [round(value, 3) for value in got]:
        one.loop(0.1)
    one.disconnect()
    return got[-1]


count("127.0.0.1", 1883)
"""
CHECKS = """
from shixun_graders.check.evidence import HOST, MQTT_PORT, OPCUA_PORT
from shixun_graders.protocol import Call


def calls(seed):
    return [
        Call(name="before", seconds=10),
        Call(name="add", args=[HOST, OPCUA_PORT], mode="lockstep", seconds=20),
        Call(name="count", args=[HOST, MQTT_PORT], mode="lockstep", seconds=20),
    ]


def judge(calls, answers, log):
    topic = "shixun/site1/bottling/line1/line/speed_setpoint"
    state = {measured["line.state"] for measured in log.measured(1)}
    read = log.nodes_read(1) == log.nodes_read() == {"ns=2;s=line.state"}
    same = type(answers[0].value) is int and answers[1].value in state
    published = [(entry["topic"], entry["payload"]) for entry in log.published(2)]
    told = published == [(topic + "/set", "55")] and log.topics_subscribed(2) == {topic} == log.topics_subscribed()
    apart = not log.published(1) and not log.nodes_read(2) and not log.registers_read(1)
    got = answers[2].ok and abs(answers[2].value - 55.0) < 1e-3
    return {"add": (4.0 * (read and same and apart), None), "count": (6.0 * (told and got), None)}
"""


def test_both_lives_serve_the_labs_protocols(tmp_path: Path, quick_driver: Driver) -> None:
    pack = small_lab(tmp_path, run_seconds=120, checks=CHECKS)
    toml = pack / "lab.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("[limits]\n", PLANT, 1), encoding="utf-8")
    result = Attempts(pack, quick_driver)({"add": ADD, "count": COUNT})
    assert points(result) == {"add": 4.0, "count": 6.0}


def test_the_log_counts_what_was_granted_only() -> None:
    lines = [
        '{"op":"mark","call":0,"edge":"begin"}',
        '{"op":"read","protocol":"opcua","items":[{"node":"a"},{"node":"b","status":"BadSensorFailure"},'
        '{"node":"c","attribute":"BrowseName"}]}',
        '{"op":"subscribe","protocol":"opcua","items":[{"node":"d","status":"Good"},{"node":"e","status":"BadNodeIdUnknown"}]}',
        '{"op":"call","protocol":"opcua","object":"o","method":"m","arguments":[],"status":"Good"}',
        '{"op":"subscribe","protocol":"mqtt","topics":[{"filter":"x/#","qos":1},{"filter":"y","qos":null}]}',
        '{"op":"publish","protocol":"mqtt","topic":"t","payload":"1"}',
        '{"op":"mark","call":0,"edge":"end"}',
        '{"op":"read","protocol":"opcua","items":[{"node":"late"}]}',
    ]
    log = parse_log([], [[], lines])
    assert log.nodes_read(0) == {"a", "d"}
    assert [call["method"] for call in log.called(0)] == ["m"]
    assert log.topics_subscribed(0) == {"x/#"}
    assert [entry["topic"] for entry in log.published(0)] == ["t"]
    assert log.nodes_read() == set()
