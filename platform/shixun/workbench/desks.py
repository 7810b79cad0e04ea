"""A seat and the page that belongs to it."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from shixun.workbench.operations import Seat


@dataclass(frozen=True)
class Desk:
    """A seat with its page: title, way back, and the routes (`<prefix>lab`, `<prefix>start`, …) with their arguments."""

    seat: Seat
    title: str
    back_url: str
    prefix: str
    arguments: dict[str, str]
    attention: str | None = None  # the nonce that learning time begins with; None: no time counts here

    def url(self, action: str, **more: Any) -> str:
        """The address of the page (`lab`) or of an action on it."""
        values: dict[str, Any] = {**self.arguments, **more}
        return url_for(self.prefix + action, **values)
