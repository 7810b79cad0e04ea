"""Ids for questions that come without one of ours: the same file gives the same ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
LONGEST = 41


def is_slug(text: str) -> bool:
    """Whether a pack may use `text` as it is."""
    return _SLUG.fullmatch(text) is not None


def slug_from(name: str, fallback: str, taken: Container[str]) -> str:
    """A slug made of what is Latin in `name` (else `fallback`), numbered while it is in `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    words = re.sub(r"^[^a-z]+", "", words)[:LONGEST].strip("-")
    base = words if is_slug(words) else fallback
    found, number = base, 2
    while found in taken:
        found, number = f"{base[: LONGEST - 5]}-{number}", number + 1
    return found
