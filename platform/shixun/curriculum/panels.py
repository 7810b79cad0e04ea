"""Places on learning pages that features above fill: the runs that one can join, the hours that count."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask import Flask, current_app

from shixun.core.permissions import Actor

_KEY = "shixun-panels"


class Place(StrEnum):
    """Where a panel stands, and what its source is asked about."""

    COURSE = "course"  # a course's page: CourseVersion
    LEARNER = "learner"  # the trainee's page of a run: Enrolment
    RUN = "run"  # the instructors' page of a run: Run


@dataclass(frozen=True)
class Panel:
    """A template to include; it finds `context` as `panel.context`."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


Source = Callable[[Actor, Any], Panel | None]


def add_source(app: Flask, place: Place, source: Source) -> None:
    """Called by a feature's `init`."""
    app.extensions.setdefault(_KEY, {}).setdefault(place, []).append(source)


def panels(place: Place, actor: Actor, subject: object) -> list[Panel]:
    """The panels of a page for this person, in the order of features."""
    sources: list[Source] = current_app.extensions.get(_KEY, {}).get(place, [])
    return [panel for source in sources if (panel := source(actor, subject)) is not None]
