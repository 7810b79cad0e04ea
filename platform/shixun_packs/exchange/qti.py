"""Assessments in QTI 1.2 as Common Cartridges hold them: XML in, drafts out.

Shapes of the profile (IMS Common Cartridge 1.3, question profiles `cc.*.v0p1`) and of Canvas, which marks kinds by
`question_type`. A condition that sets SCORE to the most makes an answer right; feedback hangs on conditions, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from shixun_packs.exchange.drafts import Draft, DraftAnswer, DraftRange
from shixun_packs.exchange.findings import Findings, Unusable, both
from shixun_packs.exchange.markdown import Tell, words
from shixun_packs.exchange.numbers import read_number
from shixun_packs.exchange.xml_reading import below, child, children, tag, text_of
from shixun_packs.text import LocalText

_KINDS = {
    "cc.multiple_choice.v0p1": "single",
    "cc.true_false.v0p1": "single",
    "cc.multiple_response.v0p1": "multiple",
    "cc.fib.v0p1": "fill",
    "multiple_choice_question": "single",
    "true_false_question": "single",
    "multiple_answers_question": "multiple",
    "short_answer_question": "fill",
    "numerical_question": "numeric",
}


@dataclass
class _Condition:
    """One respcondition: what it asks for, what it sets SCORE to, what feedback it shows."""

    equal: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    low: float | None = None
    high: float | None = None
    other: bool = False
    score: float | None = None
    shows: list[str] = field(default_factory=list)


def read_assessment(root: Element, findings: Findings, where: str) -> tuple[str, Iterator[Draft]]:
    """Title and questions of an assessment or a question bank; what can't be read is noted under `where`."""
    holder = child(root, "assessment")
    holder = holder if holder is not None else child(root, "objectbank")
    if tag(root) != "questestinterop" or holder is None:
        raise Unusable(both("不是 QTI 1.2 测验", "is no assessment in QTI 1.2"))
    return holder.get("title", "").strip(), _drafts(holder, findings, where)


def _drafts(holder: Element, findings: Findings, where: str) -> Iterator[Draft]:
    for number, item in enumerate(below(holder, "item"), start=1):
        title = " ".join(item.get("title", "").split())[:60]
        place = both(f"{where} 第 {number} 题{f'“{title}”' if title else ''}", f"{where}, question {number} {title!r}")
        try:
            yield _draft(item, place, findings, title)
        except Unusable as error:
            findings.lose(place, error.message)


def _draft(item: Element, place: LocalText, findings: Findings, title: str) -> Draft:
    fields = {
        text_of(child(entry, "fieldlabel")): text_of(child(entry, "fieldentry"))
        for entry in below(item, "qtimetadatafield")
    }
    named = fields.get("question_type") or fields.get("cc_profile") or ""
    kind = _KINDS.get(named)
    if kind is None:
        raise Unusable(
            both(
                f"没有与 {named or '（未注明）'} 对应的题型",
                f"there is no kind of question for {named or 'an unnamed one'!r}",
            )
        )
    tell: Tell = lambda message: findings.note(place, message)  # noqa: E731
    presentation = child(item, "presentation")
    if presentation is None:
        raise Unusable(both("没有题目文字", "there is no question text"))
    feedbacks = {entry.get("ident", ""): _material(entry, tell) for entry in children(item, "itemfeedback")}
    conditions = [_condition(entry) for entry in below(item, "respcondition")]
    draft = Draft(place, kind="choice", text=_prompt(presentation, tell), name=title)
    draft.points = _points(fields, item)
    draft.feedback = next((feedbacks[name] for name in _general(conditions) if feedbacks.get(name)), "")
    if kind in {"single", "multiple"}:
        _read_choices(draft, presentation, conditions, feedbacks, tell, many=kind == "multiple")
    else:
        _read_typed(draft, conditions, feedbacks, numeric=kind == "numeric")
    return draft


def _points(fields: dict[str, str], item: Element) -> float:
    for name in ("points_possible", "cc_weighting"):
        if fields.get(name):
            return read_number(fields[name])
    return 1.0


def _general(conditions: list[_Condition]) -> list[str]:
    """Feedback that everyone sees first, then that of a right answer."""
    always = [
        name for condition in conditions if condition.other and condition.score is None for name in condition.shows
    ]
    right = [name for condition in conditions if condition.score for name in condition.shows]
    return [*always, *right]


def _prompt(presentation: Element, tell: Tell) -> str:
    """The question: material in front of the responses, in flows or not."""
    parts = []
    for element in presentation:
        if tag(element) == "flow":
            return _prompt(element, tell)
        if tag(element) == "material":
            parts.append(_material(element, tell))
    return "\\\n".join(part for part in parts if part)


def _material(element: Element, tell: Tell) -> str:
    """The words of a material, or of what holds one."""
    parts = []
    for text in (
        [element] if tag(element) == "mattext" else below(element, "mattext", "matimage", "mataudio", "matvideo")
    ):
        if tag(text) != "mattext":
            raise Unusable(
                both("题目里有图片或声音：题目不能带", "holds an image or a sound: questions have none here")
            )
        kind = "html" if text.get("texttype", "text/plain").lower() == "text/html" else "plain"
        parts.append(words("".join(text.itertext()), kind, tell))
    return "\\\n".join(part for part in parts if part)


def _condition(element: Element) -> _Condition:
    found = _Condition()
    variables = child(element, "conditionvar")
    if variables is not None:
        _read_variables(variables, found, negated=False)
    for setting in children(element, "setvar"):
        if setting.get("varname", "SCORE").upper() in {"SCORE", "QUE_SCORE"}:
            found.score = max(found.score or 0.0, read_number(text_of(setting) or "0"))
    found.shows = [shown.get("linkrefid", "") for shown in children(element, "displayfeedback")]
    return found


def _read_variables(element: Element, found: _Condition, *, negated: bool) -> None:
    for entry in element:
        name = tag(entry)
        if name in {"and", "or", "not"}:
            _read_variables(entry, found, negated=negated != (name == "not"))
        elif name == "other":
            found.other = True
        elif name in {"varequal", "varsubset"}:
            (found.excluded if negated else found.equal).append(text_of(entry))
        elif name in {"vargte", "vargt"}:
            found.low = read_number(text_of(entry))
        elif name in {"varlte", "varlt"}:
            found.high = read_number(text_of(entry))


def _right(conditions: list[_Condition]) -> list[_Condition]:
    most = max((condition.score for condition in conditions if condition.score is not None), default=0.0)
    found = [condition for condition in conditions if condition.score is not None and condition.score >= most > 0]
    if not found:
        raise Unusable(both("没有正确答案", "there is no right answer"))
    return found


def _read_choices(
    draft: Draft,
    presentation: Element,
    conditions: list[_Condition],
    feedbacks: dict[str, str],
    tell: Tell,
    *,
    many: bool,
) -> None:
    right = {ident for condition in _right(conditions) for ident in condition.equal}
    shown = {
        condition.equal[0]: next((feedbacks[name] for name in condition.shows if feedbacks.get(name)), "")
        for condition in conditions
        if len(condition.equal) == 1 and not condition.excluded
    }
    draft.many = many
    share = 100.0 / max(1, len(right)) if many else 100.0
    for label in below(presentation, "response_label"):
        ident = label.get("ident", "")
        draft.answers.append(
            DraftAnswer(_material(label, tell), share if ident in right else 0.0, shown.get(ident, ""))
        )


def _read_typed(draft: Draft, conditions: list[_Condition], feedbacks: dict[str, str], *, numeric: bool) -> None:
    right = _right(conditions)
    feedback = next((feedbacks[name] for condition in right for name in condition.shows if feedbacks.get(name)), "")
    if not numeric:
        draft.kind = "fill"
        draft.answers = [
            DraftAnswer(re.sub(r"\s+", " ", text), 100.0, feedback) for condition in right for text in condition.equal
        ]
        return
    draft.kind = "numeric"
    first = right[0]
    if first.low is not None and first.high is not None:
        value = read_number(first.equal[0]) if first.equal else (first.low + first.high) / 2
        tolerance = max(abs(first.high - value), abs(value - first.low))
        draft.ranges = [DraftRange(value, float(f"{tolerance:.12g}"), 100.0, feedback)]
    else:
        draft.ranges = [DraftRange(read_number(text), 0.0, 100.0, feedback) for text in first.equal[:1]]
