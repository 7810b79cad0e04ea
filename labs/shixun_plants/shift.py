"""Recorded shifts: what the screen of a lab without code shows, and what its checks compute again."""

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from shixun_plants.plants import load

if TYPE_CHECKING:
    from shixun_plants.bottling.record import Shift

RECORDERS = {"bottling": "shixun_plants.bottling.record:record"}  # "module:attribute", loaded for who wants a shift


@lru_cache(maxsize=4)
def shift(kind: str, seed: bytes) -> "Shift":
    """The finished shift of the plant of a trainee. `seed` is the lab's map seed; ValueError for a kind without shifts."""
    if kind not in RECORDERS:
        raise ValueError(f"{kind!r} records no shifts; there are: {', '.join(RECORDERS)}")
    return cast("Shift", load(RECORDERS[kind])(seed))
