"""Questions: from the pack to the bank, to the page, from the form to an answer, and to a judgement. Pure functions.

In the bank a question is a dict: `id, kind, points, text, explanation` and, by kind, `choices [{text, correct, why}]`,
`answer, tolerance, unit`, `order [text]` (in the right order) or `accept [str]`. Texts are `{zh, en}` of safe HTML.
`order` in these functions maps shown places to places in the bank, so that neither values nor their sequence in a page
tell which choice the author wrote first. `given` is an answer in terms of the bank: an index, a list of indexes, or text.
"""

import math
import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from markupsafe import Markup

from shixun.core.i18n import local
from shixun.curriculum.rendering import render_line
from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion, OrderingQuestion
from shixun_packs.question import Question as PackQuestion
from shixun_packs.text import LocalText

Question = Mapping[str, Any]
Given = int | list[int] | str
LONGEST = 200  # characters of a typed answer
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?")


class Form(Protocol):
    """What a browser sent: werkzeug's MultiDict."""

    def get(self, key: str, default: str) -> str: ...
    def getlist(self, key: str) -> list[str]: ...


class Malformed(ValueError):
    """An answer that no page of ours offers: a made-up value, places that are taken twice."""


def from_pack(question: PackQuestion) -> dict[str, Any]:
    """The question as the bank keeps it. Raises `BadText`."""
    found: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "points": question.points,
        "text": _rendered(question.text),
        "explanation": _rendered(question.explanation),
    }
    if isinstance(question, ChoiceQuestion):
        found["choices"] = [
            {"text": _rendered(c.text), "correct": c.correct, "why": _rendered(c.why) if c.why else None}
            for c in question.choice
        ]
    elif isinstance(question, NumericQuestion):
        found |= {"answer": question.answer, "tolerance": question.tolerance, "unit": question.unit}
    elif isinstance(question, OrderingQuestion):
        found["order"] = [_rendered(text) for text in question.order]
    elif isinstance(question, FillQuestion):
        found["accept"] = list(question.accept)
    return found


def _rendered(text: LocalText) -> dict[str, str]:
    return {"zh": render_line(text.zh), "en": render_line(text.en)}


def draw(questions: Sequence[Question], count: int, seed: str) -> list[dict[str, Any]]:
    """Draw `count` questions (0: all), the same for the same seed: `[{id, order}]` in the order to show."""
    chance = random.Random(seed)  # noqa: S311 - a fair shuffle, no secret
    chosen = chance.sample(list(questions), count) if 0 < count < len(questions) else list(questions)
    if 0 < count < len(questions):
        chance.shuffle(chosen)
    return [{"id": question["id"], "order": _shuffled(question, chance)} for question in chosen]


def order_of(question: Question, seed: str) -> list[int]:
    """The order of one question's choices, the same for the same seed."""
    return _shuffled(question, random.Random(f"{seed}:{question['id']}"))  # noqa: S311


def _shuffled(question: Question, chance: random.Random) -> list[int]:
    places = list(range(len(question.get("choices") or question.get("order") or [])))
    right = list(places)
    chance.shuffle(places)
    while question["kind"] == "ordering" and places == right:  # else the page would begin with the answer
        chance.shuffle(places)
    return places


def card(question: Question, order: Sequence[int]) -> dict[str, Any]:
    """The question for `ui.question_card`, with nothing in it that tells the answer."""
    found: dict[str, Any] = {
        "id": question["id"],
        "kind": question["kind"],
        "text": _safe(question["text"]),
        "points": _plain(question["points"]),
    }
    if question["kind"] in {"single", "multiple"}:
        found["choices"] = [
            {"value": str(place), "text": _safe(question["choices"][index]["text"])}
            for place, index in enumerate(order)
        ]
    elif question["kind"] == "ordering":
        found["items"] = [
            {"value": str(place), "text": _safe(question["order"][index])} for place, index in enumerate(order)
        ]
    elif question["kind"] == "numeric":
        found["unit"] = question["unit"]
    return found


def card_answer(question: Question, order: Sequence[int], given: Given | None) -> Any:
    """`given` as `ui.question_card` takes it."""
    if given is None:
        return None
    if question["kind"] == "single":
        return str(order.index(given))
    if question["kind"] == "multiple":
        return [str(order.index(index)) for index in given]  # type: ignore[union-attr]
    if question["kind"] == "ordering":
        return {str(order.index(index)): place for place, index in enumerate(given, start=1)}  # type: ignore[arg-type]
    return given


def read(question: Question, order: Sequence[int], form: Form, prefix: str = "q-") -> Given | None:
    """The answer in a form of `ui.question_card`; None where there is none. Raises `Malformed`."""
    name = f"{prefix}{question['id']}"
    kind = question["kind"]
    if kind in {"numeric", "fill"}:
        return form.get(name, "").strip()[:LONGEST] or None
    if kind == "ordering":
        return _read_places(order, [form.get(f"{name}-{place}", "") for place in range(len(order))])
    values = form.getlist(name)
    if not set(values) <= {str(place) for place in range(len(order))}:
        raise Malformed("there is no such choice")
    chosen = sorted({order[int(value)] for value in values})
    if kind == "single":
        if len(chosen) > 1:
            raise Malformed("only one choice can be taken")
        return chosen[0] if chosen else None
    return chosen or None


def _read_places(order: Sequence[int], sent: Sequence[str]) -> list[int] | None:
    if not any(sent):
        return None
    if sorted(sent) != sorted(str(number) for number in range(1, len(order) + 1)):
        raise Malformed("every place is taken once")
    return [order[shown] for shown in sorted(range(len(order)), key=lambda shown: int(sent[shown]))]


def number(text: str) -> float | None:
    """A typed number: full-width digits, a decimal comma and a Chinese full stop are fine; None if it is none."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("。", ".").replace(" ", "").lower()
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def plain_words(text: str) -> str:
    """A typed text as it is compared: width, case and runs of spaces make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_right(question: Question, given: Given | None) -> bool:
    """Whether `given` is the answer. Points are for a wholly right answer only."""
    if given is None:
        return False
    kind = question["kind"]
    if kind == "numeric":
        value = number(str(given))
        # The tolerance itself is inside, whatever binary fractions make of it.
        most = question["tolerance"] * (1 + 1e-9)
        return value is not None and math.isclose(value, question["answer"], rel_tol=1e-9, abs_tol=most)
    if kind == "fill":
        return plain_words(str(given)) in {plain_words(text) for text in question["accept"]}
    return given == model_answer(question)


def result(
    question: Question, order: Sequence[int], given: Given | None, *, reveal: bool, teacher: bool = False
) -> dict[str, Any]:
    """The judgement for `ui.question_card`: explained to whoever answered; the answer itself only with `reveal`.

    A `teacher` reads why each wrong choice is wrong, chosen or not.
    """
    right = is_right(question, given)
    found: dict[str, Any] = {
        "state": "right" if right else "wrong",
        "points": _plain(question["points"]) if right else 0,
        "explanation": _safe(question["explanation"]) if reveal or given is not None else None,
    }
    if question["kind"] in {"single", "multiple"}:
        chosen = given if isinstance(given, list) else [given]
        found["choices"] = {
            str(place): {
                "correct": question["choices"][index]["correct"],
                "why": _safe(why)
                if (why := question["choices"][index]["why"]) and (teacher or index in chosen)
                else None,
            }
            for place, index in enumerate(order)
            if reveal or index in chosen
        }
    elif reveal and not right:
        found["expected"] = expected(question)
    return found


def expected(question: Question) -> str | Markup | None:
    """The answer in words, with its tolerance; None where the choices show it."""
    if question["kind"] == "numeric":
        within = f" ± {question['tolerance']:g}" if question["tolerance"] else ""
        return f"{question['answer']:g}{within} {question['unit']}".strip()
    if question["kind"] == "fill":
        return " / ".join(question["accept"])
    if question["kind"] == "ordering":
        return Markup(" → ").join(_safe(text) for text in question["order"])
    return None


def model_answer(question: Question) -> Given:
    """The right answer, for those who may see it."""
    kind = question["kind"]
    if kind == "numeric":
        return f"{question['answer']:g}"
    if kind == "fill":
        return str(question["accept"][0])
    if kind == "ordering":
        return list(range(len(question["order"])))
    right = [index for index, choice in enumerate(question["choices"]) if choice["correct"]]
    return right[0] if kind == "single" else right


def answered(question: Question) -> dict[str, Any]:
    """A question answered as its author would, in the author's order: shown as the answer, not as somebody's."""
    order = list(range(len(question.get("choices") or question.get("order") or [])))
    given = model_answer(question)
    judged = result(question, order, given, reveal=True, teacher=True)
    return {
        "question": card(question, order),
        "answer": card_answer(question, order, given),
        "result": judged | {"state": "answer", "points": None, "expected": expected(question)},
    }


def _safe(text: Mapping[str, str]) -> Markup:
    return Markup(local(text))  # noqa: S704 - sanitised when the pack was synced


def _plain(points: float) -> float | int:
    return int(points) if float(points).is_integer() else points
