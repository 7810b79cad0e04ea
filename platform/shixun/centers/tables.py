"""Figures as CSV that a spreadsheet opens without running anything."""

import csv
import io
from collections.abc import Iterable
from typing import IO

_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def safe(value: object) -> str:
    """A cell's text. What a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    return "'" + text if text.lstrip(" ").startswith(_DANGEROUS) else text


def write_csv(file: IO[bytes], head: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
    """UTF-8 with a byte order mark, since Excel reads Chinese only so; lines end in CR LF."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([safe(cell) for cell in head])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    text.detach()
