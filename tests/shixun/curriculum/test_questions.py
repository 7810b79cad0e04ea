"""Judging answers, and what a page is told before it may know."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies
from werkzeug.datastructures import MultiDict

from shixun.curriculum import questions

T = {"zh": "题", "en": "text"}


def text(zh: str) -> dict[str, str]:
    return {"zh": zh, "en": zh}


SINGLE = {
    "id": "a",
    "kind": "single",
    "points": 1.0,
    "text": T,
    "explanation": text("secret-explanation"),
    "choices": [
        {"text": text("right"), "correct": True, "why": None},
        {"text": text("wrong"), "correct": False, "why": text("secret-why")},
        {"text": text("other"), "correct": False, "why": text("secret-other")},
    ],
}
MULTIPLE = {
    **SINGLE,
    "kind": "multiple",
    "choices": [*SINGLE["choices"][:1], {**SINGLE["choices"][0], "text": text("two")}, SINGLE["choices"][1]],
}  # type: ignore[index,dict-item]
NUMERIC = {
    "id": "n",
    "kind": "numeric",
    "points": 2.0,
    "text": T,
    "explanation": T,
    "answer": 1.3,
    "tolerance": 0.1,
    "unit": "m",
}
ORDERING = {
    "id": "o",
    "kind": "ordering",
    "points": 1.0,
    "text": T,
    "explanation": T,
    "order": [text("1"), text("2"), text("3")],
}
FILL = {"id": "f", "kind": "fill", "points": 1.0, "text": T, "explanation": T, "accept": ["Modbus TCP", "secret-word"]}


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("1.3", True),
        ("1.4", True),  # the tolerance itself is inside
        ("1.2", True),
        ("1.41", False),
        ("１．３", True),
        ("1,3", True),
        ("1。3", True),
        ("+1.3e0", True),
        ("−1.3", False),
        ("nan", False),
        ("inf", False),
        ("1.3 m", False),
        ("1_3", False),
        ("0x1", False),
        ("", False),
        ("9" * 199, False),
    ],
)
def test_typed_numbers(typed: str, right: bool) -> None:
    assert questions.is_right(NUMERIC, typed) is right


@pytest.mark.parametrize("typed", ["modbus tcp", "ＭＯＤＢＵＳ　ＴＣＰ", "  Modbus   TCP ", "SECRET-word"])
def test_typed_words_whatever_their_width_and_case(typed: str) -> None:
    assert questions.is_right(FILL, typed)
    assert not questions.is_right(FILL, typed + "x")


def test_only_a_wholly_right_answer_counts() -> None:
    assert questions.is_right(SINGLE, 0)
    assert not questions.is_right(SINGLE, 1)
    assert questions.is_right(MULTIPLE, [0, 1])
    assert not questions.is_right(MULTIPLE, [0])
    assert not questions.is_right(MULTIPLE, [0, 1, 2])
    assert questions.is_right(ORDERING, [0, 1, 2])
    assert not questions.is_right(ORDERING, [0, 2, 1])
    assert not any(questions.is_right(question, None) for question in (SINGLE, MULTIPLE, NUMERIC, ORDERING, FILL))


@pytest.mark.parametrize("question", [SINGLE, MULTIPLE, NUMERIC, ORDERING, FILL])
def test_a_card_says_nothing_of_the_answer(app: Any, question: dict[str, Any]) -> None:
    order = questions.order_of(question, "seed")
    card = questions.card(question, order)
    shown = json.dumps(card, ensure_ascii=False)
    for secret in ("secret", "correct", "answer", "accept", "tolerance", "why"):
        assert secret not in shown
    # Without the right to see the answer, the judgement of a wrong one names no choice that was not taken.
    wrong = {"single": 1, "multiple": [2], "numeric": "7", "ordering": [2, 1, 0], "fill": "x"}[question["kind"]]
    judged = questions.result(question, order, wrong, reveal=False)
    assert "expected" not in judged
    assert all(not choice["correct"] for choice in judged.get("choices", {}).values())


def test_ordering_never_begins_with_the_answer(app: Any) -> None:
    assert all(questions.order_of(ORDERING, str(seed)) != [0, 1, 2] for seed in range(200))


@given(strategies.integers(), strategies.integers(0, 4))
def test_the_same_seed_draws_the_same(seed: int, count: int) -> None:
    bank = [SINGLE, {**NUMERIC}, {**ORDERING}, {**FILL}]
    first = questions.draw(bank, count, str(seed))
    assert first == questions.draw(bank, count, str(seed))
    assert len({place["id"] for place in first}) == (count or 4)


@given(strategies.permutations([0, 1, 2]))
def test_an_answer_survives_the_way_to_the_page_and_back(order: list[int]) -> None:
    for question, given_answer in ((SINGLE, 2), (MULTIPLE, [0, 2]), (ORDERING, [1, 2, 0])):
        shown = questions.card_answer(question, order, given_answer)
        name = f"q-{question['id']}"
        form: MultiDict[str, str] = MultiDict()
        if question["kind"] == "ordering":
            form = MultiDict({f"{name}-{value}": str(place) for value, place in shown.items()})
        else:
            form.setlist(name, shown if isinstance(shown, list) else [shown])
        assert questions.read(question, order, form) == given_answer


@pytest.mark.parametrize(
    ("question", "form"),
    [
        (SINGLE, [("q-a", "9")]),
        (SINGLE, [("q-a", "-1")]),
        (SINGLE, [("q-a", "0"), ("q-a", "1")]),
        (MULTIPLE, [("q-a", "x")]),
        (MULTIPLE, [("q-a", "٠")]),  # a digit, but not one of ours
        (ORDERING, [("q-o-0", "1"), ("q-o-1", "1"), ("q-o-2", "3")]),
        (ORDERING, [("q-o-0", "1")]),
        (ORDERING, [("q-o-0", "0"), ("q-o-1", "1"), ("q-o-2", "2")]),
    ],
)
def test_answers_that_no_page_offers(question: dict[str, Any], form: list[tuple[str, str]]) -> None:
    with pytest.raises(questions.Malformed):
        questions.read(question, [0, 1, 2], MultiDict(form))


def test_no_answer_is_no_answer() -> None:
    for question in (SINGLE, MULTIPLE, NUMERIC, ORDERING, FILL):
        assert questions.read(question, [0, 1, 2], MultiDict()) is None
