"""Moodle's GIFT: text in, questions and findings by line out.

The format as https://docs.moodle.org/en/GIFT_format tells it: questions apart by blank lines, `::title::`, `[html]` and
its like, answers in braces, `#` feedback, `####` general feedback, `\\` before `~ = # { } : n`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shixun_packs.exchange.drafts import MOST_QUESTIONS, TOO_MANY, Draft, DraftAnswer, DraftRange, Taker
from shixun_packs.exchange.findings import Findings, Imported, Unusable, at_line, both
from shixun_packs.exchange.markdown import words as as_markdown
from shixun_packs.exchange.numbers import read_number

MOST_CHARACTERS = 4 * 10**6
_TITLE = re.compile(r"\s*::(?P<title>.*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_ID = re.compile(r"\[id:([^\[\]]+)\]")
_BRACE = re.compile(r"[{}]")
_PERCENT = re.compile(r"%(-?\d+(?:\.\d+)?)%")
_TRUE, _FALSE = {"T", "TRUE"}, {"F", "FALSE"}
# Escaped signs on their way through: noncharacters (Unicode 16 §23.7), which no text interchange may hold.
_HIDDEN = {sign: chr(0xFDD0 + number) for number, sign in enumerate("~=#{}:n\\")}
_SHOWN = str.maketrans({hidden: "\n" if sign == "n" else sign for sign, hidden in _HIDDEN.items()})
Words = Callable[[str], str]


@dataclass(frozen=True)
class _Entry:
    """One question's text: its lines joined, the line on which it begins, and what stood above it."""

    line: int
    text: str
    category: str
    id: str


def read_gift(text: str, lang: str = "zh") -> Imported:
    """The questions of a GIFT file in the language `lang`. Nothing is raised: what can't be taken is a finding by line."""
    findings = Findings()
    taker = Taker(lang, findings)
    if len(text) > MOST_CHARACTERS:
        findings.lose(both("文件", "the file"), both("文件太大", "the file is too large"))
        return taker.done()
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").translate(dict.fromkeys(_SHOWN))
    entries = list(_entries(re.sub(r"\\([~=#{}:n\\])", lambda match: _HIDDEN[match.group(1)], plain)))
    if len(entries) > MOST_QUESTIONS:
        findings.lose(both("文件", "the file"), TOO_MANY)
        return taker.done()
    for entry in entries:
        try:
            taker.take(_draft(entry, findings))
        except Unusable as error:
            findings.lose(at_line(entry.line), error.message)
    if not entries:
        findings.lose(both("文件", "the file"), both("一道题也没有", "there is no question"))
    return taker.done()


def _entries(text: str) -> Iterator[_Entry]:
    """Split a file at blank lines outside of braces' content, comments and categories taken out."""
    category, given = "", ""
    lines: list[str] = []
    first = 0
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        stripped = line.strip()
        if stripped.startswith("//"):
            match = _ID.search(stripped)
            given = _unescape(match.group(1)) if match else given
            continue
        if not stripped:
            if lines:
                yield _Entry(first, "\n".join(lines), category, given)
                lines, given = [], ""
            continue
        if not lines and stripped.startswith("$CATEGORY:"):
            category = _unescape(stripped.removeprefix("$CATEGORY:").strip())
            continue
        if not lines:
            first = number
        lines.append(line)


def _draft(entry: _Entry, findings: Findings) -> Draft:
    """One question. Raises `Unusable`."""
    text, title, kind_of_text = entry.text, "", "moodle"
    if match := _TITLE.match(text):
        title, text = _unescape(match["title"]).strip(), text[match.end() :]
    if match := _FORMAT.match(text):
        kind_of_text, text = match.group(1).lower(), text[match.end() :]
    before, answers, after = _braces(text)
    shown = _with_gap(before.strip(), after.strip())
    place = at_line(entry.line)

    def words(part: str) -> str:
        """A part of the question as inline Markdown; a part may name a format of its own."""
        kind = kind_of_text
        if found := _FORMAT.match(part):
            kind, part = found.group(1).lower(), part[found.end() :]
        return as_markdown(_unescape(part).strip(), kind, lambda message: findings.note(place, message))

    answers, general = _split_general(answers)
    draft = Draft(
        place,
        kind="choice",
        text=words(shown),
        name=entry.id or title,
        category=entry.category,
        feedback=words(general),
    )
    _read_answers(draft, answers.strip(), words)
    return draft


def _braces(text: str) -> tuple[str, str, str]:
    """Before, inside and after the answer braces. Raises `Unusable`."""
    places = [match.start() for match in _BRACE.finditer(text)]
    if not places:
        raise Unusable(both("是说明文字，不是题目（没有大括号）", "is a description, no question: it has no braces"))
    signs = [text[place] for place in places]
    if signs != ["{", "}"]:
        raise Unusable(
            both("大括号不成对：文字里的大括号前要加 \\", r"the braces don't pair: write \{ for one in the text")
        )
    return text[: places[0]], text[places[0] + 1 : places[1]], text[places[1] + 1 :]


def _with_gap(before: str, after: str) -> str:
    """The question text; words behind the braces make it a sentence with a gap."""
    if re.search(r"\w", after) or (after and before and before[-1] not in ".?!:。？！："):
        return f"{before} _____ {after}" if after[0].isalnum() else f"{before} _____{after}"
    return before


def _split_general(answers: str) -> tuple[str, str]:
    match = re.search(r"####", answers)
    return (answers[: match.start()], answers[match.end() :]) if match else (answers, "")


def _read_answers(draft: Draft, answers: str, words: Words) -> None:
    """Fill the draft from what stands in the braces. Raises `Unusable` for what ours have not."""
    if not answers:
        raise Unusable(both("是论述题：没有对应的题型", "is an essay: there is no such kind here"))
    head = re.split(r"#", answers)[0].strip().upper()
    if head in _TRUE | _FALSE:
        _read_true_false(draft, answers, head in _TRUE, words)
        return
    if answers.startswith("#"):
        draft.kind = "numeric"
        draft.ranges = list(_ranges(answers[1:].strip(), words))
        return
    parts = list(_parts(answers))
    marks = {mark for mark, _percent, _text, _feedback in parts}
    if all(mark == "=" and re.search(r"->", text) for mark, _percent, text, _feedback in parts):
        draft.kind = "matching"
        pairs = [re.split(r"->", text, maxsplit=1) for _mark, _percent, text, _feedback in parts]
        draft.pairs = [(words(left), _unescape(right).strip()) for left, right in pairs]
        return
    draft.kind = "fill" if marks == {"="} else "choice"
    draft.many = marks == {"~"}
    for mark, percent, text, feedback in parts:
        earned = percent if percent is not None else 100.0 if mark == "=" else 0.0
        shown = html.unescape(_unescape(text)).strip() if draft.kind == "fill" else words(text)
        draft.answers.append(DraftAnswer(shown, earned, words(feedback)))
    if draft.many and sum(answer.percent > 0 for answer in draft.answers) == 1:
        draft.many = max(answer.percent for answer in draft.answers) < 99.99


def _read_true_false(draft: Draft, answers: str, is_true: bool, words: Words) -> None:
    """`{F#feedback of the wrong answer#feedback of the right one}`."""
    parts = [words(part) for part in re.split(r"#", answers)[1:3]]
    wrong, right = [*parts, "", ""][:2]
    draft.kind = "truefalse"
    draft.answers = [
        DraftAnswer("true", 100.0 if is_true else 0.0, right if is_true else wrong),
        DraftAnswer("false", 0.0 if is_true else 100.0, wrong if is_true else right),
    ]


def _parts(answers: str) -> Iterator[tuple[str, float | None, str, str]]:
    """(mark, percent, text, feedback) of each answer. Raises `Unusable`."""
    pieces = re.split(r"([=~])", answers)
    if pieces[0].strip():
        raise Unusable(both("大括号里的答案要以 = 或 ~ 开头", "an answer in the braces begins with = or ~"))
    for mark, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text, percent = piece.strip(), None
        if match := _PERCENT.match(text):
            percent, text = float(match.group(1)), text[match.end() :]
        words, *feedback = re.split(r"#", text, maxsplit=1)
        yield mark, percent, words.strip(), (feedback[0].strip() if feedback else "")


def _ranges(text: str, words: Words) -> Iterator[DraftRange]:
    """`3.14:0.05`, `1..5`, or several with `=`. Raises `Unusable`."""
    parts = list(_parts(text)) if text.startswith("=") else list(_parts(f"={text}"))
    for _mark, percent, value, feedback in parts:
        if not value or value == "*":  # only feedback for all other numbers
            continue
        earned = 100.0 if percent is None else percent
        plain = _unescape(value)
        if ".." in plain:
            low, high = (read_number(part) for part in plain.split("..", 1))
            if low > high:
                raise Unusable(both(f"区间 {plain} 是反的", f"the range {plain} is the wrong way round"))
            yield DraftRange(_tidy((low + high) / 2), _tidy((high - low) / 2), earned, words(feedback))
        else:
            number, _, tolerance = plain.partition(":")
            within = read_number(tolerance) if tolerance.strip() else 0.0
            yield DraftRange(read_number(number), within, earned, words(feedback))


def _tidy(number: float) -> float:
    """Halves of decimal numbers without the noise of binary ones."""
    return float(f"{number:.12g}")


def _unescape(text: str) -> str:
    return text.translate(_SHOWN)
