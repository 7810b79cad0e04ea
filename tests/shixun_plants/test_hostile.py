"""Clients that mean no good, or no sense: the plant lives on and its log stays bounded."""

import asyncio
import contextlib
import json
import random
import struct
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from shixun_plants import modbus
from shixun_plants.log import JsonLog
from shixun_plants.modbus import MAX_CONNECTIONS
from shixun_plants.pointmap import encode

from .conftest import Bench, read


async def alive(bench: Bench) -> bool:
    """A well-behaved client still gets what it asks for."""
    client = AsyncModbusTcpClient("127.0.0.1", port=bench.server.port, timeout=5, retries=0)
    assert await client.connect()
    point = bench.live.map["line.good"]
    registers = await read(client, point)
    client.close()
    return registers == encode(point, bench.live.measured.values["line.good"])


async def send(bench: Bench, data: bytes, *, wait: float = 0.2) -> bytes:
    """Throw bytes at the server; what came back until it closed or fell silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    got = b""
    with contextlib.suppress(TimeoutError, OSError):
        writer.write(data)
        async with asyncio.timeout(wait):
            while part := await reader.read(4096):
                got += part
    writer.close()
    return got


async def test_garbage(bench: Bench) -> None:
    noise = random.Random(7)
    for size in (1, 7, 8, 64, 300, 5000, 100_000):
        await send(bench, noise.randbytes(size), wait=0.1)
    await send(bench, b"GET / HTTP/1.1\r\nHost: plant\r\n\r\n")
    assert bench.requests() == []
    assert await alive(bench)


async def test_every_function_with_every_kind_of_body(bench: Bench) -> None:
    """All 256 function codes, with bodies cut short, too long and random: each gets one exception or answer."""
    noise = random.Random(11)
    unit = bench.live.map.unit_ids[0]
    for function in range(256):
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
        for body in (b"", b"\0", noise.randbytes(4), noise.randbytes(9), noise.randbytes(252)):
            writer.write(struct.pack(">HHHBB", 1, 0, 2 + len(body), unit, function) + body)
            async with asyncio.timeout(5):
                head = await reader.readexactly(8)
                length = struct.unpack(">HHHBB", head)[2]
                await reader.readexactly(length - 2)
            assert head[7] in (function, function | 0x80), (function, body)
        writer.close()
    assert await alive(bench)


@pytest.mark.parametrize(
    "header",
    [b"\0\1\0\1\0\6\1", b"\0\1\0\0\0\0\1", b"\0\1\0\0\0\1\1", b"\0\1\0\0\xff\xff\1"],
    ids=["protocol", "length 0", "length 1", "length 65535"],
)
async def test_impossible_headers_end_the_connection(bench: Bench, header: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    writer.write(header + b"\3\0\0\0\1")
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()
    assert await alive(bench)


async def test_half_a_frame_waits_and_hurts_nobody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus, "IDLE_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    writer.write(b"\0\1\0\0\0\6\1\3\0")
    await writer.drain()
    assert await alive(bench)
    async with asyncio.timeout(5):
        assert await reader.read() == b"", "silence ends in a closed connection"
    writer.close()


async def test_hundreds_of_connections(bench: Bench) -> None:
    """Notebook cells that open a client each run and never close one: the newest always gets in."""
    held: list[asyncio.StreamWriter] = []
    for _ in range(20 * MAX_CONNECTIONS):
        _, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
        held.append(writer)
        if len(held) > 200:
            held.pop(0).close()
    assert await alive(bench)
    assert len(bench.server._writers) <= MAX_CONNECTIONS
    for writer in held:
        writer.close()


async def test_a_busy_client_keeps_its_place(bench: Bench, client: AsyncModbusTcpClient) -> None:
    point = bench.live.map["line.good"]
    held = []
    for number in range(4 * MAX_CONNECTIONS):
        _, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
        held.append(writer)
        if number % 8 == 0:
            await read(client, point)
    assert len(await read(client, point)) == 2
    for writer in held:
        writer.close()


async def test_a_client_that_never_reads_its_answers(bench: Bench) -> None:
    point = bench.live.map["line.good"]
    fc = 3 if point.table == "holding" else 4
    _, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    frame = struct.pack(">HHHBBHH", 1, 0, 6, point.unit_id, fc, point.address, 2)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            while True:
                writer.write(frame * 100)
                await writer.drain()
    assert await alive(bench)
    writer.transport.abort()


async def test_writes_out_of_range_change_nothing(bench: Bench, client: AsyncModbusTcpClient) -> None:
    before = dict(bench.live.true)
    noise = random.Random(3)
    for point in bench.live.map.points:
        if point.writable and point.dtype != "bool":
            for _ in range(20):
                words = [noise.randrange(60_000, 65_536) for _ in range(point.count)]
                await client.write_registers(point.address, words, device_id=point.unit_id)
    bench.live.advance(0.1)
    assert bench.live.true["line.speed_setpoint"] == before["line.speed_setpoint"]
    assert bench.live.true["line.order_size"] == before["line.order_size"]


def test_the_log_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = JsonLog(path, max_bytes=2000)
    for number in range(1000):
        log.write(number / 10, {"op": "read", "values": [number]})
    log.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert path.stat().st_size < 2100
    assert lines[-1]["stopped"] == "size"
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-2]["values"] == [len(lines) - 2], "nothing is missing before the end"


def test_a_full_disk_stops_the_log_and_not_the_plant() -> None:
    log = JsonLog(Path("/dev/full"))
    for number in range(10_000):
        log.write(number, {"op": "read"})
        log.flush()
    log.close()


def test_no_log_at_all() -> None:
    log = JsonLog(None)
    log.write(0.0, {"op": "read"})
    log.close()
