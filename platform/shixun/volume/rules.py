"""Counting rules as data: versioned files that say in words and in numbers how person-times are counted."""

import hashlib
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import rfc8785

FOLDER = Path(__file__).parent / "rules"
DEFAULT = ("once-per-run", "1")


@dataclass(frozen=True)
class Rule:
    """A version of a rule. `share`: part of a run's planned time that earns the person-time; `digest` is of the whole file's data.

    `text`, `time` and `hours` are `{zh, en}`: what counts, how time is merged, how class hours are awarded.
    """

    id: str
    version: str
    source: str
    text: dict[str, str]
    time: dict[str, str]
    hours: dict[str, str]
    share: Fraction
    digest: str

    @property
    def name(self) -> str:
        """How a figure names its rule, like `once-per-run/1`."""
        return f"{self.id}/{self.version}"


@cache
def load(rule_id: str, version: str) -> Rule:
    """A rule by id and version. Raises `ValueError` where this release does not have it."""
    found = {path.stem: path for path in FOLDER.glob("*.toml")}
    path = found.get(f"{rule_id}-{version}")
    if path is None:
        raise ValueError(f"this release has no counting rule {rule_id}/{version}")
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    rule, parameters = data["rule"], data["parameters"]
    if (rule["id"], rule["version"]) != (rule_id, version) or parameters["one_meeting"] != "check-in":
        raise ValueError(f"{path.name} does not hold what its name says")
    return Rule(
        id=rule_id,
        version=version,
        source=rule["source"],
        text=rule["text"],
        time=rule["time"],
        hours=rule["hours"],
        share=Fraction(parameters["share"]),
        digest="sha256:" + hashlib.sha256(rfc8785.dumps(data)).hexdigest(),
    )


def default() -> Rule:
    """The rule that figures are counted by."""
    return load(*DEFAULT)
