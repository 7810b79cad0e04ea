"""Drawing a point map from a seed: see `pointmap` for what every map has to hold."""

from dataclasses import dataclass

from shixun_plants.plants import catalogue
from shixun_plants.pointmap import Dtype, Point, PointMap, Table, WordOrder
from shixun_plants.seeds import Draw
from shixun_plants.signals import Signal

_SCALES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_GAP_PERCENT = 15


@dataclass(frozen=True, slots=True)
class _Device:
    """One Modbus unit: its id, its word order, and where each of its tables begins."""

    unit_id: int
    word_order: WordOrder
    bases: dict[Table, int]


@dataclass(frozen=True, slots=True)
class _Coding:
    table: Table
    dtype: Dtype
    scale: float = 1.0
    offset: float = 0.0


def point_map(kind: str, map_seed: bytes) -> PointMap:
    """The map of one trainee: the same for the same seed, for ever. ValueError for an unknown kind."""
    draw = Draw(map_seed, f"shixun-point-map/1/{kind}")
    groups: dict[str, list[Signal]] = {}
    for signal in catalogue(kind):
        groups.setdefault(signal.group, []).append(signal)
    # Largest first: the devices with many points are the ones that must differ in word order and share addresses.
    devices = _devices(sorted(groups, key=lambda group: (-len(groups[group]), group)), draw)
    points: list[Point] = []
    for group, signals in groups.items():
        points += _lay_out(signals, devices[group], draw)
    order = {signal.tag: number for number, signal in enumerate(catalogue(kind))}
    return PointMap(tuple(sorted(points, key=lambda point: order[point.tag])))


def _devices(groups: list[str], draw: Draw) -> dict[str, _Device]:
    """Different unit ids; both word orders in the first three; the first two share the start of their registers."""
    ids: list[int] = []
    while len(ids) < len(groups):
        unit_id = 1 + draw.below(247)
        if unit_id not in ids:
            ids.append(unit_id)
    orders: list[WordOrder] = ["big", "little", draw.choice(("big", "little"))]
    draw.shuffle(orders)
    shared = {table: 1 + draw.below(40) * 10 + draw.below(10) for table in ("holding", "input")}
    devices = {}
    for number, group in enumerate(groups):
        bases: dict[Table, int] = {table: 1 + draw.below(900) for table in ("holding", "input", "coil", "discrete")}
        if number < 2:
            bases |= shared  # type: ignore[arg-type]
        devices[group] = _Device(ids[number], orders[number % len(orders)], bases)
    return devices


def _lay_out(signals: list[Signal], device: _Device, draw: Draw) -> list[Point]:
    """One device's points: shuffled, packed behind each other, now and then with a hole of up to 4 registers."""
    shuffled = list(signals)
    draw.shuffle(shuffled)
    codings = _codings(shuffled, draw)
    following = dict(device.bases)
    points = []
    for signal in shuffled:
        coding = codings[signal.tag]
        # No hole before the first point of a table: devices that share a base then share an address for certain.
        if following[coding.table] > device.bases[coding.table] and draw.below(100) < _GAP_PERCENT:
            following[coding.table] += 1 + draw.below(4)
        point = Point(
            tag=signal.tag,
            unit_id=device.unit_id,
            table=coding.table,
            address=following[coding.table],
            dtype=coding.dtype,
            word_order=device.word_order,
            scale=coding.scale,
            offset=coding.offset,
            unit=signal.unit,
            writable=signal.writable,
        )
        following[coding.table] += point.count
        points.append(point)
    return points


def _codings(signals: list[Signal], draw: Draw) -> dict[str, _Coding]:
    """How each signal is stored. A device's first two analog ones are a float and a scaled integer, in two tables."""
    codings: dict[str, _Coding] = {}
    analog = 0
    for signal in signals:
        registers: tuple[Table, Table] = ("holding", "input")
        if signal.kind in ("command", "switch"):
            codings[signal.tag] = _Coding("coil", "bool")
        elif signal.kind == "flag":
            codings[signal.tag] = _Coding(draw.choice(("coil", "discrete")), "bool")
        elif signal.kind == "state":
            codings[signal.tag] = _Coding(draw.choice(registers), "uint16")
        elif signal.kind == "counter":
            scale = 1.0 if signal.resolution >= 1.0 else draw.choice((0.1, 0.01))
            codings[signal.tag] = _Coding(draw.choice(registers), "uint32", scale)
        elif signal.kind == "setpoint":
            wide = signal.high > 32767
            codings[signal.tag] = _Coding("holding", "uint32") if wide else _number("holding", signal, draw, None)
        else:
            table = registers[analog % 2] if analog < 2 else draw.choice(registers)
            codings[signal.tag] = _number(table, signal, draw, (analog == 0) if analog < 2 else None)
            analog += 1
    return codings


def _number(table: Table, signal: Signal, draw: Draw, as_float: bool | None) -> _Coding:
    """A float, or an integer with a scale that covers the range and keeps the resolution; `as_float` None: either."""
    if as_float is None:
        as_float = draw.below(2) == 0
    if as_float:
        return _Coding(table, "float32")
    offset = signal.low if signal.low < 0 and draw.below(2) else 0.0
    signed = signal.low - offset < 0
    dtype: Dtype = draw.choice(("int16", "int32")) if signed else draw.choice(("int16", "uint16", "int32"))
    limit = {"int16": 2**15 - 1, "uint16": 2**16 - 1}.get(dtype, 2**31 - 1)
    reach = max(abs(signal.low - offset), abs(signal.high - offset))
    fitting = [scale for scale in _SCALES if scale <= signal.resolution and reach / scale <= limit]
    # A scale of 1 would be no scaling: only signals in whole units get it, and those never need to be scaled up.
    return _Coding(table, dtype, draw.choice(fitting), offset)
