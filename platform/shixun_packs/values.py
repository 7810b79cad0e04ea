"""Values that differ from team to team in a contest: drawn from a seed, never from a pack's code.

The platform derives 32 bytes for each (team, challenge) with a secret; everything here follows from these bytes, so a
team sees the same task again after a restart, and another team's answer can be recognised.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shixun_packs.text import PackModel

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
_FLOAT32_DIGITS = 6  # decimal digits that survive a float32


class IntegerValue(PackModel):
    """A whole number, evenly from `min` to `max`, both possible."""

    name: Name
    kind: Literal["integer"]
    min: int = Field(ge=0)
    max: int = Field(le=2**32 - 1)

    @model_validator(mode="after")
    def _in_order(self) -> IntegerValue:
        if self.min >= self.max:
            raise ValueError("min must be less than max")
        return self


class DecimalValue(PackModel):
    """A number with exactly `decimals` places, evenly from `min` to `max`; few enough digits to survive a float32."""

    name: Name
    kind: Literal["decimal"]
    min: float
    max: float
    decimals: int = Field(ge=1, le=4)

    @model_validator(mode="after")
    def _fits(self) -> DecimalValue:
        if self.min >= self.max:
            raise ValueError("min must be less than max")
        if max(abs(self.min), abs(self.max)) * 10**self.decimals >= 10**_FLOAT32_DIGITS:
            raise ValueError(f"has more than {_FLOAT32_DIGITS} digits: a float32 can't carry them")
        return self


class Register(PackModel):
    """One value in registers: its type, and for 32 bits which word comes first (`big`: the high one)."""

    value: Name
    dtype: Literal["uint16", "uint32", "float32"]
    word_order: Literal["big", "little"] = "big"


class ModbusReply(PackModel):
    """A Modbus TCP reply to function 3 or 4 as hex bytes with spaces.

    Frame: transaction (2 bytes), protocol 0, length, unit, function, byte count, registers with the high byte first
    (MODBUS Application Protocol 1.1b3 §6.3, MODBUS Messaging on TCP/IP 1.0b §3.1.3). Teams differ in it too.
    """

    name: Name
    kind: Literal["modbus-reply"]
    unit: Name
    function: Literal[3, 4]
    data: list[Register] = Field(min_length=1, max_length=60)


Value = Annotated[IntegerValue | DecimalValue | ModbusReply, Field(discriminator="kind")]


def draw(values: Sequence[Value], seed: bytes) -> dict[str, str]:
    """Draw all values of a challenge for one team, as the texts that stand in for `{{name}}`.

    `seed` has 32 bytes, secret, of this team and challenge. Raises ValueError for another length.
    """
    if len(seed) != 32:
        raise ValueError("a seed has 32 bytes")
    numbers = {value.name: value for value in values if not isinstance(value, ModbusReply)}
    drawn = {name: _number(value, _stream(seed, name)) for name, value in numbers.items()}
    for value in values:
        if isinstance(value, ModbusReply):
            drawn[value.name] = _frame(value, drawn, _stream(seed, value.name) % 0x10000)
    return drawn


def faults(values: Sequence[Value]) -> list[tuple[int, str]]:
    """What is wrong between the values of one challenge, as (index, message)."""
    found: list[tuple[int, str]] = []
    kinds: dict[str, Value] = {}
    for index, value in enumerate(values):
        if value.name in kinds:
            found.append((index, f"the value {value.name!r} is there twice"))
        kinds[value.name] = value
    for index, value in enumerate(values):
        if isinstance(value, ModbusReply):
            found += [(index, message) for message in _frame_faults(value, kinds)]
    return found


def _frame_faults(frame: ModbusReply, kinds: Mapping[str, Value]) -> list[str]:
    found: list[str] = []
    unit = kinds.get(frame.unit)
    if not isinstance(unit, IntegerValue) or not (unit.min >= 1 and unit.max <= 247):
        found.append(f"the unit {frame.unit!r} must be an integer value from 1 to 247")
    for register in frame.data:
        value = kinds.get(register.value)
        if isinstance(value, IntegerValue):
            limit = {"uint16": 2**16, "uint32": 2**32, "float32": 10**_FLOAT32_DIGITS}[register.dtype]
            if value.max >= limit:
                found.append(f"{register.value!r} may be too large for {register.dtype}")
        elif not isinstance(value, DecimalValue):
            found.append(f"there is no number {register.value!r}")
        elif register.dtype != "float32":
            found.append(f"{register.value!r} has decimals, so it must be a float32")
    return found


def _stream(seed: bytes, name: str) -> int:
    return int.from_bytes(hmac.digest(seed, name.encode(), "sha256"), "big")


def _number(value: IntegerValue | DecimalValue, stream: int) -> str:
    if isinstance(value, IntegerValue):
        return str(value.min + stream % (value.max - value.min + 1))
    unit = 10**value.decimals
    low, high = round(value.min * unit), round(value.max * unit)
    return f"{(low + stream % (high - low + 1)) / unit:.{value.decimals}f}"


def _frame(frame: ModbusReply, drawn: Mapping[str, str], transaction: int) -> str:
    data = b"".join(_words(register, drawn[register.value]) for register in frame.data)
    pdu = struct.pack(">BB", frame.function, len(data)) + data
    header = struct.pack(">HHHB", transaction, 0, len(pdu) + 1, int(drawn[frame.unit]))
    return (header + pdu).hex(" ").upper()


def _words(register: Register, text: str) -> bytes:
    if register.dtype == "uint16":
        return struct.pack(">H", int(text))
    data = struct.pack(">f", float(text)) if register.dtype == "float32" else struct.pack(">I", int(text))
    return data if register.word_order == "big" else data[2:] + data[:2]
