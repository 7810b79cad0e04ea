"""The plant's historian: what clients were told, in an SQLite file that lessons and screens can query while the plant writes.

Schema: `tags(id, name, kind, unit, zh, en)`, one row for each tag but commands; `readings(id, t, tag, value, bad)` with the plant second
`t`, `tag` as `tags.id`, the value in the tag's unit, and `bad` 1 where its quality was bad. A reading is kept when it changed by its
signal's resolution, or its quality did; between two rows the value was the first one's. `id` grows; of the rows only the newest
`MAX_ROWS` are there. For example the last hour of one tag:

    SELECT t, value FROM readings JOIN tags ON tags.id = readings.tag
    WHERE name = 'filler.temperature' AND NOT bad AND t > (SELECT max(t) FROM readings) - 3600 ORDER BY t
"""

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from shixun_plants.faults import Measured
from shixun_plants.signals import Signal

MAX_ROWS = 250_000  # about 15 MB
_EVERY = 1.0  # plant s between two looks at the readings
_SCHEMA = """
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, unit TEXT NOT NULL, zh TEXT NOT NULL,
                   en TEXT NOT NULL);
CREATE TABLE readings (id INTEGER PRIMARY KEY, t REAL NOT NULL, tag INTEGER NOT NULL REFERENCES tags, value REAL NOT NULL,
                       bad INTEGER NOT NULL);
CREATE INDEX readings_by_tag ON readings (tag, t);
"""
_logger = logging.getLogger(__name__)


class Historian:
    """Writes to a new file; where the disk refuses, it ends and the plant goes on."""

    def __init__(self, path: Path, signals: Iterable[Signal], max_rows: int = MAX_ROWS) -> None:
        """Begins an empty history in place of what is at `path`. OSError where that can't be."""
        for old in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            old.unlink(missing_ok=True)
        path.touch()  # says what is wrong with the path, which SQLite doesn't
        self._signals = {signal.tag: signal for signal in signals if signal.kind != "command"}
        self._ids = {tag: number for number, tag in enumerate(self._signals, 1)}
        self._max_rows = max_rows
        self._kept: dict[str, tuple[float, bool]] = {}
        self._rows: list[tuple[float, int, float, bool]] = []
        self._looked = float("-inf")
        self._db: sqlite3.Connection | None = sqlite3.connect(path, isolation_level=None)
        # The plant can be run again: a history that a power cut spoils is no loss, a wait for the disk would be.
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; {_SCHEMA}")
        self._db.executemany(
            "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?)",
            [(self._ids[one.tag], one.tag, one.kind, one.unit, one.zh, one.en) for one in self._signals.values()],
        )

    def observe(self, reported: Measured) -> None:
        """Take a set of readings."""
        if self._db is None or reported.time - self._looked < _EVERY - 1e-6:
            return
        self._looked = reported.time
        for tag, signal in self._signals.items():
            value, bad = reported.values[tag], tag in reported.bad
            before = self._kept.get(tag)
            if before is None or before[1] != bad or abs(value - before[0]) >= signal.resolution:
                self._kept[tag] = value, bad
                self._rows.append((reported.time, self._ids[tag], value, bad))

    def flush(self) -> None:
        """Bring what was observed to the file, and drop what is too old."""
        if self._db is None or not self._rows:
            return
        rows, self._rows = self._rows, []
        try:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO readings (t, tag, value, bad) VALUES (?, ?, ?, ?)", rows)
            self._db.execute("DELETE FROM readings WHERE id <= (SELECT max(id) FROM readings) - ?", (self._max_rows,))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            _logger.warning("the history ends here: %s", error)
            self._end()

    def close(self) -> None:
        """Write the rest and close."""
        self.flush()
        self._end()

    def _end(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()
