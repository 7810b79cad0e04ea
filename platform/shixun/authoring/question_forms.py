"""A question as a form has it: rows for choices and entries, one field for each text. Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from shixun.authoring import problem_texts
from shixun.authoring.forms import lines_of, plain
from shixun.core.i18n import _
from shixun.curriculum.questions import number as read_number
from shixun_packs.problems import Problem
from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion, OrderingQuestion, Question

KINDS = ("single", "multiple", "numeric", "ordering", "fill")
FEWEST_ROWS, MOST_ROWS = 4, 12
_TEXTS = (
    *("id", "text_zh", "text_en", "explanation_zh", "explanation_en", "points"),
    *("answer", "tolerance", "unit", "accept", "base"),
)
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Form(Protocol):
    """What a browser sent: werkzeug's MultiDict."""

    def get(self, key: str, default: str) -> str: ...
    def getlist(self, key: str) -> list[str]: ...


@dataclass
class Row:
    """A choice, or an entry of an ordering."""

    zh: str = ""
    en: str = ""
    correct: bool = False
    why_zh: str = ""
    why_en: str = ""

    @property
    def empty(self) -> bool:
        return not (self.zh or self.en or self.why_zh or self.why_en or self.correct)


@dataclass
class QuestionForm:
    """The fields of a question, as texts that may be wrong. `errors` are shown above the form."""

    kind: str
    id: str = ""
    text_zh: str = ""
    text_en: str = ""
    explanation_zh: str = ""
    explanation_en: str = ""
    points: str = "1"
    answer: str = ""
    tolerance: str = "0"
    unit: str = ""
    accept: str = ""
    rows: list[Row] = field(default_factory=list)
    base: str = ""
    errors: list[str] = field(default_factory=list)

    def padded(self, more: int = 0) -> "QuestionForm":
        """With empty rows to write into."""
        wanted = min(max(FEWEST_ROWS, len(self.rows) + more), MOST_ROWS)
        self.rows += [Row() for _number in range(wanted - len(self.rows))]
        return self


def of_question(question: Question, base: str) -> QuestionForm:
    """The form of a question that there is."""
    form = QuestionForm(
        kind=question.kind,
        id=question.id,
        text_zh=question.text.zh,
        text_en=question.text.en,
        explanation_zh=question.explanation.zh,
        explanation_en=question.explanation.en,
        points=f"{question.points:g}",
        base=base,
    )
    if isinstance(question, ChoiceQuestion):
        form.rows = [
            Row(one.text.zh, one.text.en, one.correct, one.why.zh if one.why else "", one.why.en if one.why else "")
            for one in question.choice
        ]
    elif isinstance(question, OrderingQuestion):
        form.rows = [Row(one.zh, one.en) for one in question.order]
    elif isinstance(question, NumericQuestion):
        form.answer, form.tolerance, form.unit = repr(question.answer), repr(question.tolerance), question.unit
        form.answer, form.tolerance = (text.removesuffix(".0") for text in (form.answer, form.tolerance))
    elif isinstance(question, FillQuestion):
        form.accept = "\n".join(question.accept)
    return form.padded()


def read(kind: str, sent: Form) -> QuestionForm:
    """The form as it was sent."""

    def one(name: str) -> str:
        return plain(sent.get(name, ""))

    form = QuestionForm(kind=kind)
    for name in _TEXTS:
        setattr(form, name, one(name))
    right = set(sent.getlist("correct"))
    rows = [
        Row(one(f"row-{n}-zh"), one(f"row-{n}-en"), str(n) in right, one(f"row-{n}-why-zh"), one(f"row-{n}-why-en"))
        for n in range(MOST_ROWS)
    ]
    while rows and rows[-1].empty:
        rows.pop()
    form.rows = rows
    return form


def build(form: QuestionForm, question_id: str) -> Question | None:
    """The question; None where something is wrong, which is then in `errors`."""
    values: dict[str, Any] = {
        "id": form.id or question_id,
        "kind": form.kind,
        "text": _both(form.text_zh, form.text_en),
        "points": _number(form, form.points, _("Points of the question")),
        "explanation": _both(form.explanation_zh, form.explanation_en),
    }
    rows = [row for row in form.rows if not row.empty]
    if form.kind in {"single", "multiple"}:
        unmarked = not any(row.correct for row in rows)
        if unmarked:
            form.errors.append(_("Mark the choice that is right."))
        values["choice"] = [
            {
                "text": _both(row.zh, row.en),
                "correct": row.correct or (unmarked and number == 0),  # so that the rest can be looked at, too
                "why": _both(row.why_zh, row.why_en) if row.why_zh or row.why_en else None,
            }
            for number, row in enumerate(rows)
        ]
    elif form.kind == "ordering":
        values["order"] = [_both(row.zh, row.en) for row in rows]
    elif form.kind == "numeric":
        values["answer"] = _number(form, form.answer, _("Answer"))
        values["tolerance"] = _number(form, form.tolerance or "0", _("Tolerance"))
        values["unit"] = form.unit
    else:
        values["accept"] = lines_of(form.accept)
    try:
        question = _QUESTION.validate_python(values)
    except ValidationError as error:
        form.errors += [_message(item["loc"], item["msg"]) for item in error.errors(include_url=False)]
        return None
    return None if form.errors else question


def _both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _number(form: QuestionForm, text: str, name: str) -> float:
    value = read_number(text)
    if value is None or not math.isfinite(value):
        form.errors.append(_("%(field)s: give a number.", field=name))
        return 1.0  # which every field may hold: it has its error already
    return value


def _message(place: Sequence[int | str], message: str) -> str:
    """What is wrong, with the field's own words in front."""
    names = {
        "text": _("Text"),
        "explanation": _("Explanation"),
        "choice": _("Choice"),
        "order": _("Entry"),
        "accept": _("Accepted texts"),
        "points": _("Points of the question"),
        "answer": _("Answer"),
        "tolerance": _("Tolerance"),
        "id": _("Short name"),
        "why": _("why it is wrong"),
        "zh": _("Chinese"),
        "en": _("English"),
    }
    said: list[str] = []
    for part in place:
        if isinstance(part, int):
            said.append(str(part + 1))
        elif part in names:
            said.append(str(names[part]))
    key = " ".join(said) or str(_("Question"))
    return problem_texts.text(Problem("", None, f"{key}: {message.removeprefix('Value error, ')}"))
