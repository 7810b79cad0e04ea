"""`lab.toml` of a draft. Pure functions."""

from shixun_packs.lab import LabFile
from shixun_packs.toml import parse_toml, validate

FILE = "lab.toml"


def read(text: str) -> LabFile:
    """Read a draft's `lab.toml`. Raises `PackError`."""
    return validate(LabFile, parse_toml(text, FILE))
