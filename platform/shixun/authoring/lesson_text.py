"""A lesson as the editor has it: the English summary and the text; as the file has it: front matter and body. Pure functions."""

from dataclasses import dataclass

import tomlkit
from tomlkit.exceptions import TOMLKitError

from shixun.authoring import toml_text

_FENCE = "+++"


@dataclass(frozen=True)
class LessonParts:
    """`first_line` is the file's line on which `body` begins."""

    summary: str
    body: str
    first_line: int


def new() -> str:
    """A lesson that nobody has written yet."""
    return join("", "", "")


def split(text: str) -> LessonParts:
    """The parts of a lesson's file; what has no readable front matter is all body."""
    lines = text.split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if lines[0].rstrip() != _FENCE or end is None:
        return LessonParts("", text, 1)
    try:
        summary = tomlkit.parse("\n".join(lines[1:end]) + "\n").get("summary_en", "")
    except TOMLKitError:  # what somebody wrote there must not go with the next save
        return LessonParts("", text, 1)
    body_start = end + 1
    while body_start < len(lines) - 1 and not lines[body_start].strip():
        body_start += 1
    return LessonParts(str(summary), "\n".join(lines[body_start:]).rstrip("\n"), body_start + 1)


def join(before: str, summary: str, body: str) -> str:
    """The file with these parts; `before` is the present file, whose front matter keeps its comments."""
    lines = before.split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    front = "\n".join(lines[1:end]) + "\n" if lines[0].rstrip() == _FENCE and end is not None else ""
    try:
        document = tomlkit.parse(front)
    except TOMLKitError:
        document = tomlkit.document()
    if "summary_en" not in document or document["summary_en"] != summary:
        document["summary_en"] = tomlkit.parse(f"x = {toml_text.rendered(summary)}")["x"]
    return f"{_FENCE}\n{tomlkit.dumps(document).rstrip()}\n{_FENCE}\n\n{body.rstrip()}\n"
