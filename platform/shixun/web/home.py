"""Cards on a center's first page. A feature adds what its people should see first; order is the order of modules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flask import Flask

from shixun.core.permissions import Actor


@dataclass(frozen=True)
class HomeCard:
    """One card: a title, one line, and where it leads. `figures` are (value, label) pairs; `progress` is 0..1 or None."""

    title: str
    text: str
    url: str
    action: str
    icon: str = "arrow-right"
    figures: Sequence[tuple[str, str]] = field(default_factory=list)
    progress: float | None = None


Source = Callable[[Actor], Sequence[HomeCard]]


def add_source(app: Flask, source: Source) -> None:
    """Called by a feature's `init`."""
    app.extensions.setdefault("shixun-home-cards", []).append(source)
