"""The canonical answers of a form: the pack's own fields, each with a value of its exact kind or none.

A submission is one JSON object. Fields that the pack doesn't have are never looked at; a value that its field can't hold
counts as no answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shixun_graders.intake.canonical import read_submission
from shixun_graders.intake.refusal import RefusalError
from shixun_graders.intake.shape import Shape, parse
from shixun_graders.protocol import Answer, AnswerError, Note, Reason
from shixun_packs.form import ANSWERS_NAME, ChoiceField, FormField, NumberField
from shixun_packs.lab import Lab

SHAPE = Shape(text_bytes=1_000_000, values=5_000, depth=4)
MAX_NUMBER = 1e15  # of either sign; every honest answer is smaller, and arithmetic with it stays finite


@dataclass(frozen=True)
class FormAnswers:
    """What is graded: one answer for each field of the form, in its order."""

    answers: tuple[Answer, ...]
    notes: tuple[Note, ...]


def read_answers(lab: Lab, bundle: bytes) -> FormAnswers:
    """The answers in a submission bundle. Raises RefusalError."""
    sent = parse(read_submission(bundle, ANSWERS_NAME, Reason.NO_ANSWERS), SHAPE)
    if not isinstance(sent, dict):
        raise RefusalError(Reason.NOT_A_FORM)
    answers = tuple(_answer(field, sent) for field in lab.form)
    unreadable = any(answer.error is AnswerError.NOT_DATA for answer in answers)
    return FormAnswers(answers, (Note.FIELD_UNREADABLE,) if unreadable else ())


def _answer(field: FormField, sent: Mapping[str, Any]) -> Answer:
    value = sent.get(field.id)
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        return Answer(ok=False, error=AnswerError.MISSING)
    found = _value(field, value)
    return Answer(ok=False, error=AnswerError.NOT_DATA) if found is None else Answer(ok=True, value=found)


def _value(field: FormField, value: Any) -> float | str | list[str] | None:
    """The value as the field holds it: float, option id, option ids in the form's order, text. None if it can't."""
    if isinstance(field, NumberField):
        fits = type(value) in (int, float) and abs(value) <= MAX_NUMBER and math.isfinite(value)
        return float(value) if fits else None
    if isinstance(field, ChoiceField):
        options = [option.id for option in field.option]
        if field.kind == "choice":
            return value if isinstance(value, str) and value in options else None
        known = isinstance(value, list) and all(isinstance(one, str) and one in options for one in value)
        return [option for option in options if option in value] if known else None
    if not isinstance(value, str) or len(value) > field.most:
        return None
    # A lone surrogate (legal in JSON, not in UTF-8) would break every writer behind us.
    return value.encode("utf-8", "replace").decode("utf-8")
