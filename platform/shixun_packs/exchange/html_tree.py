"""HTML from other systems as a small tree. nh3 tidies it first (a browser's own parser, in linear time); scripts and styles go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from shixun_packs.exchange.findings import Unusable, both

MOST_DEPTH = 100
MOST_BYTES = 2 * 2**20
_VOID = {"br", "hr", "img", "input", "embed", "col", "source", "track"}
_TAGS = {
    *("title", "p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *(
        "blockquote",
        "pre",
        "code",
        "tt",
        "kbd",
        "samp",
        "var",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "sub",
        "sup",
        "a",
        "img",
    ),
    *("figure", "figcaption", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "details", "summary"),
    *("section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "mark", "small", "font"),
    # What we can't carry over, but must see in order to say so:
    *(
        "iframe",
        "video",
        "audio",
        "object",
        "embed",
        "form",
        "input",
        "select",
        "textarea",
        "button",
        "canvas",
        "svg",
        "math",
    ),
}
_ATTRIBUTES = {
    "*": {"class", "id"},
    "a": {"href"},
    "img": {"src", "alt", "title", "data-equation-content"},
    "iframe": {"src", "title"},
    "video": {"src", "title"},
    "audio": {"src", "title"},
    "object": {"data"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}


@dataclass
class Node:
    """An element with its children in order; a text is a plain `str` among them."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def find(self, *tags: str) -> Iterator[Node]:
        """All elements below of these names, in order."""
        for child in self.children:
            if isinstance(child, Node):
                if child.tag in tags:
                    yield child
                yield from child.find(*tags)

    def text(self) -> str:
        """All text below, as it stands."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


class _Builder(HTMLParser):
    """Builds the tree of HTML that nh3 wrote: every element closed, nothing crossed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self.open) > MOST_DEPTH:
            raise Unusable(both("HTML 嵌套太深", "the HTML is nested too deeply"))
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if len(self.open) > 1 and self.open[-1].tag == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse_html(html: str) -> Node:
    """The tree of a document or fragment. Raises `Unusable` for one that is too large or too deep."""
    if len(html) > MOST_BYTES:
        raise Unusable(both("HTML 太长", "the HTML is too long"))
    tidy = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )
    builder = _Builder()
    builder.feed(tidy)
    builder.close()
    return builder.root
