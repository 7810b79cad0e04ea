"""Feedback shows what a notebook showed, and nothing of it is alive."""

import base64
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from graders_kit import small_lab

from shixun_graders.feedback import feedback
from shixun_graders.intake.canonical import CanonicalCell
from shixun_graders.protocol import CellGrade, Note
from shixun_packs.lab import Lab, load_lab

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
HOSTILE = [
    "<script>alert(1)</script>",
    "<svg onload=alert(1)><circle/></svg>",
    "<img src=x onerror=alert(1)>",
    '<img src="data:image/svg+xml;base64,AAAA">',
    '<img src="https://evil.example/a.png">',
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src='//evil.example'></iframe>",
    "<style>body{background:url(//evil.example)}</style>",
    "<div style='position:fixed;inset:0' class='sx-note'>spoof</div>",
    "<form action=/><input name=a></form>",
    "<math><mtext></math><script>alert(1)</script>",
    "<noscript><p title='</noscript><script>alert(1)</script>'>",
    "<base href=//evil.example><meta http-equiv=refresh content=0>",
    "<b onclick=alert(1)>bold</b>",
]
INERT = {
    *(
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "div",
        "em",
        "h2",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "section",
    ),
    *("strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}


class Reader(HTMLParser):
    """Collects every tag and attribute that could do something."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in INERT:
            self.alive.append(tag)
        for name, value in attrs:
            harmless = {
                "class": (value or "").startswith("sx-"),
                "src": (value or "").startswith(("data:image/png;base64,", "data:image/jpeg;base64,")),
                "alt": True,
                "colspan": True,
            }
            if not harmless.get(name):
                self.alive.append(f"{tag} {name}={value}")


def alive(fragment: str) -> list[str]:
    """What of a fragment is not inert, as a browser's parser would see it."""
    reader = Reader()
    reader.feed(fragment)
    reader.close()
    return reader.alive


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return load_lab(small_lab(tmp_path))


def grades() -> list[CellGrade]:
    return [
        CellGrade(grade_id="add", points=2.0, max_points=4, hint="wrong"),
        CellGrade(grade_id="essay", points=None, max_points=5, manual=True),
    ]


def show(lab: Lab, outputs: list[Any], source: str = "x") -> str:
    return feedback(lab, [CanonicalCell("c", "code", source, own=True)], {"c": outputs}, grades(), [])


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_trainee_writes_is_alive(lab: Lab, text: str) -> None:
    shown = show(
        lab,
        [
            {"output_type": "display_data", "data": {"text/html": text}},
            {
                "output_type": "display_data",
                "data": {"text/markdown": f"{text}\n\n[x](javascript:alert(1)) ![y](https://evil.example)"},
            },
        ],
    )
    assert alive(shown) == []
    assert "spoof" not in shown or 'class="sx-note"' not in shown
    written = feedback(lab, [CanonicalCell("m", "markdown", text, own=True)], {}, [], [])
    assert alive(written) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_text(lab: Lab, text: str) -> None:
    shown = show(
        lab,
        [
            {"output_type": "stream", "name": "stdout", "text": text},
            {"output_type": "execute_result", "data": {"text/plain": text}},
            {"output_type": "error", "ename": text, "evalue": text, "traceback": []},
        ],
        source=text,
    )
    assert alive(shown) == []
    assert "&lt;" in shown


def test_what_is_harmless_is_shown(lab: Lab) -> None:
    table = "<table class='dataframe'><tr><td colspan=2>42</td></tr></table>"
    shown = show(
        lab,
        [
            {"output_type": "display_data", "data": {"text/html": table}},
            {"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "Figure"}},
            {"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x1b[0m"},
        ],
    )
    assert '<table><tbody><tr><td colspan="2">42</td></tr></tbody></table>' in shown
    assert f'src="data:image/png;base64,{PNG}"' in shown
    assert ">red</pre>" in shown
    assert "2 / 4" in shown
    assert "再想想" in shown
    assert "待评阅" in shown


def test_figures_are_what_they_say(lab: Lab) -> None:
    for data in ("AAAA", "not base64", PNG + '" onerror="alert(1)', "iVBORw0KGgo" * 200_000, 5, None):
        shown = show(lab, [{"output_type": "display_data", "data": {"image/png": data}}])
        assert "<img" not in shown
        assert alive(shown) == []


def test_malformed_outputs_are_no_trouble(lab: Lab) -> None:
    odd: list[Any] = [
        1,
        {},
        {"output_type": "stream"},
        {"output_type": "stream", "text": {"a": 1}},
        {"output_type": "error", "traceback": "abc"},
        {"output_type": "error", "traceback": [1, {}]},
        {"output_type": ["error"]},
        {"output_type": "display_data", "data": []},
        {"output_type": "display_data", "data": {"text/html": 5}},
    ]
    assert show(lab, odd).startswith('<section class="sx-feedback">')


def test_notes_are_said_in_both_languages(lab: Lab) -> None:
    shown = feedback(lab, [], {}, [], [Note.KERNEL_DIED])
    assert "运行笔记本的进程中途退出" in shown
    assert "ended early" in shown
