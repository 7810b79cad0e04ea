"""The kinds of plant, each behind one small interface: adapters, runner and graders know no more than this."""

import random
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from shixun_plants.bottling.plant import BottlingPlant
from shixun_plants.signals import Signal


class Plant(Protocol):
    """A plant that lives: holds its state and advances it. The physics is a pure `step` in the kind's own package."""

    signals: ClassVar[tuple[Signal, ...]]

    @property
    def time(self) -> float:
        """Plant seconds since the process began."""

    def set(self, tag: str, value: float) -> None:
        """Take a command or set point from outside; it acts at the next `advance`."""

    def advance(self, dt: float) -> None:
        """Let `dt` plant seconds pass, in steps that the physics can take."""

    def true_values(self) -> dict[str, float]:
        """Every tag's true value in its signal's unit."""

    def view(self) -> dict[str, Any]:
        """What the HMI draws beyond the tags' readings (capacities and the like), JSON-ready."""


KINDS = {"bottling": BottlingPlant}


def make_plant(kind: str, rng: random.Random, params: Mapping[str, Any] | None = None) -> Plant:
    """A new plant of a kind. `params` overrides fields of the kind's parameters; ValueError names what is wrong."""
    if kind not in KINDS:
        raise ValueError(f"no plant kind {kind!r}; there are: {', '.join(KINDS)}")
    return KINDS[kind](rng, params)


def catalogue(kind: str) -> tuple[Signal, ...]:
    """All signals of a kind, in the order in which the HMI lists them."""
    if kind not in KINDS:
        raise ValueError(f"no plant kind {kind!r}; there are: {', '.join(KINDS)}")
    return KINDS[kind].signals
