"""The registers of a plant's devices: what pymodbus' requests read and write.

pymodbus ships a store of its own (`SimDevice`). Ours answers what it can't: exception 0x0B for a unit id that nobody has,
2 for a hole between coils, 3 for a set point out of range with nothing written, and a log that tells a client's request from
the plant's own update, once per request and with the count of bits that was asked for.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from pymodbus.constants import ExcCodes
from pymodbus.simulator.simcore import SimCore

from shixun_plants.pointmap import Point, PointMap, Table, decode, encode
from shixun_plants.signals import Signal
from shixun_plants.writing import refusal

Operation = Literal["read", "write"]
OnRequest = Callable[[Operation, int, int, int, int, list[int], int | None], None]
OnWrite = Callable[[str, float], None]

_TABLES: dict[int, Table] = {
    1: "coil", 2: "discrete", 3: "holding", 4: "input",
    5: "coil", 15: "coil", 6: "holding", 16: "holding", 22: "holding", 23: "holding",
}  # fmt: skip
_ECHO_READS = (5, 6, 22)  # pymodbus reads these back to build its answer; the client asked for a write only


class Registers(SimCore):
    """All units' tables. `on_request(op, unit, fc, address, count, values, error)` sees each external request once.

    `on_write(tag, value)` gets a set point or command that was accepted, in the signal's unit.
    """

    def __init__(self, points: PointMap, signals: tuple[Signal, ...], on_request: OnRequest, on_write: OnWrite) -> None:
        super().__init__([])
        self._signals = {signal.tag: signal for signal in signals}
        self._on_request, self._on_write = on_request, on_write
        self._points = points.points
        self._units = set(points.unit_ids)
        self._words: dict[tuple[int, Table], dict[int, int]] = {}
        self._owners: dict[tuple[int, Table], dict[int, Point]] = {}
        for point in points.points:
            key = (point.unit_id, point.table)
            for address in range(point.address, point.address + point.count):
                self._words.setdefault(key, {})[address] = 0
                self._owners.setdefault(key, {})[address] = point

    def update(self, values: Mapping[str, float]) -> None:
        """The plant's own update with readings by tag; unseen by the log."""
        for point in self._points:
            words = self._words[point.unit_id, point.table]
            for offset, word in enumerate(encode(point, values[point.tag])):
                words[point.address + offset] = word

    def device_ids(self) -> list[int]:
        """Unit ids that answer."""
        return sorted(self._units)

    async def async_getValues(  # noqa: N802 - pymodbus' name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        """What pymodbus asks for a read request: registers 0-65535 or bits, or an exception code."""
        key = (device_id, _TABLES[func_code])
        words = self._words.get(key, {})
        error: ExcCodes | None = None
        if device_id not in self._units:
            error = ExcCodes.GATEWAY_NO_RESPONSE
        elif any(place not in words for place in range(address, address + count)):
            error = ExcCodes.ILLEGAL_ADDRESS
        values = [] if error else [words[place] for place in range(address, address + count)]
        if func_code not in _ECHO_READS or error:
            operation: Operation = "write" if func_code in _ECHO_READS else "read"
            self._on_request(operation, device_id, func_code, address, count, values, error)
        if error:
            return error
        return [bool(value) for value in values] if func_code in (1, 2, 5) else values

    async def async_setValues(  # noqa: N802 - pymodbus' name
        self, device_id: int, func_code: int, address: int, values: list[int] | list[bool]
    ) -> ExcCodes | None:
        """What pymodbus asks for a write request: all of it is written, or nothing and an exception code."""
        words = [int(value) for value in values]
        accepted: list[tuple[Point, float]] = []
        error = self._check(device_id, _TABLES[func_code], address, words, accepted)
        self._on_request("write", device_id, func_code, address, len(words), words, error)
        if error is None:
            table = self._words[device_id, _TABLES[func_code]]
            table.update(zip(range(address, address + len(words)), words, strict=True))
            for point, value in accepted:
                self._on_write(point.tag, value)
        return error

    def _check(
        self, unit_id: int, table: Table, address: int, words: list[int], accepted: list[tuple[Point, float]]
    ) -> ExcCodes | None:
        """Whether a write is all right; fills `accepted` with the points it sets."""
        if unit_id not in self._units:
            return ExcCodes.GATEWAY_NO_RESPONSE
        owners = self._owners.get((unit_id, table), {})
        new = dict(zip(range(address, address + len(words)), words, strict=True))
        if any(place not in owners or not owners[place].writable for place in new):
            return ExcCodes.ILLEGAL_ADDRESS
        old = self._words[unit_id, table]
        for point in dict.fromkeys(owners[place] for place in new):
            places = range(point.address, point.address + point.count)
            value = decode(point, [new.get(place, old[place]) for place in places])
            if refusal(self._signals[point.tag], value) is not None:
                return ExcCodes.ILLEGAL_VALUE
            accepted.append((point, value))
        return None
