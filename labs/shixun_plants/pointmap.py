"""Which register says what: a Modbus point map of its own for each trainee, and the coding of values.

A map is drawn from a seed. It always holds what the lab 点表逆向 is about: several unit ids that share addresses, both word
orders, floats beside scaled integers, offsets, all four tables, and neighbours close enough that reading one register off
answers something instead of failing.
"""

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

Table = Literal["holding", "input", "coil", "discrete"]
Dtype = Literal["bool", "int16", "uint16", "int32", "uint32", "float32"]
WordOrder = Literal["big", "little"]

_FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
_FLOAT_MAX = 3.4028234663852886e38
_LIMITS = {
    "int16": (-(2**15), 2**15 - 1),
    "uint16": (0, 2**16 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One tag in the registers of one Modbus unit.

    `address` counts from 0, as on the wire. value = raw x scale + offset, in `unit`. Bytes within a register are always
    big-endian (Modbus Application Protocol V1.1b3, 4.2); `word_order` says which register of a 32-bit value comes first:
    "big" the high one (ABCD), "little" the low one (CDAB).
    """

    tag: str
    unit_id: int
    table: Table
    address: int
    dtype: Dtype
    word_order: WordOrder
    scale: float
    offset: float
    unit: str
    writable: bool

    def __post_init__(self) -> None:
        bits = self.table in ("coil", "discrete")
        if bits != (self.dtype == "bool"):
            raise ValueError(f"{self.tag}: bits live in coils and discrete inputs, numbers in registers")
        for value, known in ((self.table, Table), (self.dtype, Dtype), (self.word_order, WordOrder)):
            if value not in get_args(known):
                raise ValueError(f"{self.tag}: unknown {value!r}")
        if not 1 <= self.unit_id <= 247 or not 0 <= self.address <= 65536 - self.count:
            raise ValueError(f"{self.tag}: unit id is 1 to 247, address 0 to 65535")
        if not (math.isfinite(self.scale) and self.scale > 0 and math.isfinite(self.offset)):
            raise ValueError(f"{self.tag}: scale is positive, offset finite")

    @property
    def count(self) -> int:
        """Registers (or bits) it takes."""
        return 2 if self.dtype in ("int32", "uint32", "float32") else 1


@dataclass(frozen=True, slots=True)
class PointMap:
    """All points of a plant. ValueError where two points share a register or a tag."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        taken: dict[tuple[int, str, int], str] = {}
        tags: set[str] = set()
        for point in self.points:
            if point.tag in tags:
                raise ValueError(f"{point.tag} is there twice")
            tags.add(point.tag)
            for address in range(point.address, point.address + point.count):
                key = (point.unit_id, point.table, address)
                if key in taken:
                    raise ValueError(
                        f"{point.tag} and {taken[key]} share {point.table} {address} of unit {point.unit_id}"
                    )
                taken[key] = point.tag

    def __getitem__(self, tag: str) -> Point:
        """The point of a tag; KeyError where there is none."""
        for point in self.points:
            if point.tag == tag:
                return point
        raise KeyError(tag)

    @property
    def unit_ids(self) -> tuple[int, ...]:
        """All unit ids, ascending."""
        return tuple(sorted({point.unit_id for point in self.points}))

    def to_json(self) -> str:
        """One JSON object {"points": [...]}, fields as in `Point`."""
        return json.dumps({"points": [asdict(point) for point in self.points]}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "PointMap":
        """The map that `to_json` wrote. ValueError or TypeError for anything else."""
        return cls(tuple(Point(**item) for item in json.loads(text)["points"]))


def encode(point: Point, value: float) -> list[int]:
    """Registers (0-65535) or one bit (0/1) for a value in the point's unit.

    A value outside what the type can hold is held at its limit, as controllers do. ValueError if it isn't finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{point.tag}: {value} can't be coded")
    if point.dtype == "bool":
        return [int(value != 0)]
    raw: float = (value - point.offset) / point.scale
    if point.dtype == "float32":
        data = struct.pack(">f", min(max(raw, -_FLOAT_MAX), _FLOAT_MAX))
    else:
        low, high = _LIMITS[point.dtype]
        data = struct.pack(_FORMATS[point.dtype], min(max(round(raw), low), high))
    registers = [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
    return registers if point.word_order == "big" else registers[::-1]


def decode(point: Point, registers: Sequence[int]) -> float:
    """The value in the point's unit; a whole number where scale is 1 and offset 0 (bool: 0 or 1).

    ValueError unless there are exactly `point.count` registers in 0-65535. float32 may decode to nan or inf.
    """
    if len(registers) != point.count or not all(0 <= register <= 0xFFFF for register in registers):
        raise ValueError(f"{point.tag} takes {point.count} registers of 16 bits")
    if point.dtype == "bool":
        return int(registers[0] != 0)
    ordered = registers if point.word_order == "big" else list(registers)[::-1]
    raw: float
    (raw,) = struct.unpack(_FORMATS[point.dtype], b"".join(int(r).to_bytes(2, "big") for r in ordered))
    if point.scale == 1.0 and point.offset == 0.0:
        return raw
    value = raw * point.scale + point.offset
    return value if point.dtype == "float32" else round(value, 9)
