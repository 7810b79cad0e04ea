"""What an import found out: the questions that can be taken, and every place where something was lost or made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from shixun_packs.question import Question
from shixun_packs.text import LocalText


def both(zh: str, en: str) -> LocalText:
    """A message in both languages."""
    return LocalText(zh=zh, en=en)


def same(text: str) -> LocalText:
    """A text that is the same in both languages: a name, a cell, an import that has one language only."""
    return LocalText(zh=text, en=text)


@dataclass(frozen=True)
class Finding:
    """One thing that whoever imports must know. `lost`: what stands at `place` was not taken; else it was, with a remark."""

    place: LocalText
    message: LocalText
    lost: bool

    def get(self, lang: str) -> str:
        """`place: message` for a language tag."""
        return f"{self.place.get(lang)}{'：' if lang.startswith('zh') else ': '}{self.message.get(lang)}"


class Unusable(Exception):
    """A file or a part of it that can't be taken, with the reason in both languages."""

    def __init__(self, message: LocalText) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass
class Findings:
    """Collects findings, so that the first one does not hide the others."""

    found: list[Finding] = field(default_factory=list)
    _known: set[tuple[str, str, bool]] = field(default_factory=set, repr=False)

    def lose(self, place: LocalText, message: LocalText) -> None:
        """What stands at `place` is not taken."""
        self._add(Finding(place, message, lost=True))

    def note(self, place: LocalText, message: LocalText) -> None:
        """What stands at `place` is taken, but not as it was."""
        self._add(Finding(place, message, lost=False))

    def _add(self, finding: Finding) -> None:
        key = (finding.place.zh, finding.message.zh, finding.lost)
        if key not in self._known:
            self._known.add(key)
            self.found.append(finding)


@dataclass(frozen=True)
class Imported:
    """Questions of a file in its order, what was found on the way, and the category of each question by its id."""

    questions: list[Question]
    findings: list[Finding]
    categories: dict[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> list[Finding]:
        """What was not taken."""
        return [finding for finding in self.findings if finding.lost]


def at_line(number: int) -> LocalText:
    """A place in a text file."""
    return both(f"第 {number} 行", f"line {number}")


def reasons(error: ValidationError) -> list[LocalText]:
    """What the pack format has against a question, for what a converter did not find itself."""
    found = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        text = f"{where}: {item['msg'].removeprefix('Value error, ')}"
        found.append(both(f"不符合题目格式（{text}）", f"does not fit the format of questions ({text})"))
    return found


def answer_text(right: Sequence[str]) -> LocalText:
    """An explanation for a question that came without one: what the answer is."""
    return both("正确答案：" + "；".join(right), "The right answer: " + "; ".join(right))
