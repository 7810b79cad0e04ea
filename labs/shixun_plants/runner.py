"""A plant that runs: the process in real time (or faster), its registers, its screen and its log, in one asyncio loop."""

import asyncio
import gc
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from shixun_plants.faults import Fault, Measured
from shixun_plants.log import MAX_BYTES, JsonLog
from shixun_plants.mapgen import point_map
from shixun_plants.plants import make_plant
from shixun_plants.rig import Rig
from shixun_plants.seeds import process_rng
from shixun_plants.serving import Serving, quiet
from shixun_plants.writing import Refusal, refusal

if TYPE_CHECKING:
    from shixun_plants.historian import Historian
    from shixun_plants.registers import Registers

Protocol = Literal["modbus", "opcua", "mqtt"]

TICK = 0.1  # s of the wall clock between updates
WARM_UP_READINGS = 300  # of the time before the doors open, for the trends of the screen
_MAX_LAG = 1.0  # s of the wall clock to catch up at most after the machine stood still
_TRACE_EVERY = 1.0  # plant s between trace lines while nobody asks


@dataclass(frozen=True, slots=True)
class PlantConfig:
    """How to run a plant. `speed` is plant seconds per second (0.1 to 100); ports may be 0 (the system chooses).

    A port of a protocol that is not among `protocols` means nothing, and no screen is served where `hmi_port` is None.
    `history_path` is the historian's file, None for none.
    `trace_path` may be `log_path`: trace lines then stand between the requests, in the order in which things happened.
    """

    kind: str
    map_seed: bytes
    process_seed: bytes
    speed: float = 1.0
    protocols: tuple[Protocol, ...] = ("modbus",)
    modbus_port: int = 5020
    opcua_port: int = 4840
    mqtt_port: int = 1883
    hmi_port: int | None = 8600
    host: str = "127.0.0.1"
    log_path: Path | None = None
    trace_path: Path | None = None
    history_path: Path | None = None
    faults_menu: bool = False

    def __post_init__(self) -> None:
        if not 0.1 <= self.speed <= 100.0:
            raise ValueError("speed is plant seconds per second, 0.1 to 100")
        if not self.protocols or not set(self.protocols) <= set(get_args(Protocol)):
            raise ValueError(f"protocols are some of: {', '.join(get_args(Protocol))}")


class LivePlant:
    """The process, its instruments and its registers; protocols and screen hang on to this."""

    def __init__(self, config: PlantConfig) -> None:
        """Builds the plant. ValueError for an unknown kind, OSError for a log that can't be written."""
        self.config = config
        self.plant = make_plant(config.kind, process_rng(config.process_seed))
        self.map = point_map(config.kind, config.map_seed)
        self.rig = Rig(self.plant, process_rng(config.process_seed + b"/instruments"))
        self._log = JsonLog(config.log_path, MAX_BYTES)
        shared = config.trace_path is not None and config.trace_path == config.log_path
        self._trace = self._log if shared else JsonLog(config.trace_path, MAX_BYTES)
        self._traces = config.trace_path is not None
        self._traced = -1.0
        self.signals = {signal.tag: signal for signal in self.plant.signals}
        self.listeners: list[Callable[[Measured], None]] = []  # each gets every new set of reported readings
        self._historian = self._open_history()

    @property
    def true(self) -> dict[str, float]:
        """What the process does, by tag."""
        return self.rig.true

    @property
    def measured(self) -> Measured:
        """What the instruments say, and the plant's own controller acts on."""
        return self.rig.measured

    @property
    def reported(self) -> Measured:
        """What clients and the screen get: the measured values, but for attacks on the network."""
        return self.rig.reported

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults and attacks, past and future ones too."""
        return self.rig.faults

    @faults.setter
    def faults(self, faults: tuple[Fault, ...]) -> None:
        self.rig.faults = faults

    @cached_property
    def registers(self) -> "Registers":
        """What Modbus serves, made at first use: a plant without Modbus doesn't load it."""
        from shixun_plants.registers import Registers

        made = Registers(self.map, self.plant.signals, self._on_request, self.rig.write)
        made.update(self.reported.values)
        self.listeners.append(lambda reported: made.update(reported.values))
        return made

    def warm_up(self) -> None:
        """Let the time pass that lies before the doors open; listeners see the last part of it."""
        seen = min(self.plant.remembered, self.plant.warm_up)
        if self.plant.warm_up > seen:
            self.rig.advance(self.plant.warm_up - seen)
        for _ in range(WARM_UP_READINGS):
            self._pass(seen / WARM_UP_READINGS)

    def advance(self, dt: float) -> None:
        """Let `dt` plant seconds pass and tell the listeners what is reported then."""
        self._pass(dt)
        if self.plant.time - self._traced >= _TRACE_EVERY:
            self._write_trace()

    def write(self, tag: str, value: object) -> Refusal | None:
        """A client's wish, in the signal's unit; why it is refused, or None. It acts at the next `advance`."""
        found = refusal(self.signals[tag], value) if tag in self.signals else "not writable"
        if found is None:
            self.rig.write(tag, float(value))  # type: ignore[arg-type]
        return found

    def record(self, protocol: Protocol | Literal["hmi"], op: str, entry: dict[str, Any]) -> None:
        """Log what a client asked, or an operator did at the screen.

        The truth that it met stands right before it, even between two regular lines.
        """
        if self._traced != self.plant.time:
            self._write_trace()
        self._log.write(self.plant.time, {"op": op, "protocol": protocol, **entry})

    def flush(self) -> None:
        """Bring log and history to their files."""
        if self._historian is not None:
            self._historian.flush()
        self._log.flush()
        self._trace.flush()

    def close(self) -> None:
        """End log and history."""
        if self._historian is not None:
            self._historian.close()
        self._log.close()
        self._trace.close()

    def _pass(self, dt: float) -> None:
        self.rig.advance(dt)
        reported = self.rig.reported
        for listener in self.listeners:
            listener(reported)

    def _open_history(self) -> "Historian | None":
        if self.config.history_path is None:
            return None
        from shixun_plants.historian import Historian

        made = Historian(self.config.history_path, self.plant.signals)
        self.listeners.append(made.observe)
        return made

    def _on_request(
        self, op: str, unit: int, fc: int, address: int, count: int, values: list[int], error: int | None
    ) -> None:
        entry = {"unit": unit, "fc": fc, "address": address, "count": count, "values": values}
        self.record("modbus", op, entry if error is None else {**entry, "error": int(error)})

    def _write_trace(self) -> None:
        self._traced = self.plant.time
        if self._traces:
            # "measured" is what a client was told; where an attack bent that, "instruments" has what the controller saw.
            told, seen = self.reported, self.measured
            entry = {"true": self.true, "measured": dict(told.values)}
            self._trace.write(self.plant.time, entry if told is seen else {**entry, "instruments": dict(seen.values)})


async def _run_clock(live: LivePlant, stop: asyncio.Event) -> None:
    """Advance the plant with the wall clock until told to stop."""
    then = time.monotonic()
    while not stop.is_set():
        try:
            async with asyncio.timeout(TICK):
                await stop.wait()
        except TimeoutError:
            now = time.monotonic()
            live.advance(min(now - then, _MAX_LAG) * live.config.speed)
            then = now
            live.flush()


async def serve(config: PlantConfig, stop: asyncio.Event) -> None:
    """Run a plant until `stop`; prints the ready line. OSError where a port is taken or the log can't be written."""
    live = LivePlant(config)
    serving = Serving(live)
    live.warm_up()
    try:
        await serving.start()
        # What stands now stays: searching 6000 nodes of OPC UA for garbage again and again would hold the plant up.
        gc.collect()
        gc.freeze()
        sys.stdout.write(json.dumps({"ready": True, **serving.ports}) + "\n")
        sys.stdout.flush()
        await _run_clock(live, stop)
    finally:
        await serving.close()
        live.close()


def run(config: PlantConfig) -> int:
    """Run until SIGTERM or SIGINT; the exit status."""

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    quiet()

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve(config, stop)

    try:
        asyncio.run(main())
    except OSError as error:
        sys.stderr.write(f"the plant can't start: {error.strerror or error} {error.filename or ''}".rstrip() + "\n")
        return 1
    return 0


def seed_from_env(name: str, default: bytes) -> bytes:
    """A hex seed from the environment. ValueError names the variable."""
    text = os.environ.get(name, "")
    try:
        return bytes.fromhex(text) if text else default
    except ValueError:
        raise ValueError(f"{name} is not hexadecimal") from None
