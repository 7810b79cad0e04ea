"""MQTT for a plant: its broker, and once a second what changed, on plain topics and as Sparkplug B."""

import asyncio
import base64
from typing import TYPE_CHECKING, Any

from shixun_plants.log import plain
from shixun_plants.mqtt.broker import PlantBroker
from shixun_plants.mqtt.edge import EdgeNode
from shixun_plants.mqtt.topics import RESULT, SET, Topics

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant
    from shixun_plants.signals import Signal

PERIOD = 1.0  # s of the wall clock between publications
_LOGGED = 2_000  # characters of a payload that the log keeps


class MqttServer:
    """Serves a plant until closed."""

    def __init__(self, live: "LivePlant") -> None:
        self._live = live
        self._topics = Topics(live)
        self._edge = EdgeNode(live)
        self._broker: PlantBroker | None = None
        self._sent: dict[str, tuple[float, bool]] = {}  # by tag: value and whether it was bad
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; with port 0 the system chooses and `port` says which. OSError where the address is taken."""
        self._broker = PlantBroker(self._on_event, self._on_message)
        self.port = await self._broker.listen(host, port)
        self.publish()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Say that the node goes, then cut all connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            assert self._broker is not None
            self._broker.publish(*self._edge.death())
        if self._broker is not None:
            await self._broker.end()
            self._broker = None

    def publish(self) -> None:
        """Send what changed since the last time; all of it the first time."""
        assert self._broker is not None
        changed = [signal for signal in self._live.plant.signals if self._changed(signal)]
        for signal in changed:
            self._broker.publish(self._topics.of[signal.tag], self._topics.reading(signal), retain=True)
        if self._edge.rebirth:
            messages = self._edge.births()
        else:
            devices = self._edge.devices.items()
            parts = {device: [one for one in signals if one in changed] for device, signals in devices}
            messages = [self._edge.data(device, part) for device, part in parts.items() if part]
        for topic, data in messages:
            self._broker.publish(topic, data)

    def _changed(self, signal: "Signal") -> bool:
        """Whether a reading is to be sent; commands have none."""
        if signal.kind == "command":
            return False
        readings = self._live.reported
        value, bad = readings.values[signal.tag], signal.tag in readings.bad
        before = self._sent.get(signal.tag)
        if before is not None and before[1] == bad and abs(value - before[0]) < signal.resolution:
            return False
        self._sent[signal.tag] = value, bad
        return True

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            self.publish()

    def _on_event(self, op: str, client: str, entry: dict[str, Any]) -> None:
        self._live.record("mqtt", op, {"client": client, **entry})

    def _on_message(self, client: str, topic: str, data: bytes, qos: int, retain: bool) -> None:
        """Log what a client published, and do it where it is a command."""
        writes: list[tuple[str, Any, Any]] | None = None
        if (tag := self._topics.tag(topic)) is not None:
            value = self._topics.wish(data)
            writes = [(tag, value, self._live.write(tag, value))]
        elif topic.endswith(f"CMD/{self._edge.name}") or f"CMD/{self._edge.name}/" in topic:
            writes = self._edge.command(topic, data)
        entry = {"client": client, "topic": topic, "qos": qos, "retain": retain, **_shown(data)}
        if writes is not None:
            done = [
                {"tag": plain(tag), "value": plain(value), **({"error": why} if why else {})}
                for tag, value, why in writes
            ]
            entry["writes"] = done
        self._live.record("mqtt", "publish", entry)
        if tag is not None and writes:
            signal = self._live.signals[tag]
            assert self._broker is not None
            self._broker.publish(topic.removesuffix(SET) + RESULT, self._topics.result(signal, writes[0][2]))


def _shown(data: bytes) -> dict[str, Any]:
    """A payload for the log: text as it is, anything else as base64; both cut."""
    try:
        return {"payload": data.decode()[:_LOGGED]}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data[:_LOGGED]).decode()}
