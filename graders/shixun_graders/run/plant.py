"""The plant beside a graded notebook, in a sandbox of its own: spoken to in JSON lines on stdin and stdout.

It has two lives, one after the other, with the trainee's point map and the lab's protocols in both. In the first the notebook
runs, with the HMI as in the lab. The second is for the calls: another process seed, other ports, no HMI, so that a function has
to read the registers, nodes or topics it claims to read. What each life was asked and what was true goes to a log that only this
process writes; marks say between which lines of it a call was answered.

This file is run as text (`python -c`) by the plant image, which holds nothing of the graders: so it imports none of them.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from shixun_plants.runner import TICK, LivePlant, PlantConfig
from shixun_plants.serving import Serving, quiet

FOLDER = Path("/tmp/plant")  # noqa: S108 - the sandbox's own
HOST = "127.0.0.1"
LOG_BYTES = 6_000_000  # of one life's log that the checks get
LAG = 1.0  # s of the wall clock to catch up at most


class Life:
    """One plant while it runs, and its log."""

    def __init__(self, number: int, job: dict[str, Any], spec: dict[str, Any]) -> None:
        self.number = number
        self._log = FOLDER / f"log{number}.jsonl"
        ports = spec["ports"]
        self._live = LivePlant(
            PlantConfig(
                kind=job["kind"],
                map_seed=bytes.fromhex(job["map_seed"]),
                process_seed=bytes.fromhex(spec["process_seed"]),
                speed=job["speed"],
                protocols=tuple(job["protocols"]),
                modbus_port=ports["modbus"],
                opcua_port=ports["opcua"],
                mqtt_port=ports["mqtt"],
                hmi_port=ports["hmi"],
                host=HOST,
                log_path=self._log,
                trace_path=self._log,
            )
        )
        self.points = json.loads(self._live.map.to_json())["points"]
        self._serving = Serving(self._live)
        self._live.warm_up()
        self._marks: list[tuple[int, dict[str, Any]]] = []
        self._clock: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve. OSError where a port is taken."""
        await self._serving.start()
        self._clock = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop serving; the log is complete afterwards."""
        if self._clock is None:
            return
        self._clock.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._clock
        self._clock = None
        await self._serving.close()
        self._live.close()

    def mark(self, entry: dict[str, Any]) -> None:
        """Note `entry` behind what is in the log by now."""
        self._live.flush()
        self._marks.append((self._log.stat().st_size, entry))

    def lines(self) -> list[bytes]:
        """The log with its marks, cut at `LOG_BYTES`."""
        with self._log.open("rb") as file:
            data = file.read(LOG_BYTES)
        found: list[bytes] = []
        start = 0
        for end, entry in [*self._marks, (len(data), None)]:
            found += data[start:end].splitlines()
            if entry is not None:
                found.append(json.dumps(entry).encode())
            start = end
        return found

    async def _run(self) -> None:
        then = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self._live.advance(min(now - then, LAG) * self._live.config.speed)
            then = now


async def main() -> None:
    """Serve one job until stdin closes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1_000_000)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    job = json.loads(await reader.readline())
    FOLDER.mkdir()
    quiet()
    lives: list[Life] = []
    for number, spec in enumerate(job["lives"]):
        life = Life(number, job, spec)
        lives.append(life)
        await life.start()
        if number == 0:
            say({"points": life.points})
        say({"ready": number})
    while line := await reader.readline():
        command = json.loads(line)
        if command["op"] == "mark":
            lives[command["life"]].mark(command)
        else:
            for life in lives if command["op"] == "stop" else [lives[command["life"]]]:
                await life.stop()
        say({"done": command["op"]})
        if command["op"] == "stop":
            for life in lives:
                found = life.lines()
                say({"life": life.number, "lines": len(found)})
                sys.stdout.buffer.write(b"".join(line + b"\n" for line in found))
            sys.stdout.flush()


def say(message: dict[str, Any]) -> None:
    """Write one line to the grader."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)
