"""Markdown of authors who mean harm, and of those who mean well."""

from html.parser import HTMLParser

import pytest

from shixun.curriculum.rendering import BadText, render_lesson, render_line, render_text
from shixun.curriculum.sanitising import clean

PACK = "/packs/" + "a" * 64


class Page(HTMLParser):
    """What a browser would make of some HTML: its tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def html(markdown: str) -> str:
    rendered = render_lesson(markdown, lambda path: f"{PACK}/{path}")
    return "".join(part.get("html", "") for part in rendered.parts)


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "![x](https://evil.example/a.svg)",
        "![x](javascript:alert(1))",
        '[x](https://a.example "a\\" onmouseover=\\"alert(1)")',
        '```" onmouseover="alert(1)\n<script>alert(1)</script>\n```',
        ":::note <script>alert(1)</script>\n<b onclick=x>\n:::",
        "## <svg onload=alert(1)>",
        "$\\href{javascript:alert(1)}{x}$",
        "| <script>x</script> |\n|---|\n| <iframe src=x> |",
        "<style>*{display:none}</style>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    ],
)
def test_nothing_of_it_can_run(markdown: str) -> None:
    page = Page(html(markdown))
    assert not page.tags & {"script", "iframe", "svg", "style", "object", "form", "b", "mglyph"}
    assert not any(name.startswith("on") or name in {"style", "srcdoc"} for name, _ in page.attributes)
    assert all(
        value.startswith(("/packs/", "https://a.example", "#"))
        for name, value in page.attributes
        if name in {"src", "href"}
    )


@pytest.mark.parametrize(
    "dirty",
    [
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<math href='javascript:alert(1)'><annotation-xml encoding='text/html'><script>1</script></annotation-xml></math>",
        "<img src='/packs/../../etc/passwd'>",
        "<img src='//evil.example/x.svg'>",
        "<a href='/sign-out' onclick='x()' style='position:fixed'>x</a>",
        "<div class='menu-panel site-header'>x</div>",
        "<form action='/x'><input name='csrf_token'></form>",
        "<h2 id='flashes' name='x'>x</h2><object data='x'></object><base href='//evil'>",
    ],
)
def test_the_allow_list_holds_by_itself(dirty: str) -> None:
    found = clean(dirty)
    for part in (
        "javascript:",
        "script",
        "passwd",
        "evil",
        "onclick",
        "style=",
        "menu-panel",
        "<form",
        "<input",
        "name=",
    ):
        assert part not in found


def test_a_lesson_keeps_what_authors_need() -> None:
    found = html(
        "## 标题\n\n流量 $Q^2$ [链接](https://example.org)\n\n![图](figures/a.svg)\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nx = 1\n```\n\n:::warning\n小心\n:::\n"
    )
    assert '<h2 id="s-标题">' in found
    assert "<msup>" in found
    assert 'rel="noopener noreferrer"' in found
    assert f'<figure><img src="{PACK}/figures/a.svg"' in found
    assert "<figcaption>图</figcaption>" in found
    assert '<td class="num">2</td>' in found
    assert '<span class="n">x</span>' in found
    assert '<div class="warning"><p class="callout-title">注意</p>' in found


def test_checks_split_a_lesson_and_headings_make_its_contents() -> None:
    lesson = render_lesson("## 一\n\n前\n\n:::check q1\n:::\n\n## 一\n\n后\n", str)
    assert [list(part) for part in lesson.parts] == [["html"], ["check"], ["html"]]
    assert lesson.parts[1] == {"check": "q1"}
    assert [heading["id"] for heading in lesson.headings] == ["s-一", "s-一-2"]


def test_a_link_within_the_page_finds_its_heading() -> None:
    found = html("[去](#数据-模型)\n\n## 数据 模型\n")
    assert 'id="s-数据-模型"' in found
    assert 'href="#s-' in found


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        ("a\n\n$\\frac{1}$", 2),
        ("a\n\nb\n\n- :::check q1\n  :::", 4),
        ("$\\unknowncommand$", 0),
        ("$" + "x" * 3000 + "$", 0),
    ],
)
def test_what_cannot_be_shown_is_named_by_line(markdown: str, line: int) -> None:
    with pytest.raises(BadText) as error:
        render_lesson(markdown, str)
    assert error.value.line == line


def test_lines_and_steps() -> None:
    assert render_line("量 `Q` 与 **H** <b>") == "量 <code>Q</code> 与 <strong>H</strong> &lt;b&gt;"
    assert render_text("- 一\n- 二") == "<ul>\n<li>一</li>\n<li>二</li>\n</ul>\n"


def test_no_line_begins_with_the_comma_behind_a_formula_and_no_quantity_breaks() -> None:
    html = render_text("时间常数（$T$，$K$）是 $T$；等于 28 800 s，或 5 台、第 3 OPC 层 `1 2 m`。")
    assert html.count('<span class="nowrap">') == 3
    for kept in ('（<math display="inline">', "</math>，</span>", "</math>）</span>", "</math>；</span>"):
        assert kept in html
    assert "28&nbsp;800&nbsp;s，或 5 台" in html
    assert "<code>1 2 m</code>" in html
    assert "nowrap" not in render_text("于是 $a$ 与 $$b$$。")
