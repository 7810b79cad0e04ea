"""Figures of lessons: SVG drawings that can do nothing but be seen, and plain bitmaps."""

from __future__ import annotations

import re
from xml.parsers import expat

from shixun_packs.problems import PackError, Problem, Report
from shixun_packs.toml import decode_text

MAX_FIGURE_BYTES = 1024 * 1024
_BITMAPS = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".webp": b"RIFF"}
SUFFIXES = (".svg", *_BITMAPS)
_ELEMENTS = {
    *("svg", "g", "defs", "title", "desc", "style", "symbol", "use", "marker", "clipPath", "mask", "pattern"),
    *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath"),
    *("linearGradient", "radialGradient", "stop"),
}
_EXTERNAL = re.compile(r"@import|url\(\s*['\"]?(?!\s*['\"]?#)|javascript:|expression\(|\\", re.IGNORECASE)


def check_figure(report: Report, path: str, data: bytes) -> None:
    """Note everything in the figure `path` that must not be there, or that would not show.

    SVG (https://www.w3.org/TR/SVG11/) is held against a list of drawing elements: no scripts, event handlers, styles or
    links from elsewhere, document types, embedded HTML; a viewBox makes it fit a narrow screen.
    """
    suffix = path[path.rfind(".") :]
    if len(data) > MAX_FIGURE_BYTES:
        report.add(path, None, f"is larger than {MAX_FIGURE_BYTES} bytes")
    elif suffix in _BITMAPS and not data.startswith(_BITMAPS[suffix]):
        report.add(path, None, f"is not a {suffix[1:]} image")
    elif suffix == ".svg":
        with report.catching():
            _check_svg((report.folder / path).as_posix(), data)


def _check_svg(path: str, data: bytes) -> None:
    problems: list[Problem] = []
    open_elements: list[str] = []
    parser = expat.ParserCreate("UTF-8")

    def note(message: str) -> None:
        problems.append(Problem(path, parser.CurrentLineNumber, message))

    def start(name: str, attributes: dict[str, str]) -> None:
        if not open_elements and (name != "svg" or "viewBox" not in attributes):
            note("must begin with an <svg> that has a viewBox")
        open_elements.append(name)
        if name not in _ELEMENTS:
            note(f"<{name}> is not allowed in a figure")
        for key, value in attributes.items():
            local = key.rpartition(":")[2].lower()
            if local.startswith("on") or key == "xml:base":
                note(f"the attribute {key} is not allowed in a figure")
            elif (local == "href" and not value.startswith("#")) or _EXTERNAL.search(value):
                note(f"the attribute {key} refers to something outside the figure")

    def text(value: str) -> None:
        if "style" in open_elements and _EXTERNAL.search(value):
            note("a style refers to something outside the figure")

    parser.buffer_text = True  # else a word written with entities (`@imp&#111;rt`) would arrive in pieces
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: open_elements.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = lambda *_: note("a document type is not allowed in a figure")
    parser.ProcessingInstructionHandler = lambda *_: note("a processing instruction is not allowed in a figure")
    try:
        parser.Parse(decode_text(path, data).encode("utf-8"), True)
    except expat.ExpatError as error:
        problems.append(Problem(path, error.lineno, f"not valid SVG: {expat.ErrorString(error.code)}"))
    if problems:
        raise PackError(problems)
