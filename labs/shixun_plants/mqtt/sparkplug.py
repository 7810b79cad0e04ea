"""Sparkplug B payloads, by hand: the part of Eclipse Tahu's sparkplug_b.proto that an edge node needs (Sparkplug 3.0.0, 6.4).

Protocol Buffers' wire format is varints, 32 and 64 bit words and length-prefixed bytes; that much is shorter than a dependency. What is
not known is skipped, as the format wants.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum


class DataType(IntEnum):
    """Metric data types (6.4.16)."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14


Value = bool | int | float | str | None
MAX_METRICS = 500  # of one payload from outside
_WIDE = {DataType.INT64, DataType.UINT64, DataType.DATETIME}
_SIGNED = {DataType.INT8: 32, DataType.INT16: 32, DataType.INT32: 32, DataType.INT64: 64}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Metric:
    """One value. `name` or `alias` says which; `properties` are typed name-value pairs; times are ms since 1970 (UTC)."""

    value: Value
    datatype: DataType | None = None
    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    properties: dict[str, tuple[DataType, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """A message: its time in ms since 1970, its number in the edge node's sequence, its metrics."""

    metrics: tuple[Metric, ...]
    timestamp: int | None = None
    seq: int | None = None


def encode(payload: Payload) -> bytes:
    """The payload's bytes."""
    parts = [] if payload.timestamp is None else [_number(1, payload.timestamp)]
    parts += [_block(2, _metric(metric)) for metric in payload.metrics]
    return b"".join(parts if payload.seq is None else [*parts, _number(3, payload.seq)])


def decode(data: bytes) -> Payload:
    """A payload from outside. ValueError where it is none, or larger than `MAX_METRICS`."""
    metrics: list[Metric] = []
    timestamp = seq = None
    for number, value in _fields(data):
        if number == 1:
            timestamp = _int(value)
        elif number == 2:
            metrics.append(_decode_metric(_raw(value)))
        elif number == 3:
            seq = _int(value)
        if len(metrics) > MAX_METRICS:
            raise ValueError(f"more than {MAX_METRICS} metrics")
    return Payload(tuple(metrics), timestamp, seq)


def _metric(metric: Metric) -> bytes:
    parts = [_block(1, metric.name.encode())] if metric.name else []
    for number, value in ((2, metric.alias), (3, metric.timestamp), (4, metric.datatype)):
        if value is not None:
            parts.append(_number(number, value))
    if metric.properties:
        keys = b"".join(_block(1, name.encode()) for name in metric.properties)
        values = b"".join(
            _block(2, _number(1, kind) + _value(value, kind, 3)) for kind, value in metric.properties.values()
        )
        parts.append(_block(9, keys + values))
    return b"".join([*parts, _number(7, 1) if metric.value is None else _value(metric.value, metric.datatype, 10)])


def _value(value: Value, kind: DataType | None, first: int) -> bytes:
    """A value in the field of its type: `first` for 32 bits, then 64 bits, float, double, boolean, string."""
    if isinstance(value, str):
        return _block(first + 5, value.encode())
    if kind is DataType.BOOLEAN:
        return _number(first + 4, int(bool(value)))
    assert value is not None
    if kind is DataType.FLOAT:
        return _key(first + 2, _FIXED32) + struct.pack("<f", value)
    if kind is DataType.DOUBLE:
        return _key(first + 3, _FIXED64) + struct.pack("<d", value)
    if kind in _WIDE:
        return _number(first + 1, int(value) & (2**64 - 1))
    return _number(first, int(value) & (2**32 - 1))


def _decode_metric(data: bytes) -> Metric:
    name, alias, timestamp, kind, null = "", None, None, None, False
    value: Value = None
    for number, found in _fields(data):
        if number == 1:
            name = _raw(found).decode()
        elif number == 2:
            alias = _int(found)
        elif number == 3:
            timestamp = _int(found)
        elif number == 4:
            known = _int(found)
            kind = DataType(known) if known in set(DataType) else None
        elif number == 7:
            null = bool(_int(found))
        elif number in (10, 11):
            value = _int(found)
        elif number in (12, 13):
            value = _real(_raw(found), "<f" if number == 12 else "<d")
        elif number == 14:
            value = bool(_int(found))
        elif number == 15:
            value = _raw(found).decode()
    if kind in _SIGNED and type(value) is int and value >= 1 << (_SIGNED[kind] - 1):
        value -= 1 << _SIGNED[kind]
    return Metric(None if null else value, kind, name, alias, timestamp)


def _real(data: bytes, layout: str) -> float:
    if len(data) != struct.calcsize(layout):
        raise ValueError("a float of another size")
    return float(struct.unpack(layout, data)[0])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers with their values: numbers of varints, bytes of everything else. ValueError for broken bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError("an unknown wire type")
        if at + length > len(data):
            raise ValueError("cut off")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(data):
            raise ValueError("cut off")
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & (2**64 - 1), at + place + 1
    raise ValueError("a number too long")


def _int(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise ValueError("bytes instead of a number")
    return value


def _raw(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number instead of bytes")
    return value


def _key(number: int, wire: int) -> bytes:
    return _plain_varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _plain_varint(value)


def _block(number: int, data: bytes) -> bytes:
    return _key(number, _BYTES) + _plain_varint(len(data)) + data


def _plain_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
