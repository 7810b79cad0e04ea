"""Parsing a trainee's JSON without trusting its size: counted first, built afterwards.

A small text can become a huge object (eight bytes for a `[],` that costs two hundred), and deep nesting overflows stacks.
So the text's structure is counted by `re` and `bytes.translate`, at a few hundred MB/s and without building anything,
before `json` sees it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from shixun_graders.intake.refusal import RefusalError
from shixun_graders.protocol import Reason

# Possessive, so that no text makes it go back: an unclosed string ends the match and is json's to refuse.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True)
class Shape:
    """What a text may hold: bytes, values (as counted by commas and brackets), levels of nesting."""

    text_bytes: int = 8_000_000
    values: int = 300_000
    depth: int = 40


NOTEBOOK = Shape()


def parse(text: bytes, limits: Shape = NOTEBOOK) -> Any:
    """Parse JSON within the limits. Raises RefusalError (too-large, too-complex, not-json)."""
    if len(text) > limits.text_bytes:
        raise RefusalError(Reason.TOO_LARGE)
    bare = _STRING.sub(b"", text)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > limits.values:
        raise RefusalError(Reason.TOO_COMPLEX)
    depth = 0
    for bracket in bare.translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limits.depth:
            raise RefusalError(Reason.TOO_COMPLEX)
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusalError(Reason.NOT_JSON) from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
