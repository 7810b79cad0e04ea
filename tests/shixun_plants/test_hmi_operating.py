"""What people do at the screen: an operator with alarms, an instructor with faults, and what is refused."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from shixun_plants.alarms import MAX_PAST
from shixun_plants.faults import Fault
from shixun_plants.hmi.monitor import TREND_POINTS, Monitor
from shixun_plants.runner import LivePlant

from .conftest import config, mimic, screen


async def test_trainees_have_no_faults_menu(tmp_path: Path) -> None:
    async with screen(tmp_path) as (live, _, url), httpx.AsyncClient() as http:
        assert "Faults" not in (await http.get(f"{url}/?lang=en")).text
        answer = await http.post(f"{url}/faults", json={"tag": "line.rate", "kind": "frozen"})
        assert answer.status_code == 404
        assert live.faults == ()


async def test_an_instructor_injects_and_removes_a_fault(tmp_path: Path) -> None:
    async with screen(tmp_path, faults_menu=True) as (live, _, url), httpx.AsyncClient() as http:
        assert "Faults" in (await http.get(f"{url}/?lang=en")).text
        wish = {"tag": "filler.temperature", "kind": "dropout", "size": "0"}
        assert (await http.post(f"{url}/faults", json=wish)).status_code == 200
        live.advance(1.0)
        assert live.measured.values["filler.temperature"] == -40.0
        assert live.true["filler.temperature"] == pytest.approx(8.0, abs=3)
        seen = (await http.get(f"{url}/snapshot")).json()
        assert seen["bad"] == ["filler.temperature"]
        assert {"id": "filler.temperature:bad", "state": "unacknowledged", "until": None}.items() <= seen["alarms"][
            0
        ].items()
        await http.post(f"{url}/faults", json=wish | {"kind": "none"})
        live.advance(1.0)
        assert live.measured.values["filler.temperature"] > 0


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"\xff", b'{"tag": "line.rate"}', b'{"tag": "nothing", "kind": "frozen"}',
     b'{"tag": "line.cmd_stop", "kind": "frozen"}',
     b'{"tag": "line.rate", "kind": "drift", "size": 1' + b"0" * 400 + b"}",
     b'{"tag": "line.rate", "kind": "explode"}', b'{"tag": "line.rate", "kind": "drift", "size": "NaN"}', b"[" * 50_000],
)  # fmt: skip
async def test_wrong_fault_wishes_are_refused(tmp_path: Path, body: bytes) -> None:
    async with screen(tmp_path, faults_menu=True) as (live, _, url), httpx.AsyncClient() as http:
        assert (await http.post(f"{url}/faults", content=body)).status_code == 400
        other = {"Sec-Fetch-Site": "same-site"}
        assert (
            await http.post(f"{url}/faults", json={"tag": "line.rate", "kind": "frozen"}, headers=other)
        ).status_code == 403
        assert live.faults == ()


def test_alarms_come_and_go_and_are_remembered_in_part(tmp_path: Path) -> None:
    live = LivePlant(config(tmp_path))
    monitor = Monitor(live.plant, mimic("bottling"))
    live.listeners.append(monitor.observe)
    live.plant.set("line.cmd_stop", 1)
    live.advance(5.0)
    first = monitor.alarms()[0]
    assert first["id"] == "line.state:state"
    assert (first["since"], first["until"], first["state"], first["priority"]) == (5, None, "unacknowledged", 1)
    for _ in range(60):
        live.faults = (Fault("line.rate", "dropout"),)
        live.advance(1.0)
        live.faults = ()
        live.advance(1.0)
        monitor.board.acknowledge()
    past = [alarm for alarm in monitor.alarms() if alarm["state"] == "normal"]
    assert len(past) == MAX_PAST
    for _ in range(2 * TREND_POINTS):
        live.advance(5.0)
    assert len(monitor.trend) == TREND_POINTS
    live.close()


async def test_an_operator_acknowledges_an_alarm(tmp_path: Path) -> None:
    async with screen(tmp_path) as (live, _, url), httpx.AsyncClient() as http:
        live.rig.write("line.cmd_stop", 1)
        live.advance(5.0)
        wish = {"id": "line.state:state"}
        other = await http.post(f"{url}/acknowledge", json=wish, headers={"Sec-Fetch-Site": "cross-site"})
        assert other.status_code == 403
        for wrong in (b"", b"[]", b'{"id": "nothing"}', b'{"id": 7}', b"[" * 50_000):
            assert (await http.post(f"{url}/acknowledge", content=wrong)).status_code == 400
        alarms = (await http.post(f"{url}/acknowledge", json=wish)).json()["alarms"]
        assert {alarm["id"]: alarm["state"] for alarm in alarms}["line.state:state"] == "acknowledged"


@pytest.mark.parametrize("path", ["acknowledge", "faults"])
async def test_a_body_without_end_is_refused_before_it_ends(tmp_path: Path, path: str) -> None:
    async with screen(tmp_path, faults_menu=True) as (_, server, _), asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            f"POST /{path} HTTP/1.1\r\nHost: plant\r\nContent-Length: 100000000\r\n\r\n".encode() + bytes(100_000)
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()


async def test_an_operator_shelves_an_alarm_and_the_log_knows(tmp_path: Path) -> None:
    async with screen(tmp_path) as (live, _, url), httpx.AsyncClient() as http:
        live.rig.write("line.cmd_stop", 1)
        live.advance(5.0)
        wish = {"id": "line.state:state", "minutes": 30}
        other = await http.post(f"{url}/shelve", json=wish, headers={"Sec-Fetch-Site": "cross-site"})
        assert other.status_code == 403
        for wrong in (
            {"id": "line.state:state"},
            wish | {"minutes": -1},
            wish | {"minutes": 1e9},
            wish | {"id": "nothing"},
        ):
            assert (await http.post(f"{url}/shelve", json=wrong)).status_code == 400
        assert (
            await http.post(f"{url}/shelve", content=b'{"id": "line.state:state", "minutes": NaN}')
        ).status_code == 400
        alarms = {alarm["id"]: alarm for alarm in (await http.post(f"{url}/shelve", json=wish)).json()["alarms"]}
        shelved = alarms["line.state:state"]
        assert (shelved["state"], shelved["shelved"]) == ("shelved", round(live.plant.time + 1800.0))
        alarms = (await http.post(f"{url}/shelve", json=wish | {"minutes": 0})).json()["alarms"]
        assert {alarm["id"]: alarm["state"] for alarm in alarms}["line.state:state"] == "unacknowledged"
        live.flush()
        lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
        assert [(line["alarm"], line["minutes"]) for line in lines if line.get("op") == "shelve"] == [
            ("line.state:state", 30.0), ("line.state:state", 0.0),
        ]  # fmt: skip
