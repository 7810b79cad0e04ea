"""A pack's texts for other systems: plain HTML without classes or scripts, formulas as TeX, figures beside the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from shixun_packs.lesson import lesson_parser

_BOX_TITLES = {"note": "说明", "warning": "注意"}


@dataclass(frozen=True)
class PortableLesson:
    """A lesson as one piece of HTML; `checks` are the questions that stood in it, which the HTML leaves out."""

    html: str
    checks: tuple[str, ...]


def portable_lesson(markdown: str) -> PortableLesson:
    """A lesson whose figures are `../figures/…`."""
    kept: list[Token] = []
    checks: list[str] = []
    inside = False
    tokens = _parser.parse(markdown)
    for index, token in enumerate(tokens):
        if token.type == "container_check_open":
            checks.append(token.info.strip().removeprefix("check").strip())
            inside = True
        elif token.type == "container_check_close":
            inside = False
        elif not inside:
            if token.type == "inline" and token.children and [leaf.type for leaf in token.children] == ["image"]:
                tokens[index - 1].tag = tokens[index + 1].tag = "figure"
                tokens[index - 1].hidden = tokens[index + 1].hidden = False
                token.children[0].meta["figure"] = True
            kept.append(token)
    return PortableLesson(str(_parser.renderer.render(kept, _parser.options, {})), tuple(checks))


def portable_line(markdown: str) -> str:
    """A text of a question."""
    return str(_parser.renderInline(markdown))


def _math_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    words = escapeHtml(" ".join(token.content.split()))
    return f"\\({words}\\)" if token.type == "math_inline" else f"\\[{words}\\]"


def _math_block_rule(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return f"<p>{_math_rule(self, tokens, index, options, env)}</p>\n"


def _code_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    named = token.info.strip().split(maxsplit=1)
    language = f' class="language-{escapeHtml(named[0])}"' if named else ""
    return f"<pre><code{language}>{escapeHtml(token.content)}</code></pre>\n"


def _image_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    alt = escapeHtml(self.renderInlineAsText(token.children or [], options, env))
    image = f'<img src="../{escapeHtml(str(token.attrs["src"]))}" alt="{alt}">'
    if not token.meta.get("figure"):
        return image
    return f"{image}<figcaption>{self.renderInline(token.children or [], options, env)}</figcaption>"


def _box_rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    if token.nesting != 1:
        return "</blockquote>\n"
    name, _, title = token.info.strip().partition(" ")
    return f"<blockquote>\n<p><strong>{escapeHtml(title.strip() or _BOX_TITLES[name])}</strong></p>\n"


def _made() -> MarkdownIt:
    parser = lesson_parser()
    parser.add_render_rule("math_inline", _math_rule)
    parser.add_render_rule("math_inline_double", _math_rule)
    for name in ("math_block", "math_block_label"):
        parser.add_render_rule(name, _math_block_rule)
    for name in ("fence", "code_block"):
        parser.add_render_rule(name, _code_rule)
    for name in _BOX_TITLES:
        parser.add_render_rule(f"container_{name}_open", _box_rule)
        parser.add_render_rule(f"container_{name}_close", _box_rule)
    parser.add_render_rule("image", _image_rule)
    return parser


_parser = _made()
