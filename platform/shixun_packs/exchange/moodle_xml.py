"""Moodle's question XML: bytes in, questions and findings by question out.

The format as Moodle's own exporter writes it (question/format/xml): `<question type="…">` with `<questiontext>`,
`<answer fraction="…">`, `<generalfeedback>`; categories are questions of type `category`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from shixun_packs.exchange.drafts import MOST_QUESTIONS, TOO_MANY, Draft, DraftAnswer, DraftRange, Taker
from shixun_packs.exchange.findings import Findings, Imported, Unusable, both
from shixun_packs.exchange.markdown import Tell, words
from shixun_packs.exchange.numbers import read_number
from shixun_packs.exchange.xml_reading import child, children, parse_xml, tag, text_of
from shixun_packs.text import LocalText

_FORMATS = {"html": "html", "moodle_auto_format": "moodle", "plain_text": "plain", "markdown": "markdown"}


def read_moodle_xml(data: bytes, lang: str = "zh") -> Imported:
    """The questions of a Moodle XML file in the language `lang`. Nothing is raised: what can't be taken is a finding."""
    findings = Findings()
    taker = Taker(lang, findings)
    try:
        root = parse_xml(data)
        if tag(root) != "quiz":
            raise Unusable(
                both("不是 Moodle 题目 XML（根元素应是 quiz）", "is no question XML of Moodle: its root must be quiz")
            )
        elements = children(root, "question")
        if len(elements) > MOST_QUESTIONS:
            raise Unusable(TOO_MANY)
    except Unusable as error:
        findings.lose(both("文件", "the file"), error.message)
        return taker.done()
    category, number = "", 0
    for element in elements:
        kind = element.get("type", "")
        if kind == "category":
            category = text_of(child(element, "category", "text"))
            continue
        number += 1
        name = text_of(child(element, "name", "text"))
        place = _place(number, name)
        try:
            taker.take(_Reader(element, kind, place, findings).draft(name, category))
        except Unusable as error:
            findings.lose(place, error.message)
    if not number:
        findings.lose(both("文件", "the file"), both("一道题也没有", "there is no question"))
    return taker.done()


def _place(number: int, name: str) -> LocalText:
    shown = " ".join(name.split())[:60]
    return both(f"第 {number} 题{f'“{shown}”' if shown else ''}", f"question {number}{f' {shown!r}' if shown else ''}")


class _Reader:
    """One question."""

    def __init__(self, element: Element, kind: str, place: LocalText, findings: Findings) -> None:
        self.element, self.kind, self.place = element, kind, place
        self.tell: Tell = lambda message: findings.note(place, message)

    def draft(self, name: str, category: str) -> Draft:
        """The question as a draft. Raises `Unusable`."""
        fill = {
            "multichoice": self._choice,
            "truefalse": self._true_false,
            "shortanswer": self._fill,
            "numerical": self._numeric,
            "matching": self._matching,
            "ordering": self._ordering,
        }.get(self.kind)
        if fill is None:
            raise Unusable(
                both(f"没有与 {self.kind} 对应的题型", f"there is no kind of question for {self.kind!r} here")
            )
        if text_of(child(self.element, "questiontext")) and list(self.element.iter("file")):
            self.tell(both("附带的文件没有保留", "its files are dropped"))
        draft = Draft(
            self.place,
            kind="choice",
            text=self._words(child(self.element, "questiontext")),
            name=text_of(child(self.element, "idnumber")) or name,
            category=category,
            feedback=self._words(child(self.element, "generalfeedback")),
            points=self._number(text_of(child(self.element, "defaultgrade")) or "1"),
        )
        fill(draft)
        return draft

    def _choice(self, draft: Draft) -> None:
        draft.many = text_of(child(self.element, "single")) in {"false", "0"}
        draft.answers = [
            DraftAnswer(self._words(answer), self._percent(answer), self._feedback(answer))
            for answer in self._answers()
        ]

    def _true_false(self, draft: Draft) -> None:
        draft.kind = "truefalse"
        by_word = {text_of(child(answer, "text")).lower(): answer for answer in self._answers()}
        if set(by_word) != {"true", "false"}:
            raise Unusable(
                both("判断题的答案不是 true 和 false", "the answers of a true/false question must be true and false")
            )
        draft.answers = [
            DraftAnswer(word, self._percent(by_word[word]), self._feedback(by_word[word])) for word in ("true", "false")
        ]

    def _fill(self, draft: Draft) -> None:
        draft.kind = "fill"
        if text_of(child(self.element, "usecase")) == "1":
            self.tell(both("原题区分大小写，这里不区分", "told upper from lower case, which we don't"))
        draft.answers = [
            DraftAnswer(text_of(child(answer, "text")), self._percent(answer), self._feedback(answer))
            for answer in self._answers()
        ]

    def _numeric(self, draft: Draft) -> None:
        draft.kind = "numeric"
        for unit in children(child(self.element, "units"), "unit"):
            if self._number(text_of(child(unit, "multiplier")) or "1") == 1:
                draft.unit = text_of(child(unit, "unit_name"))
        draft.ranges = [
            DraftRange(
                self._number(text_of(child(answer, "text"))),
                self._number(text_of(child(answer, "tolerance")) or "0"),
                self._percent(answer),
                self._feedback(answer),
            )
            for answer in self._answers()
            if text_of(child(answer, "text")) != "*"
        ]

    def _matching(self, draft: Draft) -> None:
        draft.kind = "matching"
        draft.pairs = [
            (self._words(pair), text_of(child(pair, "answer", "text")))
            for pair in children(self.element, "subquestion")
        ]

    def _ordering(self, draft: Draft) -> None:
        draft.kind = "matching"
        draft.pairs = [(self._words(answer), str(number)) for number, answer in enumerate(self._answers(), start=1)]

    def _answers(self) -> list[Element]:
        return children(self.element, "answer")

    def _feedback(self, answer: Element) -> str:
        return self._words(child(answer, "feedback"))

    def _percent(self, answer: Element) -> float:
        return self._number(answer.get("fraction", "0"))

    def _number(self, text: str) -> float:
        return read_number(text)

    def _words(self, element: Element | None) -> str:
        kind = _FORMATS.get(element.get("format", "html") if element is not None else "", "html")
        return words(text_of(child(element, "text")), kind, self.tell)
