"""Criteria sets as data: what the documents ask, word for word, and which figures measure it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent / "criteria"
PRESENT = "2022"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Part):
    """A text in both languages; the `local` filter takes it by its `get`."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def get(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Measure(_Part):
    """A figure of `volume` and the least value that each level asks for."""

    figure: str
    national: int
    provincial: int


class Row(_Part):
    """One row (评价指标). `kind`: a functional kind, or `all`. Without measures it is shown with evidence, not computed."""

    id: str
    category: str
    kind: str
    section: Text
    title: Text
    national: Text
    provincial: Text
    measure: tuple[Measure, ...] = ()


class Reading(_Part):
    """How we read what the documents leave open, for these figures."""

    figures: tuple[str, ...]
    text: Text


class SetHead(_Part):
    id: str
    document: Text
    issued_with: Text


class CriteriaSet(_Part):
    """A set of criteria as one document gives them."""

    set: SetHead
    row: tuple[Row, ...]
    reading: tuple[Reading, ...]

    def rows(self, category: str, kind: str | None) -> list[Row]:
        """The rows that apply to a center of a category and, within functional, a kind."""
        return [row for row in self.row if row.category == category and row.kind in {"all", kind}]

    def measure(self, figure: str) -> tuple[Row, Measure] | None:
        """The row that measures a figure, and how."""
        return next(((row, part) for row in self.row for part in row.measure if part.figure == figure), None)

    def readings(self, figure: str) -> list[Text]:
        """Our readings that bear on a figure."""
        return [reading.text for reading in self.reading if figure in reading.figures]


@cache
def load(set_id: str = PRESENT) -> CriteriaSet:
    """A set by its id. Raises `ValueError` where this release does not have it, or its file is wrong."""
    path = {found.stem: found for found in FOLDER.glob("*.toml")}.get(set_id)
    if path is None:
        raise ValueError(f"no criteria set {set_id}")
    return CriteriaSet.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
