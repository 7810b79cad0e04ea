"""Type-exact coding of plain data as JSON: how arguments and answers cross a sandbox's border.

Scalars are JSON's own (`true`, `1` and `1.0` stay bool, int and float). Every container is an object with one tag:

    [1, 2]        {"list": [1, 2]}
    (1, 2)        {"tuple": [1, 2]}
    {"a": 1}      {"dict": [["a", 1]]}
    nan, inf      {"float": "nan"}
    numpy         {"array": {"dtype": "<f8", "shape": [3], "data": "<base64, C order>"}}  (shape [] = a scalar)

Only exact types pass: a subclass could carry a lying `__eq__` or `__float__`, so it is no data. There is no pickle.
This module uses the standard library alone (numpy only where it is at hand): the trainee's sandbox loads it too.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import sys
from typing import Any

MAX_DEPTH = 20
MAX_BYTES = 2_000_000  # of the JSON text in UTF-8
MAX_ITEMS = 200_000  # values in one answer, so that a small text can't become a huge object
MAX_INT_BITS = 4096
ARRAY_DTYPES = frozenset(
    ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"),
)

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class NotDataError(ValueError):
    """The value is not plain data within the limits; the message says why and never quotes the value."""


class _Budget:
    """Counts the values of one coding, so that both directions stop at the same size."""

    def __init__(self) -> None:
        self.left = MAX_ITEMS

    def take(self, depth: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise NotDataError(f"more than {MAX_ITEMS} values")
        if depth > MAX_DEPTH:
            raise NotDataError(f"nested deeper than {MAX_DEPTH}")


def encode(value: object) -> Any:
    """Return `value` as tagged JSON data. Raises NotDataError for anything but exact plain types within the limits."""
    data = _encode(value, 0, _Budget())
    if len(json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NotDataError(f"larger than {MAX_BYTES} bytes")
    return data


def decode(data: object) -> Any:
    """Return the value of tagged JSON data; arrays become numpy's. Raises NotDataError for anything malformed."""
    return _decode(data, 0, _Budget())


def loads(text: bytes) -> Any:
    """Parse the JSON text of tagged data (not yet decoded). Raises NotDataError for too many bytes or bad JSON."""
    if len(text) > MAX_BYTES:
        raise NotDataError(f"larger than {MAX_BYTES} bytes")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotDataError("not JSON") from error


def _encode(value: object, depth: int, budget: _Budget) -> Any:
    budget.take(depth)
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _checked_text(value)
    if kind is int:
        return _checked_int(value)
    if kind is float:
        return value if math.isfinite(value) else {"float": str(value)}  # type: ignore[arg-type]
    if kind is list:
        return {"list": [_encode(item, depth + 1, budget) for item in value]}  # type: ignore[attr-defined]
    if kind is tuple:
        return {"tuple": [_encode(item, depth + 1, budget) for item in value]}  # type: ignore[attr-defined]
    if kind is dict:
        pairs = value.items()  # type: ignore[attr-defined]
        return {"dict": [[_encode(k, depth + 1, budget), _encode(v, depth + 1, budget)] for k, v in pairs]}
    return _encode_array(value)


def _checked_text(value: Any) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotDataError("text that is not Unicode") from error
    return str(value)


def _checked_int(value: Any) -> int:
    if value.bit_length() > MAX_INT_BITS:
        raise NotDataError(f"an integer over {MAX_INT_BITS} bits")
    return int(value)


def _encode_array(value: object) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray | numpy.generic):
        raise NotDataError("not plain data")
    array = numpy.asarray(value)
    dtype = array.dtype.newbyteorder("<") if array.dtype.kind in "biufc" else None
    if dtype is None or dtype.str not in ARRAY_DTYPES:
        raise NotDataError("an array of a type that is no plain number")
    if array.nbytes * 4 / 3 > MAX_BYTES:
        raise NotDataError(f"larger than {MAX_BYTES} bytes")
    raw = numpy.ascontiguousarray(array.astype(dtype, copy=False)).tobytes()
    return {"array": {"dtype": dtype.str, "shape": list(array.shape), "data": base64.b64encode(raw).decode()}}


def _decode(data: object, depth: int, budget: _Budget) -> Any:
    budget.take(depth)
    if data is None or isinstance(data, bool):
        return data
    if isinstance(data, str):
        return _checked_text(data)
    if isinstance(data, int):
        return _checked_int(data)
    if isinstance(data, float):
        if not math.isfinite(data):
            raise NotDataError("a bare NaN or infinity")
        return data
    if not isinstance(data, dict) or len(data) != 1:
        raise NotDataError("an object without exactly one tag")
    ((tag, body),) = data.items()
    if tag == "float" and isinstance(body, str) and body in _SPECIAL:
        return _SPECIAL[body]
    if tag == "array":
        return _decode_array(body)
    if tag in {"list", "tuple"} and isinstance(body, list):
        items = [_decode(item, depth + 1, budget) for item in body]
        return items if tag == "list" else tuple(items)
    if tag == "dict" and isinstance(body, list):
        return _decode_dict(body, depth, budget)
    raise NotDataError("an unknown tag")


def _decode_dict(pairs: list[object], depth: int, budget: _Budget) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise NotDataError("a dict item that is no pair")
        key, value = (_decode(item, depth + 1, budget) for item in pair)
        try:
            result[key] = value
        except TypeError as error:
            raise NotDataError("a dict key that can't be hashed") from error
    return result


def _decode_array(body: object) -> Any:
    import numpy  # only where answers are judged; the web decodes none

    if not isinstance(body, dict) or set(body) != {"dtype", "shape", "data"}:
        raise NotDataError("a malformed array")
    dtype, shape, text = body["dtype"], body["shape"], body["data"]
    if not (isinstance(dtype, str) and isinstance(text, str) and isinstance(shape, list)):
        raise NotDataError("a malformed array")
    if dtype not in ARRAY_DTYPES or len(shape) > MAX_DEPTH:
        raise NotDataError("a malformed array")
    if not all(type(length) is int and 0 <= length <= MAX_BYTES for length in shape):
        raise NotDataError("a malformed array")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotDataError("a malformed array") from error
    if math.prod(shape) * numpy.dtype(dtype).itemsize != len(raw):
        raise NotDataError("an array whose shape doesn't fit its bytes")
    array = numpy.frombuffer(raw, dtype=dtype).reshape(shape)
    return array[()] if not shape else array.copy()
