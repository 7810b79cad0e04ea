"""The plant as a Sparkplug B edge node: its devices are the plant's device groups, its metrics their tags (Sparkplug 3.0.0, 5).

The births are not retained: who comes later asks for them with the node command `Node Control/Rebirth`. After a birth metrics are known
by alias. A bad reading is null, with the property `Quality` 0 (good: 192).
"""

import time
from typing import TYPE_CHECKING

from shixun_plants.mqtt.sparkplug import DataType, Metric, Payload, decode, encode
from shixun_plants.mqtt.topics import number
from shixun_plants.signals import Signal
from shixun_plants.writing import Refusal

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant

NAMESPACE, GROUP = "spBv1.0", "shixun"
REBIRTH, BD_SEQ = "Node Control/Rebirth", "bdSeq"
_GOOD, _BAD = 192, 0
_TYPES = {
    "analog": DataType.DOUBLE,
    "setpoint": DataType.DOUBLE,
    "counter": DataType.UINT32,
    "state": DataType.UINT16,
    "flag": DataType.BOOLEAN,
    "command": DataType.BOOLEAN,
    "switch": DataType.BOOLEAN,
}

Message = tuple[str, bytes]
Write = tuple[str, object, Refusal | None]


class EdgeNode:
    """Makes the node's messages and takes its commands. `rebirth` is set where a birth is due."""

    def __init__(self, live: "LivePlant") -> None:
        self._live = live
        self.name = live.config.kind
        self.devices: dict[str, list[Signal]] = {}
        for signal in live.plant.signals:
            self.devices.setdefault(signal.group, []).append(signal)
        self._alias = {signal.tag: number for number, signal in enumerate(live.plant.signals, 1)}
        self._by_alias = {alias: tag for tag, alias in self._alias.items()}
        self._seq = 0
        self.rebirth = True

    def topic(self, kind: str, device: str = "") -> str:
        """`spBv1.0/group/KIND/node[/device]`."""
        return f"{NAMESPACE}/{GROUP}/{kind}/{self.name}" + (f"/{device}" if device else "")

    def births(self) -> list[Message]:
        """NBIRTH and a DBIRTH for each device; the sequence begins again."""
        self._seq, self.rebirth = 0, False
        metrics = (
            Metric(0, DataType.INT64, BD_SEQ, timestamp=_now()),
            Metric(False, DataType.BOOLEAN, REBIRTH, timestamp=_now()),
            Metric(self._live.config.kind, DataType.STRING, "Properties/Kind", timestamp=_now()),
        )
        messages = [(self.topic("NBIRTH"), self._message(metrics))]
        for device, signals in self.devices.items():
            born = tuple(self._metric(signal, birth=True) for signal in signals)
            messages.append((self.topic("DBIRTH", device), self._message(born)))
        return messages

    def death(self) -> Message:
        """NDEATH: the node goes. It has no sequence number, but the bdSeq of its birth."""
        return self.topic("NDEATH"), encode(Payload((Metric(0, DataType.INT64, BD_SEQ),), _now()))

    def data(self, device: str, signals: list[Signal]) -> Message:
        """DDATA with what changed on one device."""
        return self.topic("DDATA", device), self._message(tuple(self._metric(signal) for signal in signals))

    def command(self, topic: str, data: bytes) -> list[Write] | None:
        """Take an NCMD or DCMD; what it wrote and what was refused. None where it is no command of ours, or no payload."""
        device = next((one for one in self.devices if topic == self.topic("DCMD", one)), None)
        if device is None and topic != self.topic("NCMD"):
            return None
        try:
            metrics = decode(data).metrics
        except ValueError:
            return None
        if device is None:
            asked = any(metric.name == REBIRTH and metric.value is True for metric in metrics)
            self.rebirth = self.rebirth or asked
            return [(REBIRTH, True, None)] if asked else []
        writes: list[Write] = []
        for metric in metrics:
            tag = metric.name or self._by_alias.get(metric.alias or 0, "")
            known = any(signal.tag == tag for signal in self.devices[device])
            refused = self._live.write(tag, metric.value) if known else "not writable"
            writes.append((tag, metric.value, refused))
        return writes

    def _message(self, metrics: tuple[Metric, ...]) -> bytes:
        made = encode(Payload(metrics, _now(), self._seq))
        self._seq = (self._seq + 1) % 256
        return made

    def _metric(self, signal: Signal, *, birth: bool = False) -> Metric:
        readings = self._live.reported
        bad = signal.tag in readings.bad
        kind = _TYPES[signal.kind]
        if signal.kind == "counter" and signal.resolution < 1.0:
            kind = DataType.DOUBLE
        value = None if bad else number(signal, readings.values[signal.tag])
        if kind is DataType.BOOLEAN and value is not None:
            value = bool(value)
        properties: dict[str, tuple[DataType, bool | int | float | str | None]] = {}
        if bad or birth:
            properties["Quality"] = (DataType.INT32, _BAD if bad else _GOOD)
        if birth and signal.unit:
            properties["engUnit"] = (DataType.STRING, signal.unit)
        if birth and signal.kind in ("analog", "setpoint"):
            properties |= {"engLow": (DataType.DOUBLE, signal.low), "engHigh": (DataType.DOUBLE, signal.high)}
        name = signal.tag if birth else ""
        return Metric(value, kind, name, self._alias[signal.tag], _now(), properties)


def _now() -> int:
    """ms since 1970, UTC."""
    return time.time_ns() // 1_000_000
