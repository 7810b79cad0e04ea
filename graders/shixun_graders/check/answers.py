"""What every pack's `judge` does with answers: read a trainee's number, and say why there is no value."""

from __future__ import annotations

import math

from shixun_graders.protocol import Answer, AnswerError

_HINTS = {
    AnswerError.MISSING: "missing",
    AnswerError.TIMEOUT: "too-slow",
    AnswerError.NOT_DATA: "not-data",
    AnswerError.DIED: "died",
}


def as_number(value: object) -> float | None:
    """A trainee's number as a float: of an exact plain or numpy type, finite, no bool; else None."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()  # type: ignore[attr-defined]  # a numpy scalar
    if type(value) not in (int, float):
        return None
    try:
        found = float(value)  # type: ignore[arg-type]  # int or float, see above
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def failure_hint(answer: Answer) -> str:
    """The key of the hint for a call without a value; a pack that uses it has all five."""
    assert answer.error is not None
    return _HINTS.get(answer.error, "raised")
