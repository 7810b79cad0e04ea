from pathlib import Path

import pytest

from shixun_packs.figure import MAX_FIGURE_BYTES, check_figure
from shixun_packs.problems import Report

NS = 'xmlns="http://www.w3.org/2000/svg"'


def faults(data: bytes | str, name: str = "figures/x.svg") -> list[str]:
    report = Report(Path("pack"))
    check_figure(report, name, data.encode() if isinstance(data, str) else data)
    return [str(problem) for problem in report.problems]


def svg(inside: str) -> str:
    return f'<svg {NS} xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 360 100">\n{inside}\n</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        '<style>.a { fill: url(#g) } text { font: 14px sans-serif }</style><g class="a"><text x="1">url(http://)</text></g>',
        '<defs><marker id="m"><path d="M0 0"/></marker></defs><use xlink:href="#m"/><path marker-end="url(#m)"/>',
        "<rect fill=\"url( '#g' )\" stroke='url(\"#g\")'/>",
        "<!-- <script> in a comment is nothing --><title>图</title>",
    ],
)
def test_drawings_are_fine(inside: str) -> None:
    assert faults(svg(inside)) == []


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><p>x</p></foreignObject>",
        '<a href="#x"><text>x</text></a>',
        '<image href="data:image/png;base64,AAAA"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
        '<rect onclick="alert(1)"/>',
        '<rect OnLoad="alert(1)"/>',
        '<use href="https://example.com/x.svg#a"/>',
        '<use xlink:href="other.svg#a"/>',
        '<g xml:base="https://example.com/"/>',
        '<rect fill="url(https://example.com/x)"/>',
        '<rect style="background: url(&quot;//example.com/x&quot;)"/>',
        '<rect style="fill: u\\72l(https://example.com)"/>',
        "<style>@import 'https://example.com/a.css';</style>",
        "<style>@imp&#111;rt 'https://example.com/a.css';</style>",
        "<style><![CDATA[rect { fill: url(https://example.com) }]]></style>",
        "<?xml-stylesheet href='https://example.com/a.css'?>",
    ],
)
def test_whatever_could_act_or_fetch_is_refused_on_its_line(inside: str) -> None:
    found = faults(svg(inside))
    assert found
    assert all(line.startswith("pack/figures/x.svg:2: ") for line in found)


def test_document_types_are_refused_before_their_entities_are_used() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + svg("<text>&b;</text>")
    assert any("a document type is not allowed" in line for line in faults(bomb))
    outside = '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<text>&a;</text>")
    assert any("a document type is not allowed" in line for line in faults(outside))


def test_what_is_no_svg_is_said_with_its_line() -> None:
    assert faults(svg("<g>")) == ["pack/figures/x.svg:3: not valid SVG: mismatched tag"]
    assert faults("") == ["pack/figures/x.svg:1: not valid SVG: no element found"]
    assert "viewBox" in faults(f"<svg {NS}/>")[0]
    assert any("viewBox" in fault for fault in faults('<html viewBox="0 0 1 1"/>'))
    assert "not UTF-8" in faults(svg("图").encode("utf-16"))[0]


def test_bitmaps_are_what_their_name_says() -> None:
    assert faults(b"\x89PNG\r\n\x1a\n...", "figures/x.png") == []
    assert faults(b"<svg/>", "figures/x.png") == ["pack/figures/x.png: is not a png image"]
    assert "larger than" in faults(b"\xff\xd8\xff" + bytes(MAX_FIGURE_BYTES), "figures/x.jpg")[0]
