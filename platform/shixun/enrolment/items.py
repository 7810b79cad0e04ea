"""Where the items of a course lead. Features above enrolment say it for the kinds that are theirs."""

from flask import url_for

from shixun.curriculum.models import CourseItem
from shixun.enrolment.models import Run

_endpoints: dict[str, str] = {"lesson": "learning.lesson"}


def register(kind: str, endpoint: str) -> None:
    """Pages of items of this kind; the endpoint takes `run` (its id) and `item` (its slug)."""
    _endpoints[kind] = endpoint


def url(run: Run, item: CourseItem) -> str | None:
    """The page of an item within a run; None for a kind that nobody here can show."""
    endpoint = _endpoints.get(item.kind)
    return url_for(endpoint, run=run.id, item=item.slug) if endpoint else None
