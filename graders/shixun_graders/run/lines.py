"""JSON lines over a pipe or socket, bounded: the talk inside the run sandbox."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

MAX_LINE = 6_000_000  # bytes; an answer has at most 2 MB
CHUNK = 65536


class Closed(Exception):
    """The other side is gone, or sent what can't be taken."""


class Lines:
    """Reads and writes one JSON object per line on two descriptors (which may be one)."""

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink = source, sink
        self._buffer = bytearray()

    def fileno(self) -> int:
        """The descriptor that is read."""
        return self._source

    def send(self, message: dict[str, Any]) -> None:
        """Write one message, waiting until it is taken. Raises Closed."""
        data = memoryview(json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n")
        try:
            while data:
                data = data[os.write(self._sink, data[:CHUNK]) :]
        except OSError as error:
            raise Closed from error

    def receive(self, seconds: float | None = None) -> dict[str, Any]:
        """Read one message. Raises TimeoutError after `seconds`, Closed at the end or for what is no message."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._source], [], [], left)[0]:
                raise TimeoutError
            try:
                chunk = os.read(self._source, CHUNK)
            except OSError as error:
                raise Closed from error
            if not chunk or len(self._buffer) > MAX_LINE:
                raise Closed
            self._buffer += chunk
        line, _newline, self._buffer = self._buffer.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Closed from error
        if not isinstance(message, dict):
            raise Closed
        return message
