"""Clients that others wrote, against one plant with everything: mosquitto's, Wireshark's decoder, node-opcua, Eclipse Tahu.

On CI (SHIXUN_REQUIRE_CLIENTS) nothing of it may be skipped. Each wait is for an event, with a generous end.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import ModbusTcpClient

from shixun.commands.node import node_command
from shixun_plants.bottling.packml import State
from shixun_plants.mapgen import point_map
from shixun_plants.pointmap import decode

from .test_run import SEED, running

CLIENTS = Path(__file__).parents[1] / "clients"
BASE = "shixun/site1/bottling/line1"
NODESET = "Opc.Ua.PackML.NodeSet2.xml"


def missing(reason: str) -> None:
    if os.environ.get("SHIXUN_REQUIRE_CLIENTS"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            missing(f"{program} is not installed")


def node(*arguments: str, said: str = "") -> str:
    """What one of our little programs around npm's clients prints."""
    if not (CLIENTS / "node_modules" / "node-opcua-client").is_dir():
        missing("npm's clients are not installed: make test does it")
    done = subprocess.run(
        [node_command(), *arguments], cwd=CLIENTS, input=said, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A plant in a process of its own: its ports, and `log`."""
    log = tmp_path_factory.mktemp("independent") / "log.jsonl"
    zero = ["--opcua-port", "0", "--mqtt-port", "0", "--no-hmi", "--log", str(log)]
    with running("--protocols", "modbus,opcua,mqtt", *zero) as (_process, ready):
        yield {**ready, "log": log}


@contextmanager
def reading(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_mosquitto_reads_and_sets(plant: dict[str, Any]) -> None:
    need("mosquitto_sub", "mosquitto_pub")
    port, topic = str(plant["mqtt"]), f"{BASE}/line/order_size"
    got = ["mosquitto_sub", "-p", port, "-t", topic, "-C", "1", "-W", "60"]
    body = json.loads(subprocess.run(got, capture_output=True, text=True, timeout=90, check=True).stdout)
    assert (body["value"], body["unit"], body["quality"]) == (0, "bottle", "good")
    with reading("mosquitto_sub", "-p", port, "-t", f"{topic}/#", "-F", "%q %r %t %p", "-q", "1", "-W", "60") as sub:
        assert sub.stdout is not None
        assert sub.stdout.readline().startswith(f"0 1 {topic} "), "retained, and subscribed by now"
        subprocess.run(["mosquitto_pub", "-p", port, "-t", f"{topic}/set", "-m", "4200", "-q", "2"], check=True)
        both = {sub.stdout.readline(), sub.stdout.readline()}
        assert both == {f"1 0 {topic}/set 4200\n", f'0 0 {topic}/set/result {{"ok":true}}\n'}
        assert json.loads(sub.stdout.readline().split(" ", 3)[3])["value"] == 4200


def test_tahu_decodes_our_births_and_we_its_commands(plant: dict[str, Any]) -> None:
    need("mosquitto_sub", "mosquitto_pub")
    port, command = str(plant["mqtt"]), bytes.fromhex(node("sparkplug.mjs", "rebirth"))
    wanted = ["-t", f"{BASE}/line/state", "-t", "spBv1.0/shixun/+/bottling/#", "-F", "%t %x"]
    with reading("mosquitto_sub", "-p", port, *wanted, "-W", "60") as sub:
        assert sub.stdout is not None
        assert sub.stdout.readline().startswith(BASE), "subscribed by now"
        ask = ["mosquitto_pub", "-p", port, "-t", "spBv1.0/shixun/NCMD/bottling", "-s"]
        subprocess.run(ask, input=command, check=True)
        lines: list[list[str]] = []
        while sum("/DBIRTH/" in topic for topic, _ in lines) < 4:
            lines.append(sub.stdout.readline().split())
    births = [(topic, data) for topic, data in lines if "BIRTH/" in topic]
    decoded = node("sparkplug.mjs", "decode", said="\n".join(data for _, data in births))
    payloads = [json.loads(line) for line in decoded.splitlines()]
    assert [topic.split("/")[2] for topic, _ in births] == ["NBIRTH", "DBIRTH", "DBIRTH", "DBIRTH", "DBIRTH"]
    assert [payload["seq"] for payload in payloads] == [0, 1, 2, 3, 4]
    metrics = {metric["name"]: metric for payload in payloads for metric in payload["metrics"]}
    assert metrics["bdSeq"]["value"] == 0
    temperature = metrics["filler.temperature"]
    assert temperature["type"] == "Double"
    assert -40 <= temperature["value"] <= 120
    assert temperature["properties"]["engUnit"] == {"type": "String", "value": "°C"}
    assert metrics["line.good"]["type"] == "UInt32"
    assert metrics["filler.running"]["type"] == "Boolean"


def test_node_opcua_browses_and_reads_the_packml_instance(plant: dict[str, Any]) -> None:
    printed = node("browse.mjs", f"opc.tcp://127.0.0.1:{plant['opcua']}")
    report = json.loads(printed.splitlines()[-1])  # before it: that it made itself a certificate
    names = [name.split(":")[-1] for name in report["children"]]
    assert {"Admin", "Status", "BaseStateMachine", "SetMachSpeed", "SetUnitMode", "TagID"} <= set(names)
    assert report["type"] == ["3:PackMLBaseObjectType"]
    assert report["state"].upper() == State(report["number"]).name
    assert report["speed"]["status"] == "Good"
    assert report["range"] == [0, 120]
    assert -40 <= report["temperature"]["value"] <= 120
    assert report["written"] == ["Good", "BadOutOfRange"]
    assert report["called"] == "Good"
    entries = [json.loads(line) for line in plant["log"].read_text().splitlines() if '"opcua"' in line]
    assert {"connect", "browse", "read", "write", "call"} <= {entry["op"] for entry in entries}


def test_wireshark_decodes_our_modbus(plant: dict[str, Any]) -> None:
    need("tshark")
    port = str(plant["modbus"])
    point = point_map("bottling", bytes.fromhex(SEED))["line.good"]
    fields = ("mbtcp.unit_id", "modbus.func_code", "modbus.regnum16", "modbus.regval_uint16", "_ws.expert.message")
    shown = [word for field in fields for word in ("-e", field)]
    decoding = ["-d", f"tcp.port=={port},mbtcp", "-Y", "modbus.regval_uint16", "-T", "fields", *shown]
    with reading(
        "tshark", "-l", "-i", "lo", "-f", f"tcp port {port}", "-o", f"mbtcp.tcp.port:{port}", *decoding
    ) as shark:
        client = ModbusTcpClient("127.0.0.1", port=plant["modbus"])
        assert client.connect()
        read = client.read_holding_registers if point.table == "holding" else client.read_input_registers
        assert shark.stdout is not None
        os.set_blocking(shark.stdout.fileno(), False)
        line = ""
        for _ in range(600):  # capturing begins some time after tshark did
            assert shark.poll() is None, missing("tshark can't capture here")
            answer = read(point.address, count=2, device_id=point.unit_id)
            if line := shark.stdout.readline():
                break
            signal.sigtimedwait([], 0.1)
        client.close()
    unit, function, register, values, expert = line.rstrip("\n").split("\t")
    assert int(unit) == point.unit_id
    assert int(function) == (3 if point.table == "holding" else 4)
    assert register.split(",")[0] == str(point.address)
    assert decode(point, [int(value) for value in values.split(",")]) == pytest.approx(
        decode(point, answer.registers), abs=60
    )
    assert expert == ""


def test_the_node_set_is_the_published_one() -> None:
    """The file in the package is the one of npm's node-opcua-nodesets; a new version of that is to be copied here."""
    ours = Path(__file__).parents[2] / "labs/shixun_plants/opcua/nodesets" / NODESET
    theirs = CLIENTS / "node_modules/node-opcua-nodesets/nodesets" / NODESET
    assert "OPC Foundation MIT License 1.00" in ours.read_text(encoding="utf-8")[:500]
    if not theirs.exists():
        missing("npm's clients are not installed: make test does it")
    assert ours.read_bytes() == theirs.read_bytes()
