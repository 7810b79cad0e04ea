"""Plain data crosses the border exactly or not at all."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shixun_graders.data import MAX_DEPTH, NotDataError, decode, encode, loads

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"]))
keys = st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])) | st.tuples(st.integers())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner),
    max_leaves=20,
)


def exactly(a: Any, b: Any) -> bool:
    """Equal, of the same types, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return repr(a) == repr(b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(exactly, a, b))
    if isinstance(a, dict):
        return exactly(list(a.items()), list(b.items()))
    return bool(a == b)


@given(values)
def test_plain_data_comes_back_exactly(value: Any) -> None:
    assert exactly(decode(json.loads(json.dumps(encode(value), allow_nan=False))), value)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float32", "float64", "complex128", ">i4"])
def test_arrays_keep_shape_and_values(dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).T.astype(dtype)
    found = decode(encode(array))
    assert found.shape == (4, 3)
    assert found.dtype == np.dtype(dtype).newbyteorder("<")
    assert (found == array).all()
    scalar = decode(encode(np.float64(1.5)))
    assert type(scalar) is np.float64
    assert scalar == 1.5


class Lying(float):
    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Lying(1.0),
        {1, 2},
        b"bytes",
        1 + 2j,
        "\ud800",
        2**5000,
        print,
        np.array(["text"]),
        np.array([object()]),
        np.datetime64("2026-01-01"),
        {"a": [Lying(1.0)]},
        range(3),
    ],
)
def test_anything_else_is_no_data(value: object) -> None:
    with pytest.raises(NotDataError):
        encode(value)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_depth_count_and_size_are_limited() -> None:
    assert decode(encode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    endless: list[Any] = []
    endless.append(endless)
    for value in (nested(MAX_DEPTH + 1), endless, [0] * 300_000, "x" * 2_000_001, np.zeros(300_000)):
        with pytest.raises(NotDataError):
            encode(value)
    with pytest.raises(NotDataError):
        loads(b"[" * 100_000)
    with pytest.raises(NotDataError):
        loads(b" " * 3_000_000)


@pytest.mark.parametrize(
    "data",
    [
        [1],
        {},
        {"list": 1},
        {"list": [1], "tuple": [1]},
        {"pickle": "gASV"},
        {"float": "1.0"},
        {"float": ["nan"]},
        {"dict": [[1]]},
        {"dict": [[{"list": []}, 1]]},
        {"array": {"dtype": "O", "shape": [1], "data": ""}},
        {"array": {"dtype": ["<f8"], "shape": [1], "data": ""}},
        {"array": {"dtype": "<f8", "shape": [2], "data": "AAAAAAAAAEA="}},
        {"array": {"dtype": "<f8", "shape": [-1], "data": ""}},
        {"array": {"dtype": "<f8", "shape": [True], "data": "AAAAAAAAAEA="}},
        {"array": {"dtype": "<f8", "shape": [10**9, 10**9, 0], "data": ""}},
        {"array": {"dtype": "<f8", "shape": [], "data": "not base64!"}},
        {"array": {"dtype": "<f8", "shape": [1] * 40, "data": "AAAAAAAAAEA="}},
        math.inf,
        math.nan,
        10**2000,
    ],
)
def test_forged_data_is_refused(data: object) -> None:
    with pytest.raises(NotDataError):
        decode(data)
