"""Forms of labs without code: `form.toml` says what a trainee is asked, the lab's checks say what is right."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shixun_packs.folder import PackFolder
from shixun_packs.percent import syntax_problem
from shixun_packs.text import LocalText, PackModel, Slug
from shixun_packs.toml import TomlDocument

ANSWERS_NAME = "answers.json"  # of a submission: one JSON object, the answers by field id
MAX_FIELDS = 60


class BaseField(PackModel):
    """What all fields have. `grade` is the id of the `[[grade]]` in `lab.toml` that the answer belongs to."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    grade: str
    label: LocalText
    help: LocalText | None = None


class NumberField(BaseField):
    """A number in `unit`. The tolerance is a matter of the hidden checks."""

    kind: Literal["number"]
    unit: LocalText | None = None


class Option(PackModel):
    """One thing that can be chosen; the answer is its `id`."""

    id: Slug
    text: LocalText


class ChoiceField(BaseField):
    """Take one option (`choice`) or any number of them (`multiple`)."""

    kind: Literal["choice", "multiple"]
    option: list[Option] = Field(min_length=2, max_length=40)

    @model_validator(mode="after")
    def _distinct(self) -> ChoiceField:
        for what, names in (
            ("id", [option.id for option in self.option]),
            ("text in zh", [option.text.zh for option in self.option]),
            ("text in en", [option.text.en for option in self.option]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"two options have the same {what}")
        return self


class TextField(BaseField):
    """A text of at most `most` characters, to be read by an instructor, or searched by the checks."""

    kind: Literal["text"]
    most: int = Field(default=2000, ge=1, le=10_000)


FormField = Annotated[NumberField | ChoiceField | TextField, Field(discriminator="kind")]


class FormFile(PackModel):
    """The whole of `form.toml`."""

    field: list[FormField] = Field(min_length=1, max_length=MAX_FIELDS)


def read_form(pack: PackFolder, document: TomlDocument, name: str, grades: Mapping[str, int]) -> tuple[FormField, ...]:
    """Read the form that `lab.toml` (`document`) names; `grades` are its grade ids with their places there.

    What is wrong is noted in `pack`; the result then may be empty.
    """
    if not pack.refers(document, name, "lab", "form"):
        return ()
    form_document, form = pack.toml(name, FormFile)
    if form_document is None or form is None:
        return ()
    pack.unique(form_document, [(field.id, ("field", index, "id")) for index, field in enumerate(form.field)])
    for index, field in enumerate(form.field):
        if field.grade not in grades:
            message = f"{field.id}: there is no grade {field.grade!r} in lab.toml"
            pack.problems.append(form_document.problem(message, "field", index, "grade"))
    for grade in grades.keys() - {field.grade for field in form.field}:
        message = f"{name} has no field with grade = {grade!r}"
        pack.problems.append(document.problem(message, "grade", grades[grade], "id"))
    return tuple(form.field)


def read_answers_code(pack: PackFolder, name: str) -> str:
    """Read a wrong solution of a form lab (never run here): Python with a function `answers(right, plant_log)`."""
    if (text := pack.text(name)) is None:
        return ""
    if problem := syntax_problem(text, (pack.folder / name).as_posix(), cell=False):
        pack.problems.append(problem)
    elif "answers" not in functions_of(text):
        pack.add(name, None, "there is no function answers()")
    return text


def functions_of(source: str) -> set[str]:
    """The names of the functions that valid Python code defines at its top level."""
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
