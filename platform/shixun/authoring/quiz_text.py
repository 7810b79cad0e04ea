"""Question files of a draft: quizzes and lesson checks, changed question by question. Pure functions from text to text."""

from collections.abc import Mapping
from typing import Any

from shixun.authoring import toml_text
from shixun_packs.question import (
    Choice,
    ChoiceQuestion,
    FillQuestion,
    NumericQuestion,
    OrderingQuestion,
    Question,
)
from shixun_packs.toml import TomlDocument, parse_toml


def new(slug: str, title: Mapping[str, str]) -> str:
    """A quiz without questions."""
    return toml_text.block("[quiz]", {"slug": slug, "title": title, "pass_percent": 60, "draw": 0})


def document(text: str, path: str) -> TomlDocument:
    """The file's data with lines. Raises `PackError`."""
    return parse_toml(text, path)


def raw_questions(text: str, path: str) -> list[dict[str, Any]]:
    """The questions as they stand, right or wrong. Raises `PackError`."""
    listed = document(text, path).data.get("question", [])
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def block_of(question: Question) -> str:
    """A question as it is written in a file."""
    values: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "points": question.points if question.points != 1 else None,
        "text": question.text.model_dump(),
    }
    if isinstance(question, ChoiceQuestion):
        values["choice"] = [_choice(choice) for choice in question.choice]
    elif isinstance(question, NumericQuestion):
        values |= {"answer": question.answer, "tolerance": question.tolerance, "unit": question.unit or None}
    elif isinstance(question, OrderingQuestion):
        values["order"] = [text.model_dump() for text in question.order]
    elif isinstance(question, FillQuestion):
        values["accept"] = list(question.accept)
    values["explanation"] = question.explanation.model_dump()
    return toml_text.block("[[question]]", values)


def _choice(choice: Choice) -> dict[str, Any]:
    found: dict[str, Any] = {"correct": True} if choice.correct else {}
    found["text"] = choice.text.model_dump()
    if choice.why is not None:
        found["why"] = choice.why.model_dump()
    return found


def in_blocks(text: str) -> str:
    """The same file with a block for each question; one that has them already stays as it is. Raises `PackError`."""
    data = document(text, "").data
    listed = data.get("question", [])
    found = toml_text.elements(text)
    if all(("question", index) in found for index in range(len(listed))):
        return text
    parts = [toml_text.block("[quiz]", data["quiz"])] if "quiz" in data else []
    parts += [toml_text.block("[[question]]", one) for one in listed]
    return "\n".join(parts)


def add(text: str, question: Question) -> str:
    """Put a question at the end."""
    return toml_text.put_last(in_blocks(text), block_of(question))


def put(text: str, index: int, question: Question) -> str:
    """Put a question in the place of another."""
    return toml_text.replace(in_blocks(text), ("question", index), block_of(question))


def remove(text: str, index: int) -> str:
    """Take a question out."""
    return toml_text.cut(in_blocks(text), ("question", index))[0]


def move(text: str, index: int, step: int) -> str:
    """Move a question up (-1) or down (+1); at the end of the road nothing changes."""
    text = in_blocks(text)
    count = len(raw_questions(text, ""))
    if not 0 <= index + step < count:
        return text
    rest, own = toml_text.cut(text, ("question", index))
    if step < 0:
        return toml_text.put_before(rest, ("question", index - 1), own)
    return toml_text.put_after(rest, ("question", index), own)


def set_rules(text: str, values: Mapping[str, Any]) -> str:
    """Change keys of `[quiz]`."""
    return toml_text.set_values(in_blocks(text), ("quiz",), values)
