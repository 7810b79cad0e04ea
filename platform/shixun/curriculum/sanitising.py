"""The allow-list for HTML from packs. Everything that is not on it goes, whoever wrote it."""

import re

import nh3

_TEXT = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "span", "div"),
    *("em", "strong", "s", "sub", "sup", "kbd", "a", "img", "figure", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
# MathML Core (https://www.w3.org/TR/mathml-core/) without links and embedded HTML
_MATH = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
    *("mtable", "mtr", "mtd", "mphantom", "merror"),
}
_MATH_ATTRIBUTES = {
    *("accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "displaystyle", "fence", "form"),
    *("height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowlines"),
    *("rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "width"),
}
_CLASSES = {
    "span": re.compile(r"[a-z][a-z0-9]{0,2}|nowrap"),  # Pygments; a formula and its comma
    "div": re.compile(r"note|warning"),
    "p": re.compile(r"callout-title"),
    "th": re.compile(r"num"),
    "td": re.compile(r"num"),
}
# of published packs, and of drafts for those who write them
_FIGURE = re.compile(r"/(packs/[0-9a-f]{64}|c/[a-z0-9-]+/authoring/[a-z0-9]+)/figures/[^?#]+")
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "loading", "width", "height"},
    "ol": {"start"},
    "pre": {"tabindex"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
    **{tag: {"class"} for tag in _CLASSES},
    **{tag: set(_MATH_ATTRIBUTES) for tag in _MATH},
    "math": {"display", *_MATH_ATTRIBUTES},
}


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if _CLASSES[tag].fullmatch(value) else None
    if tag == "img" and name == "src":  # figures of packs only: nothing is fetched from elsewhere
        return value if _FIGURE.fullmatch(value) else None
    if name == "tabindex":
        return "0"
    return value


_cleaner = nh3.Cleaner(
    tags=_TEXT | _MATH,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer",
    strip_comments=True,
)


def clean(html: str) -> str:
    """`html` with only what the allow-list knows."""
    return _cleaner.clean(html)
