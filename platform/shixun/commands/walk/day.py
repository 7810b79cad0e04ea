"""What the steps of one walkthrough share: the people, where things are, and what was seen so far."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shixun.accounts.demo import CENTER
from shixun.commands.walk.browser import Page, Person
from shixun.commands.walk.html import Element
from shixun.commands.walk.report import Unexpected

COURSE, LESSON, QUIZ, LAB = "demo-first-steps", "how-it-works", "first-quiz", "modbus-point-map"
PLANNED_MINUTES = 3.0  # of the demo run
CREDIT_AT = 0.6  # of the planned time, by the counting rule and the run's own pass rule


@dataclass
class Day:
    """One walkthrough. `stamp` makes its names its own; `practice`: labs are not isolated here, so nothing of them counts."""

    url: str
    stamp: str
    contest_seconds: int
    trainee: Person = field(init=False)
    newcomer: Person = field(init=False)
    instructor: Person = field(init=False)
    organizer: Person = field(init=False)
    manager: Person = field(init=False)
    administrator: Person = field(init=False)
    neighbour: Person = field(init=False)
    practice: bool = False
    run_id: str = ""
    before: Any = None  # figures.Books
    reading: list[Any] = field(default_factory=list)  # learning.Reading, one for each trainee
    submission: str = ""  # address of the trainee's result
    graded: bool = False
    contest: str = ""  # address of the contest
    contest_ends: float = 0.0  # by this machine's monotonic clock

    @property
    def center(self) -> str:
        return f"{self.url}/c/{CENTER}"

    @property
    def run(self) -> str:
        """The demo run as its trainees see it."""
        return f"{self.center}/learn/{self.run_id}"

    def lab(self) -> str:
        return f"{self.run}/labs/{LAB}"


def until(what: str, seconds: float, look: Callable[[], Any], pause: float = 1.0) -> Any:
    """The first true answer of `look`. Raises `Unexpected` with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Unexpected(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def link(page: Page, href: str, what: str) -> str:
    """The first link whose address matches a pattern."""
    return page.need(what, "a", href=re.compile(href)).get("href")


def score_in(page: Page, place: str = "result") -> tuple[float | None, float]:
    """(points, of how many) of the first score in the element with this id; points None: not known yet."""
    found = page.need(f"#{place}", id=place).first(css="score")
    if found is None:
        raise Unexpected(f"no score on {page.url}: {page.said()}")
    value, most = _text(found, "b"), found.all("span", css="muted")[-1].text
    return (None if value == "–" else float(value)), float(most.lstrip("/ "))


def _text(element: Element, tag: str) -> str:
    found = element.first(tag)
    return found.text if found is not None else ""


def facts_of(page: Page) -> dict[str, str]:
    """The definition lists of a page: term → text."""
    found: dict[str, str] = {}
    for pair in (one for facts in page.root.all("dl", css="facts") for one in facts.all("div")):
        term, text = pair.first("dt"), pair.first("dd")
        if term is not None and text is not None:
            found[term.text] = text.text
    return found
