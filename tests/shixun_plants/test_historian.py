"""The historian's file: what was told, found by SQL while the plant writes, and never larger than it may be."""

import sqlite3
from pathlib import Path

import pytest

from shixun_plants.faults import Fault, Measured
from shixun_plants.historian import Historian
from shixun_plants.plants import catalogue
from shixun_plants.runner import LivePlant

from .conftest import config


def test_readings_are_found_by_the_documented_query(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    live = LivePlant(config(tmp_path, history_path=path))
    signal = live.signals["filler.volume"]
    told = []
    for _ in range(100):
        live.advance(1.0)
        told.append((live.plant.time, live.reported.values["filler.volume"]))
    live.flush()
    with sqlite3.connect(path) as reader:  # while the plant has it open
        found = reader.execute(
            "SELECT t, value FROM readings JOIN tags ON tags.id = readings.tag WHERE name = 'filler.volume' AND NOT bad"
            " AND t > (SELECT max(t) FROM readings) - 3600 ORDER BY t"
        ).fetchall()
        (unit,) = reader.execute("SELECT unit FROM tags WHERE name = 'filler.volume'").fetchone()
        names = {name for (name,) in reader.execute("SELECT name FROM tags")}
    reader.close()
    assert unit == signal.unit
    assert names == {one.tag for one in live.plant.signals if one.kind != "command"}
    kept = dict(found)
    assert 10 < len(kept) <= len(told)
    last = None
    for t, value in told:  # between two rows the value is the first one's, to the signal's resolution
        last = kept.get(t, last)
        if last is not None:
            assert abs(value - last) < signal.resolution or t in kept
    live.close()


def test_a_bad_quality_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    live = LivePlant(config(tmp_path, history_path=path))
    live.advance(1.0)
    live.faults = (Fault("filler.temperature", "bad"),)
    live.advance(1.0)
    live.close()
    with sqlite3.connect(path) as reader:
        query = "SELECT bad FROM readings JOIN tags ON tags.id = tag WHERE name = 'filler.temperature' ORDER BY t"
        assert reader.execute(query).fetchall()[-1] == (1,)
    reader.close()


def test_the_file_is_a_ring(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    live = LivePlant(config(tmp_path))
    historian = Historian(path, live.plant.signals, max_rows=500)
    values = dict(live.reported.values)
    for number in range(3_000):
        values["line.good"] = number
        historian.observe(Measured(float(number), dict(values)))
        historian.flush()
    historian.close()
    with sqlite3.connect(path) as reader:
        count, oldest, newest = reader.execute("SELECT count(*), min(t), max(t) FROM readings").fetchone()
    reader.close()
    assert (count, oldest, newest) == (500, 2_500.0, 2_999.0)
    assert path.stat().st_size < 200_000
    live.close()


def test_a_disk_that_refuses_ends_the_history_and_not_the_plant(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    live = LivePlant(config(tmp_path, history_path=path))
    historian = live._historian
    assert historian is not None
    assert historian._db is not None
    historian._db.execute("PRAGMA max_page_count = 20")
    for _ in range(2_000):
        live.advance(1.0)
        live.flush()
    assert historian._db is None
    live.close()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        Historian(tmp_path / "missing" / "history.sqlite", catalogue("bottling"))
