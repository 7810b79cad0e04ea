"""Modbus TCP, seen by a client that knows the map and nothing else."""

import asyncio
import itertools
import struct

import pytest
from pymodbus.client import AsyncModbusTcpClient

from shixun_plants.plants import KINDS, catalogue
from shixun_plants.pointmap import Point, decode, encode

from .conftest import Bench, read

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_RESPONSE = 1, 2, 3, 11


def free_address(bench: Bench, unit: int, table: str) -> int:
    """The first address behind a unit's last point in a table."""
    return max(p.address + p.count for p in bench.live.map.points if (p.unit_id, p.table) == (unit, table))


@pytest.mark.parametrize("bench", KINDS, indirect=True)
async def test_every_point_reads_as_measured(bench: Bench, client: AsyncModbusTcpClient) -> None:
    for _ in range(3):
        bench.live.advance(37.0)
        for point in bench.live.map.points:
            value = decode(point, await read(client, point))
            expected = bench.live.measured.values[point.tag]
            assert value == pytest.approx(
                expected, abs=0.5001 * point.scale if point.dtype != "float32" else 0, rel=1e-6
            )


async def test_plants_of_other_trainees_keep_their_numbers_elsewhere(
    bench: Bench, client: AsyncModbusTcpClient
) -> None:
    """Copying another's table pays nothing: read with another map, most numbers are errors or wrong."""
    from shixun_plants.mapgen import point_map

    right = 0
    for point in point_map("bottling", b"neighbour").points:
        answer = await client.read_holding_registers(point.address, count=point.count, device_id=point.unit_id)
        if not answer.isError() and point.dtype != "bool":
            value = decode(point, answer.registers)
            right += value == pytest.approx(bench.live.measured.values[point.tag], rel=1e-3)
    assert right <= 2


async def test_log_holds_the_requests_exactly(bench: Bench, client: AsyncModbusTcpClient) -> None:
    good, order = bench.live.map["line.good"], bench.live.map["line.order_size"]
    flag, start = bench.live.map["filler.running"], bench.live.map["line.cmd_start"]
    for _ in range(20):
        bench.live.advance(0.1)  # the plant's own updates, of which the log must say nothing
    registers = await read(client, good)
    bit = await read(client, flag)
    await client.write_registers(order.address, encode(order, 70_000), device_id=order.unit_id)
    await client.write_coil(start.address, True, device_id=start.unit_id)
    await client.write_coils(start.address, [False], device_id=start.unit_id)
    fc = {"holding": 3, "input": 4, "coil": 1, "discrete": 2}
    requests = bench.requests()
    assert {request.pop("protocol") for request in requests} == {"modbus"}
    assert requests == [
        {
            "op": "read",
            "unit": good.unit_id,
            "fc": fc[good.table],
            "address": good.address,
            "count": 2,
            "values": registers,
        },
        {"op": "read", "unit": flag.unit_id, "fc": fc[flag.table], "address": flag.address, "count": 1, "values": bit},
        {
            "op": "write",
            "unit": order.unit_id,
            "fc": 16,
            "address": order.address,
            "count": 2,
            "values": encode(order, 70_000),
        },
        {"op": "write", "unit": start.unit_id, "fc": 5, "address": start.address, "count": 1, "values": [1]},
        {"op": "write", "unit": start.unit_id, "fc": 15, "address": start.address, "count": 1, "values": [0]},
    ]
    lines = bench.lines()
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(first["t"] <= second["t"] for first, second in itertools.pairwise(lines))


async def test_the_truth_stands_before_each_request(bench: Bench, client: AsyncModbusTcpClient) -> None:
    point = bench.live.map["filler.volume"]
    for _ in range(25):
        bench.live.advance(0.13)
        await read(client, point)
    truth, checked = None, 0
    for line in bench.lines():
        if "true" in line:
            truth = line
            assert set(line["true"]) == set(line["measured"]) == {signal.tag for signal in catalogue("bottling")}
        else:
            assert truth is not None
            assert truth["t"] == line["t"]
            assert line["values"] == encode(point, truth["measured"][point.tag])
            checked += 1
    assert checked == 25


async def test_commands_and_set_points_act(bench: Bench, client: AsyncModbusTcpClient) -> None:
    points = bench.live.map
    speed, stop = points["line.speed_setpoint"], points["line.cmd_stop"]
    await client.write_registers(speed.address, encode(speed, 55.0), device_id=speed.unit_id)
    await client.write_coil(stop.address, True, device_id=stop.unit_id)
    assert await read(client, stop) == [1], "a command coil stays on until the plant took it"
    bench.live.advance(10.0)
    assert await read(client, stop) == [0]
    assert decode(points["line.state"], await read(client, points["line.state"])) == 2
    assert decode(speed, await read(client, speed)) == 55.0


async def test_exceptions(bench: Bench, client: AsyncModbusTcpClient) -> None:
    points = bench.live.map
    good, speed = points["line.good"], points["line.speed_setpoint"]
    unit, behind = speed.unit_id, free_address(bench, speed.unit_id, "holding")
    stranger = next(number for number in range(1, 248) if number not in points.unit_ids)
    coil_behind = free_address(bench, unit, "coil")
    answers = {
        "behind the last register": (await client.read_holding_registers(behind, count=1, device_id=unit), ILLEGAL_ADDRESS),
        "half behind it": (await client.read_holding_registers(behind - 1, count=2, device_id=unit), ILLEGAL_ADDRESS),
        "no such coil": (await client.read_coils(coil_behind, count=1, device_id=unit), ILLEGAL_ADDRESS),
        "no such unit": (await client.read_holding_registers(speed.address, count=1, device_id=stranger), NO_RESPONSE),
        "write to no such unit": (await client.write_register(speed.address, 1, device_id=stranger), NO_RESPONSE),
        "nobody is 0": (await client.read_input_registers(0, count=1, device_id=0), NO_RESPONSE),
        "read-only": (
            await client.write_registers(good.address, [0, 0], device_id=good.unit_id) if good.table == "holding"
            else await client.write_registers(behind, [0, 0], device_id=unit), ILLEGAL_ADDRESS,
        ),
        "too fast": (await client.write_registers(speed.address, encode(speed, 400.0), device_id=unit), ILLEGAL_VALUE),
        "too slow": (await client.write_registers(speed.address, encode(speed, 1.0), device_id=unit), ILLEGAL_VALUE),
        "unknown function": (await client.read_exception_status(device_id=unit), ILLEGAL_FUNCTION),
    }  # fmt: skip
    for case, (answer, code) in answers.items():
        assert answer.isError(), case
        assert answer.exception_code == code, case
    refused = [line for line in bench.requests() if "error" in line]
    assert [line["error"] for line in refused] == [2, 2, 2, 11, 11, 11, 2, 3, 3]
    bench.live.advance(1.0)
    assert bench.live.true["line.speed_setpoint"] == 100.0


async def test_not_a_number_is_no_set_point(bench: Bench, client: AsyncModbusTcpClient) -> None:
    point = Point("line.speed_setpoint", 9, "holding", 0, "float32", "big", 1.0, 0.0, "%", True)
    from shixun_plants.pointmap import PointMap
    from shixun_plants.registers import Registers

    set_points: list[tuple[str, float]] = []
    registers = Registers(
        PointMap((point,)), catalogue("bottling"), lambda *_: None, lambda tag, value: set_points.append((tag, value))
    )
    for bad in (float("nan"), float("inf"), -1.0):
        words = list(struct.unpack(">HH", struct.pack(">f", bad)))
        assert await registers.async_setValues(9, 16, 0, words) == ILLEGAL_VALUE
    assert await registers.async_setValues(9, 16, 0, encode(point, 70.0)) is None
    assert set_points == [("line.speed_setpoint", 70.0)]


async def test_other_ways_to_write(bench: Bench, client: AsyncModbusTcpClient) -> None:
    order = bench.live.map["line.order_size"]
    low = order.address + (1 if order.word_order == "big" else 0)
    await client.write_register(low, 500, device_id=order.unit_id)
    answer = await client.mask_write_register(address=low, and_mask=0xFFF0, or_mask=0x0003, device_id=order.unit_id)
    assert not answer.isError()
    both = await client.readwrite_registers(
        read_address=order.address, read_count=2, write_address=low, values=[77], device_id=order.unit_id
    )
    assert decode(order, both.registers) == 77
    wanted = (500 & 0xFFF0) | 0x0003
    log = [(line["op"], line["fc"], line["count"], line["values"]) for line in bench.requests()]
    assert log == [
        ("write", 6, 1, [500]),
        ("write", 22, 1, [wanted]),
        ("write", 23, 1, [77]),
        ("read", 23, 2, encode(order, 77)),
    ]
    bench.live.advance(1.0)
    assert bench.live.true["line.order_size"] == 77


async def test_says_who_it_is(bench: Bench, client: AsyncModbusTcpClient) -> None:
    answer = await client.read_device_information(device_id=bench.live.map.unit_ids[0])
    assert answer.information[0] == b"Shixun"


async def test_requests_in_one_packet_are_all_answered_in_order(bench: Bench) -> None:
    point = bench.live.map["filler.count"]
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    fc = 3 if point.table == "holding" else 4
    for number in range(50):
        writer.write(struct.pack(">HHHBBHH", number, 0, 6, point.unit_id, fc, point.address, 2))
    for number in range(50):
        head = await reader.readexactly(9)
        assert struct.unpack(">HHHBBB", head) == (number, 0, 7, point.unit_id, fc, 4)
        assert len(await reader.readexactly(4)) == 4
    writer.close()
    assert len(bench.requests()) == 50


async def test_two_clients_at_once(bench: Bench, client: AsyncModbusTcpClient) -> None:
    other = AsyncModbusTcpClient("127.0.0.1", port=bench.server.port)
    await other.connect()
    point, unlike = bench.live.map["line.good"], bench.live.map["packer.count"]
    pairs = await asyncio.gather(*(read(one, p) for _ in range(30) for one, p in ((client, point), (other, unlike))))
    assert pairs[0::2] == [encode(point, bench.live.measured.values["line.good"])] * 30
    assert pairs[1::2] == [encode(unlike, bench.live.measured.values["packer.count"])] * 30
    other.close()
