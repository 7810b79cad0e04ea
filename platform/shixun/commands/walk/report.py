"""What the walkthrough prints: each step with what it observed, and whether that was as expected."""

import json
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click


class Unexpected(Exception):
    """The platform did something else than expected; the step ends here."""


@dataclass
class Step:
    """One step: what was observed, by name, and what was wrong with it."""

    name: str
    title: str
    observed: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    tried: bool = True

    @property
    def ok(self) -> bool:
        return self.tried and not self.problems

    def saw(self, name: str, value: Any) -> None:
        """Note an observation."""
        self.observed[name] = value

    def check(self, holds: bool, problem: str) -> bool:
        """Note a problem unless it holds; the step goes on."""
        if not holds:
            self.problems.append(problem)
        return holds

    def equal(self, name: str, found: Any, expected: Any) -> bool:
        """Note an observation that must have this value."""
        self.saw(name, found)
        return self.check(found == expected, f"{name}: {found!r} instead of {expected!r}")


@dataclass
class Report:
    """All steps so far. `tell` gets the lines for people; a run for machines has none."""

    url: str
    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def run(self, name: str, title: str, action: Callable[[Step], None]) -> Step:
        """Do a step. After a broken one the others are not tried: they build on it."""
        step = Step(name, title)
        self.steps.append(step)
        if any(not before.ok for before in self.steps[:-1]):
            step.tried = False
            self.tell(f"- {title}: not tried")
            return step
        began = time.monotonic()
        with _noting(step):
            action(step)
        step.seconds = round(time.monotonic() - began, 1)
        self._print(step)
        return step

    def _print(self, step: Step) -> None:
        mark = click.style("✓", fg="green") if step.ok else click.style("✗", fg="red")
        self.tell(f"{mark} {step.title} ({step.seconds:g} s)")
        for name, value in step.observed.items():
            self.tell(f"    {name}: {_shown(value)}")
        for problem in step.problems:
            self.tell(click.style(f"    ✗ {problem}", fg="red"))

    def as_json(self) -> str:
        """The report for machines."""
        steps = [
            {
                "name": step.name,
                "ok": step.ok,
                "tried": step.tried,
                "seconds": step.seconds,
                "observed": step.observed,
                "problems": step.problems,
            }
            for step in self.steps
        ]
        body = {"ok": self.ok, "url": self.url, **self.facts, "steps": steps}
        return json.dumps(body, ensure_ascii=False, indent=1, default=str)


@contextmanager
def _noting(step: Step) -> Iterator[None]:
    """A step that raises has a problem; the run ends in order all the same."""
    try:
        yield
    except Unexpected as problem:
        step.problems.append(str(problem))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        step.problems.append(f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
