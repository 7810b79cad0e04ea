"""A draft's lesson as trainees will read it, through the same renderer, with what is wrong by line. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shixun.curriculum import questions
from shixun.curriculum.rendering import BadText, RenderedLesson, render_lesson
from shixun_packs.course import CHECKS_FILE
from shixun_packs.lesson import MOST_CHARACTERS, read_lesson
from shixun_packs.problems import PackError, Problem
from shixun_packs.question import Question
from shixun_packs.toml import parse_toml

_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


@dataclass(frozen=True)
class LessonPreview:
    """`lesson` is None while the text can't be rendered at all; `cards` as `questions.answered`, by question id."""

    lesson: RenderedLesson | None
    cards: Mapping[str, dict[str, Any]]
    problems: list[Problem] = field(default_factory=list)


def readable_questions(text: str | None) -> list[Question]:
    """The questions of a file that are right as they are; the others have their problems shown elsewhere."""
    found = []
    try:
        listed = parse_toml(text or "", CHECKS_FILE).data.get("question", [])
    except PackError:
        return []
    for raw in listed if isinstance(listed, list) else []:
        try:
            found.append(_QUESTION.validate_python(raw))
        except ValidationError:
            continue
    return found


def lesson(text: str, path: str, figures: Mapping[str, str], checks: str | None) -> LessonPreview:
    """Render the lesson in `text`. `figures`: address by path; `checks`: the text of the file with the lesson checks."""
    problems: list[Problem] = []
    bank = {}
    for question in readable_questions(checks):
        try:
            bank[question.id] = questions.answered(questions.from_pack(question))
        except BadText:
            continue
    try:
        read = read_lesson(text, path, path)
    except PackError as error:
        problems += error.problems
    else:
        problems += [
            Problem(path, line, f"there is no figure {name!r}") for name, line in read.figures if name not in figures
        ]
        for name, line in read.checks:
            if name not in bank:
                problems.append(Problem(path, line, f"there is no question {name!r} in {CHECKS_FILE}"))
    rendered = None
    if len(text) > MOST_CHARACTERS:
        return LessonPreview(None, bank, problems)
    body, above = _body(text)
    try:
        rendered = render_lesson(body, lambda name: figures.get(name, ""))
    except BadText as error:
        problems.append(Problem(path, above + error.line + 1, error.message))
    return LessonPreview(rendered, bank, sorted(problems, key=lambda problem: problem.line or 0))


def _body(text: str) -> tuple[str, int]:
    """The text below the front matter, and how many lines stand above it."""
    lines = text.split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "+++"), None)
    if lines[0].rstrip() != "+++" or end is None:
        return text, 0
    return "\n".join(lines[end + 1 :]), end + 1
