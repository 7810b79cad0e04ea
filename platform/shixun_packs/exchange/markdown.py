"""Texts and HTML of other systems as the Markdown of ours: the same words, nothing that was plain becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from shixun_packs.exchange.findings import Unusable, both
from shixun_packs.exchange.html_tree import Node, parse_html
from shixun_packs.text import LocalText

Tell = Callable[[LocalText], None]
# A formula ends before the next one begins, and a tag before the next `<`: else a text of nothing but beginnings would be
# read to its end for each of them.
_FORMULA = re.compile(r"\$\$(?P<a>[^$]+)\$\$|\\\((?P<b>(?:(?!\\\().)+?)\\\)|\\\[(?P<c>(?:(?!\\\[).)+?)\\\]", re.DOTALL)
_SPECIAL = re.compile(r"[\\`\[\]$]|\*|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#|\w+;)")
_LINE_START = re.compile(r"^( {0,3})(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|:::|={2,}\s*$|-{2,}\s*$|\d{1,9}(?=[.)](?:\s|$)))")
_WORD = re.compile(r"\w")
_SUB = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_SUP = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_TAGS = re.compile(r"</?[a-z][^<>]*>|&#?\w+;", re.IGNORECASE)
_LINK = re.compile(r"(https?://|mailto:)[^\s<>()]+", re.IGNORECASE)
_BLOCKS = {
    *("p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center"),
    *("ul", "ol", "dl", "dt", "dd", "li", "blockquote", "pre", "table", "hr", "figure", "details", "summary"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
_FOREIGN = {
    "iframe": both("嵌入的页面", "an embedded page"),
    "video": both("视频", "a video"),
    "audio": both("音频", "a sound"),
    "object": both("嵌入的对象", "an embedded object"),
    "embed": both("嵌入的对象", "an embedded object"),
    "form": both("表单", "a form"),
    "input": both("输入框", "an input"),
    "select": both("选择框", "a select box"),
    "textarea": both("输入框", "an input"),
    "button": both("按钮", "a button"),
    "canvas": both("画布", "a canvas"),
    "svg": both("内嵌的 SVG 图", "an inline SVG drawing"),
    "math": both("MathML 公式", "a MathML formula"),
}


class Figures(Protocol):
    """Where images go: gives the path of a figure in the pack, or raises `Unusable` with the reason why not."""

    def __call__(self, src: str) -> str: ...


def no_figures(src: str) -> str:
    """Questions of ours hold no figures."""
    raise Unusable(both("题目里有图片：题目不能带图", "holds an image: questions have no figures here"))


def escape(text: str) -> str:
    """Plain text as Markdown that shows it as it is; `$$…$$`, `\\(…\\)` and `\\[…\\]` are formulas."""
    parts, end = [], 0
    for match in _FORMULA.finditer(text):
        formula = " ".join((match["a"] or match["b"] or match["c"]).split())
        mark = "$$" if match["c"] else "$"
        parts += [
            _escape(text[end : match.start()]),
            _escape(match.group()) if "$" in formula else f"{mark}{formula}{mark}",
        ]
        end = match.end()
    return "".join([*parts, _escape(text[end:])])


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda match: "\\" + match.group(), text)


def plain_line(text: str) -> str:
    """Plain text of several lines as one inline text, lines kept."""
    return "\\\n".join(escape(line.strip()) for line in text.strip().split("\n") if line.strip())


def html_line(html: str, tell: Tell) -> str:
    """HTML as one inline text. Raises `Unusable` for what a question can't hold: images, tables, embedded things."""
    lines = [line for line in _Inliner(tell).lines(parse_html(html)) if line.strip()]
    return "\\\n".join(lines)


def words(text: str, kind: str, tell: Tell) -> str:
    """A question's text in Moodle's format `kind` (html, markdown, plain, or moodle, which guesses) as inline Markdown."""
    if kind == "markdown":
        return "\\\n".join(line.strip() for line in text.split("\n") if line.strip())
    if kind == "html" or (kind == "moodle" and _TAGS.search(text)):
        return html_line(text if kind == "html" else text.replace("\n", "<br>"), tell)
    return plain_line(text)


def html_blocks(html: str, tell: Tell, figures: Figures) -> str:
    """HTML as Markdown blocks of a lesson. What can't be carried over is told."""
    root = parse_html(html)
    levels = [int(node.tag[1]) for node in root.find("h1", "h2", "h3", "h4", "h5", "h6")]
    writer = _Writer(tell, figures, shift=2 - min(levels) if levels else 0)
    return "\n\n".join(writer.blocks(root)) + "\n"


class _Words:
    """Inline content: text, emphasis, code, links, formulas."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def inline(self, node: Node | str, marks: frozenset[str] = frozenset()) -> str:
        """One node as inline Markdown; line breaks become backslash and newline."""
        if isinstance(node, str):
            return escape(re.sub(r"\s+", " ", node))
        if node.tag == "br":
            return "\\\n"
        if node.tag == "img":
            return self.image(node)
        if node.tag in _FOREIGN:
            return self.foreign(node)
        if node.tag in {"code", "tt", "kbd", "samp"}:
            return code_span(node.text())
        if node.tag in {"sub", "sup"}:
            return _script(node)
        mark = {"b": "**", "strong": "**", "i": "*", "em": "*", "var": "*"}.get(node.tag, "")
        inner = "".join(self.inline(child, marks | {mark}) for child in node.children)
        if mark and mark not in marks:
            return _emphasis(inner, mark)
        if node.tag == "a":
            return self.link(node, inner)
        return inner

    def image(self, node: Node) -> str:
        """An image among words: a formula that Canvas drew, else nothing that words can hold."""
        latex = node.attrs.get("data-equation-content", "").strip()
        if latex and "$" not in latex:
            return f"${' '.join(latex.split())}$"
        return no_figures(node.attrs.get("src", ""))

    def foreign(self, node: Node) -> str:
        """Something that Markdown has not."""
        what = _FOREIGN[node.tag]
        raise Unusable(both(f"含有{what.zh}", f"holds {what.en}"))

    def link(self, node: Node, inner: str) -> str:
        """A link to the web or a mail address; others keep their words only."""
        href = node.attrs.get("href", "").strip()
        if _LINK.fullmatch(href) and inner.strip():
            return f"[{inner.strip()}]({href})"
        if href and not href.startswith("#"):
            self.tell(both(f"链接没有保留：{href[:100]}", f"the link is dropped: {href[:100]}"))
        return inner


class _Inliner(_Words):
    """Everything as lines of one inline text."""

    def lines(self, node: Node) -> list[str]:
        """Inline lines of a tree; blocks begin a new one."""
        found = [""]
        for child in node.children:
            if isinstance(child, str) or child.tag not in _BLOCKS:
                found[-1] += self.inline(child)
            elif child.tag == "table":
                raise Unusable(both("题目里有表格：题目不能带表格", "holds a table: questions have none here"))
            elif child.tag == "pre":
                found += [*(code_span(line) for line in child.text().split("\n") if line.strip()), ""]
            else:
                below = self.lines(child)
                if child.tag == "li" and below:
                    below = [f"• {line}" if index == 0 else line for index, line in enumerate(filter(str.strip, below))]
                found += [*below, ""]
        split = [part.strip() for line in found for part in line.split("\\\n")]
        return [line for line in split if line]


class _Writer(_Words):
    """Blocks of a lesson."""

    def __init__(self, tell: Tell, figures: Figures, shift: int) -> None:
        super().__init__(tell)
        self.figures = figures
        self.shift = shift

    def blocks(self, node: Node) -> list[str]:
        """The blocks below a node, in order; stray words between them are paragraphs."""
        found: list[str] = []
        words: list[Node | str] = []
        for child in [*node.children, Node("hr")]:
            if isinstance(child, str) or (child.tag not in _BLOCKS and not list(child.find(*_BLOCKS))):
                if isinstance(child, str) or child.tag != "title":
                    words.append(child)
                continue
            found += self.paragraph(words)
            words = []
            found += self.block(child)
        return found[:-1]

    def block(self, node: Node) -> list[str]:
        """One block element."""
        tag = node.tag
        if tag == "hr":
            return ["---"]
        if tag == "pre":
            return [_fence(node)]
        if tag in {"ul", "ol"}:
            return [self.entries(node)]
        if tag == "table":
            return self.table(node)
        if tag == "blockquote":
            return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(self.blocks(node)).split("\n"))]
        if tag == "figure":
            return self.figure(node)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            text = " ".join("".join(self.inline(child) for child in node.children).replace("\\\n", " ").split())
            return [f"{'#' * min(6, int(tag[1]) + self.shift)} {text}"] if text else []
        if any(isinstance(child, Node) and child.tag in _BLOCKS for child in node.children) or tag not in _BLOCKS:
            return self.blocks(node)
        return self.paragraph(node.children)

    def paragraph(self, nodes: list[Node | str]) -> list[str]:
        """Words as paragraphs; an image stands in one of its own."""
        found, words = [], ""
        for node in nodes:
            images = [node] if isinstance(node, Node) and node.tag == "img" else []
            if isinstance(node, Node) and not images and not node.text().strip():
                images = [image for image in node.find("img") if not image.attrs.get("data-equation-content")]
            images = [image for image in images if not image.attrs.get("data-equation-content")]
            if not images:
                words += self.inline(node)
                continue
            found += [words, *(self.drawing(image, "") for image in images)]
            words = ""
        tidy = [_tidy(part) for part in [*found, words]]
        return [part for part in tidy if part]

    def image(self, node: Node) -> str:
        if node.attrs.get("data-equation-content"):
            return super().image(node)
        return self.drawing(node, "")

    def drawing(self, node: Node, caption: str) -> str:
        """An image as a figure of the pack with a caption."""
        src = node.attrs.get("src", "")
        words = caption or escape(node.attrs.get("alt") or node.attrs.get("title") or "")
        try:
            path = self.figures(src)
        except Unusable as error:
            shown = src[:80]
            self.tell(
                both(f"图片 {shown} 没有保留：{error.message.zh}", f"the image {shown} is dropped: {error.message.en}")
            )
            return f"*{words}*" if words.strip() else ""
        if not words.strip():
            self.tell(both(f"图片 {path} 没有说明文字：暂写“图”", f"the image {path} has no caption"))
        return f"![{' '.join(words.split()) or '图'}]({path})"

    def foreign(self, node: Node) -> str:
        what, where = _FOREIGN[node.tag], (node.attrs.get("src") or node.attrs.get("data") or "")[:100]
        self.tell(both(f"{what.zh}没有保留 {where}".strip(), f"{what.en} is dropped {where}".strip()))
        return f"[{escape(node.attrs.get('title') or where)}]({where})" if _LINK.fullmatch(where) else ""

    def figure(self, node: Node) -> list[str]:
        """A figure with its caption."""
        caption = "".join(self.inline(child) for part in node.find("figcaption") for child in part.children)
        images = list(node.find("img"))
        if len(images) != 1:
            return self.blocks(Node("div", {}, node.children))
        return [part for part in [self.drawing(images[0], _tidy(caption))] if part]

    def entries(self, node: Node) -> str:
        """A list; what stands in an entry is indented below its mark."""
        found, number = [], int(node.attrs.get("start", "1")) if node.attrs.get("start", "1").isdigit() else 1
        for item in node.children:
            if isinstance(item, str) or item.tag not in {"li", "ul", "ol"}:
                continue
            mark = "- " if node.tag == "ul" else f"{number}. "
            number += 1
            body = "\n\n".join(self.blocks(Node("li", {}, [item]) if item.tag != "li" else item))
            lines = body.replace("\n\n- ", "\n- ").split("\n") if body else [""]
            found.append(
                "\n".join((mark if i == 0 else " " * len(mark) if line else "") + line for i, line in enumerate(lines))
            )
        return "\n".join(found)

    def table(self, node: Node) -> list[str]:
        """A table with the first row as its head."""
        if list(node.find("table")) or any(
            cell.attrs.get(name, "1") not in {"", "1"}
            for cell in node.find("td", "th")
            for name in ("colspan", "rowspan")
        ):
            self.tell(
                both(
                    "表格里有合并的单元格或内层表格：请检查",
                    "a table has merged cells or tables within: please check it",
                )
            )
        rows = [[self.cell(cell) for cell in row.find("td", "th")] for row in node.find("tr")]
        width = max((len(row) for row in rows), default=0)
        if not width:
            return []
        rows = [[*row, *[""] * (width - len(row))] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        caption = [_tidy("".join(self.inline(child) for part in node.find("caption") for child in part.children))]
        return [*filter(None, caption), "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])]

    def cell(self, node: Node) -> str:
        """A table's cell: one line, bars escaped."""
        words = " ".join("".join(self.inline(child) for child in node.children).replace("\\\n", " ").split())
        return words.replace("|", "\\|")


def code_span(text: str) -> str:
    """Code among words, whatever backticks it holds."""
    words = " ".join(text.split())
    if not words:
        return ""
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", words)), default=0) + 1)
    space = " " if "`" in words else ""
    return f"{ticks}{space}{words}{space}{ticks}"


def _fence(node: Node) -> str:
    classes = " ".join([node.attrs.get("class", ""), *(child.attrs.get("class", "") for child in node.find("code"))])
    named = re.search(r"(?:language-|lang-|brush:\s*)([A-Za-z0-9+#-]+)", classes)
    text = node.text().strip("\n")
    ticks = "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{ticks}{named.group(1) if named else 'text'}\n{text}\n{ticks}"


def _emphasis(inner: str, mark: str) -> str:
    """Marks around the words alone: beside punctuation CommonMark would leave them standing (§6.2)."""
    first = _WORD.search(inner)
    last = _WORD.search(inner[::-1])
    if first is None or last is None:
        return inner
    end = len(inner) - last.start()
    before, words, after = inner[: first.start()], inner[first.start() : end], inner[end:]
    if "\\\n" in words or set(before + after) & set("`$[]\\*"):
        return inner
    return f"{before}{mark}{words}{mark}{after}"


def _script(node: Node) -> str:
    text = node.text().strip()
    table = _SUB if node.tag == "sub" else _SUP
    if text and all(ord(sign) in table for sign in text):
        return text.translate(table)
    return f"${{}}{'_' if node.tag == 'sub' else '^'}{{{text}}}$" if text.isalnum() else escape(text)


def _tidy(words: str) -> str:
    """Words as the lines of a paragraph: no line that would begin a list, a heading or a box."""
    lines = [" ".join(line.split()) for line in words.split("\n")]
    while lines and not lines[-1].strip("\\ "):
        lines.pop()
    while lines and not lines[0].strip("\\ "):
        lines.pop(0)
    if lines:
        lines[-1] = re.sub(r"(?<!\\)\\$", "", lines[-1])
    return "\n".join(_LINE_START.sub(lambda match: f"{match[1]}{_guarded(match[2])}", line) for line in lines)


def _guarded(start: str) -> str:
    """A line's first mark, so that it means nothing: `1.` → `1\\.` is done at the dot, others at their first sign."""
    return f"{start}\\" if start.isdigit() else f"\\{start}"
