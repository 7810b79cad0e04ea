"""The question files of a draft course: which there are, what stands in them, and their changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shixun.authoring import operations, outlines, problem_texts, queries, quiz_text
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale, digest_of
from shixun.core.errors import NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun.curriculum import questions
from shixun.curriculum.rendering import BadText
from shixun_packs.course import CHECKS_FILE, QuizItem
from shixun_packs.exchange.ids import slug_from
from shixun_packs.problems import PackError, Problem
from shixun_packs.question import Question, QuizInfo

CHECKS = "_checks"  # no item can be called so
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
_RULES: TypeAdapter[QuizInfo] = TypeAdapter(QuizInfo)


@dataclass(frozen=True)
class Bank:
    """A question file; `item` is the quiz that it belongs to, None for the questions in lessons."""

    key: str
    path: str
    item: QuizItem | None


@dataclass(frozen=True)
class Entry:
    """A question as it stands in the file: readable with its card, or with what is wrong."""

    index: int
    id: str
    raw: dict[str, Any]
    question: Question | None
    card: dict[str, Any] | None
    problems: list[str]

    @property
    def base(self) -> str:
        """Names this state of the question."""
        return digest_of(self.raw)


def bank(draft: Draft, key: str) -> Bank:
    """A question file by the slug of its quiz, or `CHECKS`. Raises `NotFound`."""
    if key == CHECKS:
        return Bank(key, CHECKS_FILE, None)
    item = outlines.item_of(draft, key)[1]
    if not isinstance(item, QuizItem):
        raise NotFound(_l("There is no such page in this course."))
    return Bank(key, item.file, item)


def entries(draft: Draft, found: Bank) -> list[Entry]:
    """The questions of a bank in order. Raises `PackError` if the file can't be read at all."""
    text = queries.text(draft, found.path) or ""
    return [_entry(index, raw) for index, raw in enumerate(quiz_text.raw_questions(text, found.path))]


def _entry(index: int, raw: dict[str, Any]) -> Entry:
    name = str(raw.get("id", ""))
    try:
        question = _QUESTION.validate_python(raw)
        card = questions.answered(questions.from_pack(question))
    except ValidationError as error:
        messages = [
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False)
        ]
        return Entry(index, name, raw, None, None, [problem_texts.text(Problem("", None, one)) for one in messages])
    except BadText as error:
        return Entry(index, name, raw, question, None, [problem_texts.text(Problem("", None, error.message))])
    return Entry(index, name, raw, question, card, [])


def entry(draft: Draft, found: Bank, question_id: str) -> Entry:
    """A question by its id. Raises `NotFound`."""
    try:
        return next(one for one in entries(draft, found) if one.id == question_id)
    except (StopIteration, PackError):
        raise NotFound(_l("There is no such question in this file.")) from None


def free_id(draft: Draft, found: Bank, text: str) -> str:
    """An id that no question of the bank has, made from an English text."""
    return slug_from(text[:60], "question", {one.id for one in entries(draft, found)})


def add(actor: Actor, draft: Draft, found: Bank, added: Iterable[Question]) -> None:
    """Put questions at the end of a bank."""
    operations.change(actor, draft, found.path, lambda text: quiz_text.add_all(text, added))


def put(actor: Actor, draft: Draft, found: Bank, question_id: str, question: Question, base: str) -> None:
    """Put a question in the place of the one of this id, if that is still `base`. Raises `Stale` with the present one."""
    operations.lock(draft)
    present = entry(draft, found, question_id)
    if present.base != base:
        raise Stale(present, present.base)
    operations.change(actor, draft, found.path, lambda text: quiz_text.put(text, present.index, question))


def move(actor: Actor, draft: Draft, found: Bank, question_id: str, step: int) -> None:
    """Move a question up (-1) or down (+1)."""
    operations.lock(draft)
    present = entry(draft, found, question_id)
    operations.change(actor, draft, found.path, lambda text: quiz_text.move(text, present.index, step))


def remove(actor: Actor, draft: Draft, found: Bank, question_id: str) -> None:
    """Take a question out; an empty file of questions in lessons goes with its last one."""
    operations.lock(draft)
    present = entry(draft, found, question_id)
    if found.item is None and len(entries(draft, found)) == 1:
        operations.remove(actor, draft, found.path)
    else:
        operations.change(actor, draft, found.path, lambda text: quiz_text.remove(text, present.index))


def rules(draft: Draft, found: Bank) -> QuizInfo | None:
    """What `[quiz]` says; None where it can't be read."""
    try:
        raw = quiz_text.document(queries.text(draft, found.path) or "", found.path).data.get("quiz")
        return _RULES.validate_python(raw)
    except (PackError, ValidationError):
        return None


def set_rules(actor: Actor, draft: Draft, found: Bank, values: dict[str, Any], base: str) -> None:
    """Change what `[quiz]` says. Raises `Stale` with the present rules."""
    operations.lock(draft)
    present = rules(draft, found)
    if present is None:
        raise NotFound(_l("This file can't be read as it is: mend it as text first."))
    if digest_of(present.model_dump()) != base:
        raise Stale(present, digest_of(present.model_dump()))
    operations.change(actor, draft, found.path, lambda text: quiz_text.set_rules(text, values))
