"""The log of what clients asked, and beside it what was true: JSON lines for lessons and for grading."""

import json
import logging
import math
from pathlib import Path
from typing import Any, TextIO

MAX_BYTES = 50_000_000
TEXT = 200  # characters of a value that the log keeps

_logger = logging.getLogger(__name__)


def plain(value: object) -> Any:
    """What a client sent, as JSON can hold it: numbers and short texts as they are, anything else as None or cut text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)[:TEXT]


class JsonLog:
    """One file of numbered JSON lines, capped.

    Each line has `n` (1, 2, …) and `t` (plant seconds). At the cap, or when the disk refuses, a last line `{"n", "t",
    "stopped": "size"|"disk"}` is tried and nothing follows: the plant goes on. With `path` None nothing is kept.
    """

    def __init__(self, path: Path | None, max_bytes: int = MAX_BYTES) -> None:
        """Begins an empty file. OSError where that can't be."""
        self._file: TextIO | None = path.open("w", encoding="utf-8") if path else None
        self._left = max_bytes
        self._number = 0

    def write(self, time: float, entry: dict[str, Any]) -> None:
        """Add a line."""
        if self._file is None:
            return
        line = self._line(time, entry)
        if len(line) > self._left:
            self._stop(time, "size")
            return
        self._left -= len(line)
        try:
            self._file.write(line)
        except OSError:
            self._stop(time, "disk")

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            try:
                self._file.flush()
            except OSError:
                self._stop(0.0, "disk")

    def close(self) -> None:
        """Flush and close; further lines are dropped."""
        self.flush()
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _line(self, time: float, entry: dict[str, Any]) -> str:
        self._number += 1
        # ASCII only (json's default), so that characters are bytes and the cap is exact.
        return json.dumps({"n": self._number, "t": round(time, 3), **entry}, separators=(",", ":")) + "\n"

    def _stop(self, time: float, reason: str) -> None:
        _logger.warning("the log ends here: %s", reason)
        file, self._file = self._file, None
        if file is None:
            return
        try:
            if reason == "size":
                self._number -= 1  # the line that didn't fit
                file.write(self._line(time, {"stopped": reason}))
            file.close()
        except OSError:
            _logger.warning("the log could not be closed")
