"""From a pack's Markdown to HTML that is safe to show: rendered once, when a pack is synced, then sanitised.

Authors' HTML never passes (the dialect has none), links lead to web and mail addresses or within the page, formulas
become MathML, code gets Pygments classes. What comes out is cleaned again by an allow-list, so that a mistake in any
library on the way still reaches no reader.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from shixun.curriculum.code import highlight
from shixun.curriculum.formulas import BadFormula, mathml
from shixun.curriculum.sanitising import clean
from shixun_packs.lesson import heading_names, lesson_parser

RENDERING = 2  # raise it when the same Markdown gives other HTML: stored texts are then rendered anew
_BOX_TITLES = {"note": "说明", "warning": "注意"}
_ANCHOR = "s-"  # before every heading's id: an author's heading can't take the name of a part of the page
_MATH = ("math_inline", "math_inline_double", "math_block", "math_block_label")
_OPENING, _CLOSING = "（《“‘", "，。；：、！？）》”’"  # may not end, may not begin a line
_IN_A_QUANTITY = re.compile(r"(?<=\d) (?=\d{3}(?!\d)|[A-Za-zµμΩ°%‰])")  # 28 800, 2.55 m³/h
FigureUrl = Callable[[str], str]


class BadText(Exception):
    """A text that can't be rendered. `line` counts from 0 within the text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True)
class RenderedLesson:
    """`parts` in order, `{"html": safe HTML}` or `{"check": question id}`; headings of level 2 and 3 for the contents."""

    parts: list[dict[str, str]]
    headings: list[dict[str, Any]]


def render_lesson(markdown: str, figure_url: FigureUrl) -> RenderedLesson:
    """Render a lesson. Raises `BadText`."""
    tokens = _parse(markdown, figure_url)
    headings = _anchor_headings(tokens)
    parts: list[dict[str, str]] = []
    passage: list[Token] = []
    in_check = False
    for token in tokens:
        if token.type == "container_check_open":
            if token.level > 0:
                line = token.map[0] if token.map else 0
                raise BadText(line, "a check can't stand inside a list, a quote or another box")
            _append_html(parts, passage)
            passage = []
            parts.append({"check": token.info.strip().removeprefix("check").strip()})
            in_check = True
        elif token.type == "container_check_close":
            in_check = False
        elif not in_check:
            passage.append(token)
    _append_html(parts, passage)
    return RenderedLesson(parts, headings)


def render_text(markdown: str, figure_url: FigureUrl | None = None) -> str:
    """Render a text of several paragraphs (a step of a lab). Raises `BadText`."""
    return _html(_parse(markdown, figure_url))


def render_line(markdown: str) -> str:
    """Render a question's or a choice's text: inline Markdown, no figures. Raises `BadText`."""
    tokens = _parser.parseInline(markdown)
    _prepare(tokens, None)
    return _html(tokens)


def _append_html(parts: list[dict[str, str]], tokens: Sequence[Token]) -> None:
    if tokens and (html := _html(tokens)).strip():
        parts.append({"html": html})


def _parse(markdown: str, figure_url: FigureUrl | None) -> list[Token]:
    tokens = _parser.parse(markdown)
    _prepare(tokens, figure_url)
    return tokens


def _html(tokens: Sequence[Token]) -> str:
    return clean(_parser.renderer.render(tokens, _parser.options, {}))


def _prepare(tokens: list[Token], figure_url: FigureUrl | None) -> None:
    """Turn figures, formulas and code into what the renderer prints. Formulas are made here, where the line is known."""
    line = 0
    for index, token in enumerate(tokens):
        line = token.map[0] if token.map else line
        for leaf in _with_children(token):
            if leaf.type in _MATH:
                leaf.meta["mathml"] = _formula(leaf, line)
            elif leaf.type == "text":
                leaf.content = _IN_A_QUANTITY.sub("\u00a0", leaf.content)
            elif leaf.type == "image":
                leaf.attrs["src"] = figure_url(str(leaf.attrs["src"])) if figure_url else ""
                leaf.attrs["loading"] = "lazy"
            elif leaf.type == "link_open" and str(leaf.attrs.get("href", "")).startswith("#"):
                leaf.attrs["href"] = "#" + _ANCHOR + str(leaf.attrs["href"])[1:]
        _keep_punctuation(token.children or [])
        if token.type in {"th_open", "td_open"} and "right" in str(token.attrs.pop("style", "")):
            token.attrs["class"] = "num"
        if token.type == "inline" and token.children and [leaf.type for leaf in token.children] == ["image"]:
            tokens[index - 1].tag = tokens[index + 1].tag = "figure"
            tokens[index - 1].hidden = tokens[index + 1].hidden = False
            token.children[0].meta["figure"] = True


def _keep_punctuation(leaves: Sequence[Token]) -> None:
    """Tie an inline formula to the punctuation beside it.

    Browsers may break a line on both sides of a formula (CSS Text 3 §5.1: it is an atomic inline), a comma behind it or not.
    """
    for before, formula, after in zip(leaves, leaves[1:], leaves[2:], strict=False):
        if formula.type != "math_inline":
            continue
        opening = before.content[-1:] if before.type == "text" and before.content.endswith(tuple(_OPENING)) else ""
        closing = after.content[:1] if after.type == "text" and after.content.startswith(tuple(_CLOSING)) else ""
        before.content = before.content.removesuffix(opening) if opening else before.content
        after.content = after.content.removeprefix(closing) if closing else after.content
        if opening or closing:
            formula.meta["mathml"] = f'<span class="nowrap">{opening}{formula.meta["mathml"]}{closing}</span>'


def _with_children(token: Token) -> Iterator[Token]:
    yield token
    for child in token.children or []:
        yield from _with_children(child)


def _formula(token: Token, line: int) -> str:
    try:
        return mathml(token.content, block=token.type != "math_inline")
    except BadFormula as error:
        raise BadText(line, str(error)) from error


def _anchor_headings(tokens: Sequence[Token]) -> list[dict[str, Any]]:
    """Give each heading an id made from its text, and list those of level 2 and 3."""
    found: list[dict[str, Any]] = []
    for index, name in heading_names(tokens):
        token = tokens[index]
        token.attrs["id"] = _ANCHOR + name
        if token.tag in {"h2", "h3"}:
            text = "".join(leaf.content for leaf in tokens[index + 1].children or []).strip()
            found.append({"level": int(token.tag[1]), "id": _ANCHOR + name, "text": text})
    return found


def _math_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return str(tokens[index].meta["mathml"])


def _code_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    language = token.info.strip().split(maxsplit=1)[0] if token.info.strip() else ""
    return f'<pre tabindex="0"><code>{highlight(token.content, language)}</code></pre>\n'


def _image_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    token.attrs["alt"] = self.renderInlineAsText(token.children or [], options, env)
    image = f"<img{self.renderAttrs(token)}>"
    if not token.meta.get("figure"):
        return image
    return f"{image}<figcaption>{self.renderInline(token.children or [], options, env)}</figcaption>"


def _box_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    if token.nesting != 1:
        return "</div>\n"
    name, _, title = token.info.strip().partition(" ")
    return f'<div class="{name}"><p class="callout-title">{escapeHtml(title.strip() or _BOX_TITLES[name])}</p>\n'


_parser = lesson_parser()
for _name in _MATH:
    _parser.add_render_rule(_name, _math_rule)
for _name in ("fence", "code_block"):
    _parser.add_render_rule(_name, _code_rule)
for _name in _BOX_TITLES:
    _parser.add_render_rule(f"container_{_name}_open", _box_rule)
    _parser.add_render_rule(f"container_{_name}_close", _box_rule)
_parser.add_render_rule("image", _image_rule)
