"""Repeatable draws from a byte seed.

A point map has to be the same in the plant, in the grader and years later, so it can't depend on how one version of
Python's `random` shuffles: only `random.Random.random` is promised to stay.
"""

import hashlib
import random
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of choices that depends on nothing but its seed and label (SHA-256 in counter mode)."""

    def __init__(self, seed: bytes, label: str) -> None:
        self._key = hashlib.sha256(label.encode() + b"\0" + seed).digest()
        self._counter = 0

    def below(self, limit: int) -> int:
        """A whole number in [0, limit). 64 bits are reduced, so the bias is under limit / 2**64."""
        block = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
        self._counter += 1
        return int.from_bytes(block[:8], "big") % limit

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the other."""
        return options[self.below(len(options))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Fisher-Yates, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def process_rng(process_seed: bytes) -> random.Random:
    """The random numbers of the process itself: failures, repairs, rejects, noise."""
    return random.Random(int.from_bytes(hashlib.sha256(b"shixun-process\0" + process_seed).digest(), "big"))  # noqa: S311 - repeatable is the point
