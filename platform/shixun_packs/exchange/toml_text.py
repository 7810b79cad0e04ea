"""Questions and courses as the TOML that authors edit: what `load_course` reads, laid out to be read by people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion, OrderingQuestion, Question, QuizInfo
from shixun_packs.text import LocalList, LocalText


def string(text: str) -> str:
    """A basic string (TOML 1.0): JSON's, but for the one sign that only JSON allows to stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def local(text: LocalText) -> str:
    """A text in both languages as an inline table."""
    return f"{{zh = {string(text.zh)}, en = {string(text.en)}}}"


def local_list(texts: LocalList) -> str:
    """The two lines of a table with a list in both languages."""
    return "\n".join(f"{lang} = [{', '.join(map(string, texts.get(lang)))}]" for lang in ("zh", "en"))


def number(value: float) -> str:
    """A number, whole where it is one."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def question_text(question: Question) -> str:
    """One `[[question]]`."""
    lines = ["[[question]]", f"id = {string(question.id)}", f"kind = {string(question.kind)}"]
    if question.points != 1:
        lines.append(f"points = {number(question.points)}")
    lines.append(f"text = {local(question.text)}")
    if isinstance(question, ChoiceQuestion):
        lines.append("choice = [")
        for choice in question.choice:
            right = "correct = true, " if choice.correct else ""
            why = f", why = {local(choice.why)}" if choice.why is not None else ""
            lines.append(f"  {{{right}text = {local(choice.text)}{why}}},")
        lines.append("]")
    elif isinstance(question, NumericQuestion):
        lines += [f"answer = {number(question.answer)}", f"tolerance = {number(question.tolerance)}"]
        lines += [f"unit = {string(question.unit)}"] if question.unit else []
    elif isinstance(question, OrderingQuestion):
        lines += ["order = [", *(f"  {local(entry)}," for entry in question.order), "]"]
    elif isinstance(question, FillQuestion):
        lines.append(f"accept = [{', '.join(map(string, question.accept))}]")
    lines.append(f"explanation = {local(question.explanation)}")
    return "\n".join(lines) + "\n"


def questions_text(questions: Iterable[Question]) -> str:
    """Questions one below the other."""
    return "\n".join(question_text(question) for question in questions)


def quiz_text(quiz: QuizInfo, questions: Sequence[Question]) -> str:
    """A whole quiz file."""
    head = [
        "[quiz]",
        f"slug = {string(quiz.slug)}",
        f"title = {local(quiz.title)}",
        f"pass_percent = {number(quiz.pass_percent)}",
        f"draw = {quiz.draw}",
        f"minutes = {quiz.minutes}",
        f"attempts = {quiz.attempts}",
    ]
    return "\n".join(head) + "\n\n" + questions_text(questions)
