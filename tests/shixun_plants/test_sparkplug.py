"""The Sparkplug B codec against protobuf's own, with the fields as Eclipse Tahu's sparkplug_b.proto numbers them."""

import contextlib

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from shixun_plants.mqtt.sparkplug import MAX_METRICS, DataType, Metric, Payload, decode, encode

_SCALARS = {
    "int_value": (10, "UINT32"), "long_value": (11, "UINT64"), "float_value": (12, "FLOAT"), "double_value": (13, "DOUBLE"),
    "boolean_value": (14, "BOOL"), "string_value": (15, "STRING"),
}  # fmt: skip


def _payload_class() -> type:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="t", syntax="proto2")
    field = descriptor_pb2.FieldDescriptorProto

    def add(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str, *, many: bool = False) -> None:
        label = field.LABEL_REPEATED if many else field.LABEL_OPTIONAL
        made = message.field.add(name=name, number=number, label=label)
        if kind.startswith("."):
            made.type, made.type_name = field.TYPE_MESSAGE, kind
        else:
            made.type = getattr(field, f"TYPE_{kind}")

    value = file.message_type.add(name="PropertyValue")
    for name, number, kind in (
        ("type", 1, "UINT32"), ("is_null", 2, "BOOL"), *((name, number - 7, kind) for name, (number, kind) in _SCALARS.items()),
    ):  # fmt: skip
        add(value, name, number, kind)
    properties = file.message_type.add(name="PropertySet")
    add(properties, "keys", 1, "STRING", many=True)
    add(properties, "values", 2, ".t.PropertyValue", many=True)
    metric = file.message_type.add(name="Metric")
    for name, number, kind in (
        ("name", 1, "STRING"), ("alias", 2, "UINT64"), ("timestamp", 3, "UINT64"), ("datatype", 4, "UINT32"), ("is_null", 7, "BOOL"),
        ("properties", 9, ".t.PropertySet"), *((name, number, kind) for name, (number, kind) in _SCALARS.items()),
    ):  # fmt: skip
        add(metric, name, number, kind)
    payload = file.message_type.add(name="Payload")
    add(payload, "timestamp", 1, "UINT64")
    add(payload, "metrics", 2, ".t.Metric", many=True)
    add(payload, "seq", 3, "UINT64")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: type = message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Payload"))
    return found


Theirs = _payload_class()


def test_protobuf_reads_ours() -> None:
    metrics = (
        Metric(8.25, DataType.DOUBLE, "filler.temperature", 3, 17, {"engUnit": (DataType.STRING, "°C")}),
        Metric(4_000_000_000, DataType.UINT32, "count", 4),
        Metric(-2, DataType.INT32, "signed"),
        Metric(-3, DataType.INT64, "wide"),
        Metric(0.5, DataType.FLOAT, "float"),
        Metric(True, DataType.BOOLEAN, "on"),
        Metric("灌装", DataType.STRING, "text"),
        Metric(None, DataType.DOUBLE, "gone", properties={"Quality": (DataType.INT32, 0)}),
    )
    read = Theirs.FromString(encode(Payload(metrics, 1_700_000_000_000, 255)))  # type: ignore[attr-defined]
    assert (read.timestamp, read.seq, len(read.metrics)) == (1_700_000_000_000, 255, 8)
    first = read.metrics[0]
    assert (first.name, first.alias, first.timestamp, first.datatype) == ("filler.temperature", 3, 17, 10)
    assert first.double_value == 8.25
    assert (first.properties.keys[0], first.properties.values[0].string_value) == ("engUnit", "°C")
    assert read.metrics[1].int_value == 4_000_000_000
    assert read.metrics[2].int_value == 2**32 - 2
    assert read.metrics[3].long_value == 2**64 - 3
    assert read.metrics[4].float_value == 0.5
    assert read.metrics[5].boolean_value is True
    assert read.metrics[6].string_value == "灌装"
    assert read.metrics[7].is_null
    assert read.metrics[7].properties.values[0].int_value == 0


def test_ours_reads_protobuf() -> None:
    theirs = Theirs(timestamp=5, seq=6)
    theirs.metrics.add(name="a", datatype=DataType.INT32, int_value=2**32 - 7)  # type: ignore[attr-defined]
    theirs.metrics.add(alias=9, datatype=DataType.FLOAT, float_value=0.5)  # type: ignore[attr-defined]
    theirs.metrics.add(name="b", datatype=99, string_value="x")  # type: ignore[attr-defined]
    read = decode(theirs.SerializeToString())  # type: ignore[attr-defined]
    assert (read.timestamp, read.seq) == (5, 6)
    assert [metric.value for metric in read.metrics] == [-7, 0.5, "x"]
    assert (read.metrics[1].alias, read.metrics[2].datatype) == (9, None)


_VALUES = st.one_of(
    st.tuples(st.just(DataType.DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(DataType.FLOAT), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just(DataType.INT32), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(DataType.INT64), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(DataType.UINT64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(DataType.BOOLEAN), st.booleans()),
    st.tuples(st.just(DataType.STRING), st.text(max_size=40)),
    st.tuples(st.just(DataType.DOUBLE), st.none()),
)


@given(st.lists(st.tuples(_VALUES, st.text(max_size=20), st.integers(0, 2**64 - 1)), max_size=20))
def test_what_is_encoded_is_decoded(items: list[tuple[tuple[DataType, object], str, int]]) -> None:
    metrics = tuple(Metric(value, kind, name, alias) for (kind, value), name, alias in items)  # type: ignore[arg-type]
    assert decode(encode(Payload(metrics, 1, 2))) == Payload(metrics, 1, 2)


@given(st.binary(max_size=300))
def test_anything_is_a_payload_or_a_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode(data)


def test_a_payload_is_bounded() -> None:
    with pytest.raises(ValueError, match="more than"):
        decode(encode(Payload(tuple(Metric(0, DataType.INT32) for _ in range(MAX_METRICS + 1)))))
