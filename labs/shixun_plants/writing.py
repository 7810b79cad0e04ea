"""What a client may write, whatever the protocol: set points and commands, within their limits."""

import math
from typing import Literal

from shixun_plants.signals import Signal

Refusal = Literal["not writable", "not a number", "out of range"]


def refusal(signal: Signal, value: object) -> Refusal | None:
    """Why `value` (in the signal's unit) can't be written to `signal`, or None where it can. Booleans count as 0 and 1."""
    if not signal.writable:
        return "not writable"
    if not isinstance(value, int | float) or (isinstance(value, float) and not math.isfinite(value)):
        return "not a number"
    return None if signal.low <= value <= signal.high else "out of range"
