"""Numbers as other systems' files write them."""

from __future__ import annotations

import math

from shixun_packs.exchange.findings import Unusable, both


def read_number(text: str) -> float:
    """A finite number. Raises `Unusable`."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        shown = text.strip()[:40]
        raise Unusable(both(f"“{shown}”不是数", f"{shown!r} is not a number"))
    return number
