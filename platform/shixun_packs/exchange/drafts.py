"""Questions of other systems on their way to ours: one language, percentages, feedback that may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from shixun_packs.exchange.findings import Findings, Imported, Unusable, answer_text, both, reasons, same
from shixun_packs.exchange.ids import slug_from
from shixun_packs.exchange.xlsx import true_false
from shixun_packs.question import Question
from shixun_packs.text import LocalText

_question: TypeAdapter[Question] = TypeAdapter(Question)
_FULL = 99.99  # percent; thirds are written 33.33333
MOST_QUESTIONS = 2000  # of one file, categories of Moodle's counted with them
TOO_MANY = both(
    f"超过 {MOST_QUESTIONS} 题：请分成几个文件", f"has more than {MOST_QUESTIONS} questions: split the file"
)


@dataclass(frozen=True)
class DraftAnswer:
    """One answer: its text (inline Markdown; plain where it is typed), what it earns in percent, its feedback."""

    text: str
    percent: float
    feedback: str = ""


@dataclass(frozen=True)
class DraftRange:
    """One numeric answer: right within `tolerance` of `value`."""

    value: float
    tolerance: float
    percent: float
    feedback: str = ""


@dataclass
class Draft:
    """A question as another system has it. `kind` says which of the lists is filled."""

    place: LocalText
    kind: Literal["choice", "truefalse", "numeric", "fill", "matching"]
    text: str
    name: str = ""
    category: str = ""
    feedback: str = ""  # general feedback
    points: float = 1.0
    many: bool = False  # choice: several may be ticked
    unit: str = ""
    answers: list[DraftAnswer] = field(default_factory=list)
    ranges: list[DraftRange] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)


class Taker:
    """Turns drafts into questions; what is lost or made up on the way goes to `findings`.

    `lang` is the language of the source, `zh` or `en`: its texts stand for the other language too, and a finding says so.
    """

    def __init__(self, lang: str, findings: Findings, taken: Sequence[str] = ()) -> None:
        self.findings = findings
        self.lang = lang
        self.questions: list[Question] = []
        self.categories: dict[str, str] = {}
        self._ids = set(taken)

    def take(self, draft: Draft) -> None:
        """Take one question, or note why not."""
        try:
            found = self._build(draft)
            found["id"] = slug_from(draft.name, f"question-{len(self.questions) + 1}", self._ids)
            question = _question.validate_python(found)
        except Unusable as error:
            self.findings.lose(draft.place, error.message)
        except ValidationError as error:
            for reason in reasons(error):
                self.findings.lose(draft.place, reason)
        else:
            self._ids.add(question.id)
            self.questions.append(question)
            self.categories[question.id] = draft.category

    def done(self) -> Imported:
        """All that was taken."""
        if self.questions:
            missing = both("英文", "English") if self.lang == "zh" else both("中文", "Chinese")
            other = both("中文", "Chinese") if self.lang == "zh" else both("英文", "English")
            message = both(
                f"原文件只有一种语言：{missing.zh}暂用{other.zh}代替，请翻译",
                f"the file has one language only: its {other.en} stands in for {missing.en} until you translate it",
            )
            self.findings.note(both("全部题目", "all questions"), message)
        return Imported(self.questions, self.findings.found, self.categories)

    # -- by kind ----------------------------------------------------------------------------------------------------

    def _build(self, draft: Draft) -> dict[str, Any]:
        if not draft.text.strip():
            raise Unusable(both("没有题目文字", "there is no question text"))
        by_kind = {
            "choice": self._choice,
            "truefalse": self._true_false,
            "numeric": self._numeric,
            "fill": self._fill,
            "matching": self._matching,
        }
        found, right, own = by_kind[draft.kind](draft)
        explanation = draft.feedback or own
        if not explanation:
            self.findings.note(
                draft.place,
                both("没有解释：暂写了正确答案", "has no general feedback: the explanation gives the answer only"),
            )
        points = draft.points if draft.points > 0 else 1.0
        return {
            **found,
            "text": same(draft.text),
            "points": points,
            "explanation": same(explanation) if explanation else answer_text(right),
        }

    def _choice(self, draft: Draft) -> tuple[dict[str, Any], list[str], str]:
        positive = [answer for answer in draft.answers if answer.percent > 0]
        if draft.many:
            right = positive
            if sum(answer.percent for answer in right) < _FULL - 1:
                raise Unusable(
                    both("正确选项的百分比之和不到 100", "the right choices add up to less than 100 percent")
                )
        else:
            right = [answer for answer in draft.answers if answer.percent >= _FULL]
            if len(right) > 1:
                raise Unusable(both("单选题有几个满分选项", "is a single choice with several fully right answers"))
            if len(positive) > len(right):
                self._no_partial(draft)
        if not right:
            raise Unusable(both("没有满分的选项", "no answer earns full marks"))
        texts = [answer.text for answer in right]
        unexplained = [answer.text for answer in draft.answers if answer not in right and not answer.feedback]
        if unexplained:
            listed = "；".join(unexplained)[:200]
            message = both(f"错误选项没有反馈：{listed}", f"wrong choices without feedback: {listed}")
            self.findings.note(draft.place, message)
        choices = []
        for answer in draft.answers:
            choice: dict[str, Any] = {"text": same(answer.text), "correct": answer in right}
            if answer.feedback:
                choice["why"] = same(answer.feedback)
            elif answer not in right:
                choice["why"] = answer_text(texts)
            choices.append(choice)
        own = right[0].feedback if len(right) == 1 else ""
        return {"kind": "multiple" if draft.many else "single", "choice": choices}, texts, own

    def _true_false(self, draft: Draft) -> tuple[dict[str, Any], list[str], str]:
        """`answers`: first what “true” earns, then what “false” earns."""
        is_true = draft.answers[0].percent >= _FULL
        choices = true_false(is_true)
        wrong = draft.answers[1 if is_true else 0]
        if wrong.feedback:
            choices[1 if is_true else 0]["why"] = same(wrong.feedback)
        right = draft.answers[0 if is_true else 1]
        return {"kind": "single", "choice": choices}, ["正确 True" if is_true else "错误 False"], right.feedback

    def _numeric(self, draft: Draft) -> tuple[dict[str, Any], list[str], str]:
        right = [answer for answer in draft.ranges if answer.percent >= _FULL]
        if not right:
            raise Unusable(both("没有满分的数", "no number earns full marks"))
        if len(right) > 1:
            raise Unusable(both("有几个满分的数或区间", "has several fully right numbers or ranges"))
        if len(draft.ranges) > 1:
            self._no_partial(draft)
        best = right[0]
        found = {"kind": "numeric", "answer": best.value, "tolerance": best.tolerance, "unit": draft.unit}
        return found, [f"{best.value:g} {draft.unit}".strip()], best.feedback

    def _fill(self, draft: Draft) -> tuple[dict[str, Any], list[str], str]:
        right = [answer for answer in draft.answers if answer.percent >= _FULL]
        if any("*" in answer.text.replace(r"\*", "") for answer in right):
            raise Unusable(both("答案里有通配符 *", "an answer has the wildcard *"))
        if not right:
            raise Unusable(both("没有满分的答案", "no answer earns full marks"))
        if len(right) < len(draft.answers):
            self._no_partial(draft)
        texts = list(dict.fromkeys(answer.text.replace(r"\*", "*") for answer in right))
        feedback = next((answer.feedback for answer in right if answer.feedback), "")
        return {"kind": "fill", "accept": texts}, texts, feedback

    def _matching(self, draft: Draft) -> tuple[dict[str, Any], list[str], str]:
        """Pairs of an entry and its place are an ordering; other pairs have no counterpart here."""
        places = {right.strip().rstrip(".、"): left for left, right in draft.pairs}
        numbers = [str(number) for number in range(1, len(draft.pairs) + 1)]
        if len(draft.pairs) < 3 or set(places) != set(numbers):
            raise Unusable(
                both(
                    "配对题没有对应的题型（只有配 1、2、3… 的能变成排序题）：请改成几道单选题",
                    "matching questions have no counterpart (only pairs with 1, 2, 3… become an ordering): "
                    "make single choices of it",
                )
            )
        order = [places[number] for number in numbers]
        return {"kind": "ordering", "order": [same(text) for text in order]}, order, ""

    def _no_partial(self, draft: Draft) -> None:
        message = both(
            "部分得分的答案没有保留：这里全对才得分", "partial credit is dropped: points are for a wholly right answer"
        )
        self.findings.note(draft.place, message)
