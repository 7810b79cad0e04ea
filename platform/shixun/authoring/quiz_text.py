"""Question files of a draft: quizzes and lesson checks, changed question by question. Pure functions from text to text."""

from collections.abc import Iterable, Mapping
from typing import Any

from shixun.authoring import toml_text
from shixun_packs.exchange.ids import slug_from
from shixun_packs.exchange.toml_text import question_text
from shixun_packs.question import Question
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


def add_all(text: str, questions: Iterable[Question]) -> str:
    """Put questions at the end; one whose id is taken gets another."""
    text = in_blocks(text)
    taken = {str(one.get("id")) for one in raw_questions(text, "")}
    for question in questions:
        new_id = slug_from(question.id, "question", taken)
        taken.add(new_id)
        text = toml_text.put_last(text, question_text(question.model_copy(update={"id": new_id})))
    return text


def put(text: str, index: int, question: Question) -> str:
    """Put a question in the place of another."""
    return toml_text.replace(in_blocks(text), ("question", index), question_text(question))


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
