"""Lessons: Markdown with figures, formulas, code and embedded questions, and the one dialect that all of it is in."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from shixun_packs.figure import SUFFIXES
from shixun_packs.problems import PackError, Problem
from shixun_packs.text import PackModel, Text
from shixun_packs.toml import parse_toml, validate

MOST_CHARACTERS = 50_000  # ten times a long lesson; parsing takes the square of it where somebody means it badly
BOXES = ("note", "warning", "check")
_FENCE = "+++"
_LINK = re.compile(r"(https?://|mailto:|#)[^\s]+$", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[^\w一-鿿 -]")
_QUESTION = re.compile(r"check ([a-z][a-z0-9-]{1,40})$")


class FrontMatter(PackModel):
    """The TOML between `+++` lines at the top of a lesson: its summary for readers of English."""

    summary_en: Text


@dataclass(frozen=True)
class Lesson:
    """One lesson. `markdown` is in the dialect of `lesson_parser`; figures and checks in the order of the text.

    `figures` are paths in the pack; `checks` ids of questions in `quizzes/checks.toml`; `links` addresses; each comes with
    its line.
    """

    file: str
    summary_en: str
    markdown: str
    figures: tuple[tuple[str, int], ...]
    checks: tuple[tuple[str, int], ...]
    links: tuple[tuple[str, int], ...] = ()


def lesson_parser() -> MarkdownIt:
    """The dialect of lessons: CommonMark without raw HTML, tables, `$…$` and `$$…$$`, `:::note|warning|check` boxes."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(dollarmath_plugin, allow_space=False, double_inline=True)
    for name in BOXES:
        parser.use(container_plugin, name)
    return parser


def heading_name(inline: Token, taken: Container[str]) -> str:
    """The name under which `#name` finds a heading: its words, numbered where they stand twice. `inline` holds them."""
    text = "".join(leaf.content for leaf in inline.children or []).strip()
    name = base = _PUNCTUATION.sub("", text).strip().lower().replace(" ", "-") or "section"
    number = 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def heading_names(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """The place of each heading among the tokens of a lesson, and its name."""
    taken: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            name = heading_name(tokens[index + 1], taken)
            taken.add(name)
            yield index, name


def anchors(markdown: str) -> set[str]:
    """The names of all headings of a lesson: what its links `#name` may lead to."""
    return {name for _index, name in heading_names(lesson_parser().parse(markdown))}


def read_lesson(text: str, file: str, path: str) -> Lesson:
    """Read a lesson; `file` is its path in the pack and `path` the one to name in problems. Raises PackError."""
    front, body, first_line = _split(text, path)
    problems: list[Problem] = []
    summary = ""
    try:
        summary = validate(FrontMatter, parse_toml(front, path, first_line=2)).summary_en
    except PackError as error:
        problems += error.problems
    lines = body.split("\n")
    figures: list[tuple[str, int]] = []
    checks: list[tuple[str, int]] = []
    links: list[tuple[str, int]] = []
    if len(text) > MOST_CHARACTERS:
        raise PackError([Problem(path, None, f"the lesson is longer than {MOST_CHARACTERS} characters")])
    if not body.strip():
        problems.append(Problem(path, first_line, "the lesson is empty"))
    for token, offset in _walk(lesson_parser().parse(body)):
        line = first_line + offset
        fault = _fault(token, lines)
        if fault:
            problems.append(Problem(path, line, fault))
        elif token.type == "image":
            figures.append((str(token.attrs["src"]), line))
        elif token.type == "link_open":
            links.append((str(token.attrs["href"]), line))
        elif token.type == "container_check_open":
            checks.append((token.info.strip().removeprefix("check").strip(), line))
    if problems:
        raise PackError(problems)
    return Lesson(file, summary, body, tuple(figures), tuple(checks), tuple(links))


def _split(text: str, path: str) -> tuple[str, str, int]:
    """Return front matter, body, and the line on which the body begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise PackError([Problem(path, 1, "must begin with front matter: a line `+++`, summary_en, a line `+++`")])
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    raise PackError([Problem(path, 1, "the front matter has no closing `+++`")])


def _walk(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    """Yield block and inline tokens with the line (from 0) of the body on which each stands."""
    for token in tokens:
        line = token.map[0] if token.map else 0
        if token.type != "inline":
            yield token, line
            continue
        yield token, line
        for child in token.children or []:
            yield child, line
            line += child.type in {"softbreak", "hardbreak"}


def _fault(token: Token, lines: Sequence[str]) -> str | None:
    """Say what is wrong with one token."""
    if token.type == "heading_open" and token.tag == "h1":
        return "a lesson's headings begin with ##: its title is in course.toml"
    if token.type == "image":
        return _figure_fault(str(token.attrs.get("src", "")), token.content)
    if token.type == "link_open" and not _LINK.match(str(token.attrs.get("href", ""))):
        return f"the link {token.attrs.get('href')!r} leads nowhere: use http(s)://, mailto: or #"
    if token.type == "inline" and re.search(r"^:::", token.content, re.MULTILINE):
        return f"a box is one of {', '.join(':::' + name for name in BOXES)}, on a line of its own"
    if token.type.startswith("container_") and token.nesting == 1:
        end = token.map[1] if token.map else 0
        if end >= len(lines) or not lines[end].strip().startswith(":::"):
            return "the box has no closing `:::`"
        if token.type == "container_check_open" and not _QUESTION.match(token.info.strip()):
            return "write `:::check question-id`"
    return None


def _figure_fault(source: str, caption: str) -> str | None:
    if not source.startswith("figures/") or not source.endswith(SUFFIXES):
        return f"the figure {source!r} must be a {', '.join(SUFFIXES)} file in figures/"
    return None if caption.strip() else f"the figure {source!r} has no caption"
