"""A plant from the shell."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import ModbusTcpClient

from shixun_plants.mapgen import point_map
from shixun_plants.plants import KINDS, catalogue
from shixun_plants.pointmap import decode
from shixun_plants.runner import PlantConfig, seed_from_env

LABS = Path(__file__).parents[2] / "labs"
SEED = "ab" * 32


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "shixun_plants", "run", "bottling", *arguments]


def environment(**more: str) -> dict[str, str]:
    seeds = {"SHIXUN_PLANT_MAP_SEED": SEED, "SHIXUN_PLANT_PROCESS_SEED": "cd" * 32}
    return {**os.environ, "PYTHONPATH": str(LABS), **seeds, **more}


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A plant in a process of its own and its ready line."""
    process = subprocess.Popen(
        command("--modbus-port", "0", *arguments), env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_every_kind_runs_from_a_shell_and_stops_clean() -> None:
    """All at once, so that it takes no longer than the slowest."""
    ports = ("--modbus-port", "0", "--hmi-port", "0")
    started = {
        kind: subprocess.Popen(
            [sys.executable, "-m", "shixun_plants", "run", kind, *ports],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in KINDS
    }
    try:
        for kind, process in started.items():
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            with urllib.request.urlopen(f"http://127.0.0.1:{ready['hmi']}/snapshot", timeout=60) as answer:
                assert set(json.load(answer)["values"]) == {one.tag for one in catalogue(kind)}
            process.send_signal(signal.SIGTERM)
        assert {kind: process.wait(60) for kind, process in started.items()} == dict.fromkeys(KINDS, 0)
    finally:
        for process in started.values():
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def test_serves_logs_and_stops_clean(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with running("--hmi-port", "0", "--log", str(log), "--trace", "--speed", "10") as (process, ready):
        assert ready["ready"] is True
        point = point_map("bottling", bytes.fromhex(SEED))["line.good"]
        client = ModbusTcpClient("127.0.0.1", port=ready["modbus"])
        assert client.connect()
        read = client.read_holding_registers if point.table == "holding" else client.read_input_registers
        first = decode(point, read(point.address, count=2, device_id=point.unit_id).registers)
        time.sleep(1.0)
        second = decode(point, read(point.address, count=2, device_id=point.unit_id).registers)
        client.close()
        assert second > first > 500, "bottles are made, ten times as fast, after a warm-up"
        page = urllib.request.urlopen(f"http://127.0.0.1:{ready['hmi']}/?lang=zh", timeout=5).read().decode()
        assert "灌装产线" in page
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    asked = [line for line in lines if line.get("op") == "read"]
    assert len(asked) == 2
    assert asked[1]["t"] - asked[0]["t"] == pytest.approx(10.0, abs=4.0)
    assert sum("true" in line for line in lines) > 5


def test_stays_small(tmp_path: Path) -> None:
    """The goal is 60 MB with Modbus and screen; a lab of 50 trainees has 50 of these."""
    with running("--hmi-port", "0", "--log", str(tmp_path / "log.jsonl")) as (process, ready):
        urllib.request.urlopen(f"http://127.0.0.1:{ready['hmi']}/", timeout=5).read()
        status = Path(f"/proc/{process.pid}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match is not None
    assert int(match[1]) < 60 * 1024


def test_modbus_alone_loads_nothing_of_other_protocols(tmp_path: Path) -> None:
    """The goal is 40 MB: a class of 50 has 50 of these, most of them with Modbus alone."""
    with running("--no-hmi") as (process, ready):
        assert ready == {"ready": True, "modbus": ready["modbus"], "opcua": None, "mqtt": None, "hmi": None}
        status = Path(f"/proc/{process.pid}/status").read_text()
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match is not None
    assert int(match[1]) < 40 * 1024
    assert "cryptography" not in mapped, "asyncua's"
    assert "_sqlite3" not in mapped, "the historian's"


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments in (["--modbus-port", port, "--no-hmi"], ["--modbus-port", "0", "--hmi-port", port]):
            ended = subprocess.run(command(*arguments), env=environment(), capture_output=True, text=True, timeout=20)
            assert ended.returncode == 1
            assert len(ended.stderr.strip().splitlines()) == 1
            assert "in use" in ended.stderr
            assert port in ended.stderr


def test_a_log_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    log = tmp_path / "missing" / "log.jsonl"
    ended = subprocess.run(
        command("--modbus-port", "0", "--no-hmi", "--log", str(log)),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert str(log) in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (["--speed", "1000"], {}, "speed"),
        (["--trace"], {}, "--log"),
        (["--protocols", "modbus,telnet"], {}, "opcua"),
        (["--protocols", ""], {}, "protocols"),
        (["--hmi-port", "70000"], {}, "65535"),
        ([], {"SHIXUN_PLANT_MAP_SEED": "xyz"}, "SHIXUN_PLANT_MAP_SEED"),
    ],
)
def test_wrong_wishes_are_refused(arguments: list[str], more: dict[str, str], said: str) -> None:
    ended = subprocess.run(command(*arguments), env=environment(**more), capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_seeds_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEED_OF_TEST", "00ff")
    assert seed_from_env("SEED_OF_TEST", b"d") == b"\x00\xff"
    monkeypatch.delenv("SEED_OF_TEST")
    assert seed_from_env("SEED_OF_TEST", b"d") == b"d"


def test_speed_has_limits() -> None:
    with pytest.raises(ValueError, match="speed"):
        PlantConfig(kind="bottling", map_seed=b"", process_seed=b"", speed=0.0)
