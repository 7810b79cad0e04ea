"""Questions of quizzes and lesson checks. Their texts are inline Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shixun_packs.text import LocalText, PackModel, Slug, Text


class BaseQuestion(PackModel):
    """What all questions have; `explanation` is shown after the answer, right or wrong."""

    id: Slug
    text: LocalText
    points: float = Field(default=1.0, gt=0)
    explanation: LocalText


class Choice(PackModel):
    """One choice; a wrong one says in `why` which mistake leads to it."""

    text: LocalText
    correct: bool = False
    why: LocalText | None = None

    @model_validator(mode="after")
    def _wrong_is_explained(self) -> Choice:
        if not self.correct and self.why is None:
            raise ValueError("a wrong choice needs `why`: the mistake that leads to it")
        return self


class ChoiceQuestion(BaseQuestion):
    """Pick the one right choice (`single`) or all right ones (`multiple`)."""

    kind: Literal["single", "multiple"]
    choice: list[Choice] = Field(min_length=2)

    @model_validator(mode="after")
    def _has_right_and_wrong(self) -> ChoiceQuestion:
        right = sum(choice.correct for choice in self.choice)
        if right == 0:
            raise ValueError("has no right answer: set correct = true on a choice")
        if self.kind == "single" and right > 1:
            raise ValueError(f"is single, but {right} choices are correct")
        if right == len(self.choice):
            raise ValueError("every choice is correct: there is nothing to choose")
        _distinct([choice.text for choice in self.choice], "choice")
        return self


class NumericQuestion(BaseQuestion):
    """Type a number: right within ± `tolerance` (absolute, in `unit`) of `answer`."""

    kind: Literal["numeric"]
    answer: float
    tolerance: float = Field(ge=0)
    unit: str = ""


class OrderingQuestion(BaseQuestion):
    """Bring the entries of `order` (given in the right order) into their order."""

    kind: Literal["ordering"]
    order: list[LocalText] = Field(min_length=3)

    @model_validator(mode="after")
    def _all_different(self) -> OrderingQuestion:
        _distinct(self.order, "entry")
        return self


class FillQuestion(BaseQuestion):
    """Type a text: right if it is one of `accept`, whatever the case and width of its characters."""

    kind: Literal["fill"]
    accept: list[Text] = Field(min_length=1)


Question = Annotated[
    ChoiceQuestion | NumericQuestion | OrderingQuestion | FillQuestion,
    Field(discriminator="kind"),
]


class QuizInfo(PackModel):
    """Table `[quiz]`. `draw` questions are drawn (0: all); `minutes` and `attempts` of 0 mean no limit."""

    slug: Slug
    title: LocalText
    pass_percent: float = Field(default=60.0, ge=0, le=100)
    draw: int = Field(default=0, ge=0)
    minutes: int = Field(default=0, ge=0, le=1440)
    attempts: int = Field(default=0, ge=0)


class Quiz(PackModel):
    """A quiz file: `[quiz]` and `[[question]]`."""

    quiz: QuizInfo
    question: list[Question] = Field(min_length=1)


class Checks(PackModel):
    """The file of questions that lessons embed: `[[question]]` only."""

    question: list[Question] = Field(min_length=1)


def _distinct(texts: Sequence[LocalText], what: str) -> None:
    for lang in ("zh", "en"):
        seen: set[str] = set()
        for text in texts:
            if text.get(lang) in seen:
                raise ValueError(f"two {what} texts are the same: {text.get(lang)!r}")
            seen.add(text.get(lang))
