"""Every component in both languages: valid references, no inline style or script, nothing that a strict policy would refuse."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from shixun.web import gallery

TEMPLATES = Path(gallery.__file__).parent / "templates"
CSS = Path(gallery.__file__).parent / "assets" / "css"
ICONS = Path(gallery.__file__).parent / "assets" / "icons.txt"
PAGES = [
    *(f"/gallery/{part}" for part in gallery.PARTS),
    *(f"/gallery/layout/{name}" for name in gallery.LAYOUTS),
    "/gallery/layout/confirm",
    *(f"/gallery/layout/error/{status}" for status in (400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 503)),
]
VOID = {"meta", "link", "input", "img", "br", "hr", "path", "rect", "line", "use"}
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "data-dialog", "list", "form")


class Page(HTMLParser):
    """What the tests ask of a page; `problems` names what no page may have."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.classes: set[str] = set()
        self.tags: list[str] = []
        self.icons: set[str] = set()
        self._open: list[str] = []
        self.feed(html)
        self.problems += [f"<{tag}> not closed" for tag in self._open]
        self.problems += [f"id {name} twice" for name in {name for name in self.ids if self.ids.count(name) > 1}]
        self.problems += [f"nothing has the id {name}" for name in self.references if name not in self.ids]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        values = {name: value or "" for name, value in attrs}
        self.problems += [f"{tag} {name}" for name in values if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and not values.get("src")):
            self.problems.append(f"inline <{tag}>")
        elsewhere = ("javascript:", "http:", "https:", "//")
        links = {
            name: value for name, value in values.items() if name != "xmlns" and value.lower().startswith(elsewhere)
        }
        self.problems += [f"{tag} {name}={value}" for name, value in links.items()]
        if tag == "img" and "alt" not in values:
            self.problems.append("img without alt")
        if tag == "a" and not values.get("href"):
            self.problems.append("link that leads nowhere")
        self.classes |= set(values.get("class", "").split())
        if "id" in values:
            self.ids.append(values["id"])
        for name in REFERENCES:
            self.references += values.get(name, "").split()
        if tag == "use":
            self.icons.add(values["href"].partition("#")[2])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_sound(ui_app: Flask, path: str, language: str) -> None:
    answer = ui_app.test_client().get(f"{path}?lang={language}")
    assert answer.status_code == 200
    html = answer.get_data(as_text=True)
    page = Page(html)
    assert page.problems == []
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in html
    known = set(re.findall(r"^[a-z0-9-]+$", ICONS.read_text(encoding="utf-8"), re.MULTILINE))
    assert page.icons <= known


def test_english_pages_hold_no_chinese(ui_app: Flask) -> None:
    """What the kit itself says is translated; the samples are too. Field samples are bilingual on purpose."""
    client = ui_app.test_client()
    for path in PAGES:
        if path.endswith(("/forms", "/auth")):
            continue
        html = client.get(f"{path}?lang=en").get_data(as_text=True)
        html = re.sub(r'<button class="tool tool-button".*?</button>', "", html, flags=re.DOTALL)
        assert re.findall(r"[\u4e00-\u9fff]+", html) == [], path


def test_every_class_of_the_kit_is_styled(ui_app: Flask) -> None:
    """A class without a rule is a typing error; these only carry meaning or are hooks of scripts."""
    hooks = {"site-nav-list", "breadcrumbs-list", "pagination-list", "outline-items", "heartbeat", "countdown-wrap"}
    hooks |= {"card-body", "progress", "step-label", "stage-hmi", "alert-info", "national", "rank-4"}
    pygments = {"kn", "nn", "k", "nf", "p", "n", "nb", "o", "sd", "s2", "mi", "c1", "highlight"}
    client = ui_app.test_client()
    used: set[str] = set()
    for path in PAGES:
        used |= Page(client.get(path).get_data(as_text=True)).classes
    css = "".join(file.read_text(encoding="utf-8") for file in CSS.glob("*.css"))
    styled = set(re.findall(r"\.([a-zA-Z][\w-]*)", css))
    assert {name for name in used if name not in styled} - hooks - pygments == set()


def test_texts_of_people_are_escaped(ui_app: Flask) -> None:
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=y>"
    with ui_app.test_request_context("/"):
        kit = ui_app.jinja_env.get_template("components.html").module
        row = {"id": "1", "rank": 1, "name": nasty, "org": nasty, "points": 1, "cells": {}}
        column = {"key": "a", "label": nasty}
        spec = {"type": "bar", "categories": [nasty], "series": [{"name": nasty, "values": [1]}]}
        parts = [
            kit.alert(nasty),
            kit.status(nasty),
            kit.badge(nasty),
            kit.card(nasty, nasty),
            kit.page_header(nasty, nasty, nasty, [(nasty, nasty)], [("clock", nasty)]),
            kit.standings([row], [{"id": "A", "title": nasty}], nasty),
            kit.data_table([column], [{"a": nasty}], nasty),
            kit.chart(spec, nasty),
            kit.stat(nasty, nasty, nasty, nasty, note=nasty),
            kit.question_card(
                {"id": "q", "kind": "single", "text": nasty, "choices": [{"value": nasty, "text": nasty}]}, 1
            ),
            kit.confirm("id", nasty, nasty, nasty, nasty, nasty, fields={nasty: nasty}),
            kit.start_progress(nasty, [{"id": nasty, "label": nasty}], nasty, nasty),
        ]
    for part in parts:
        page = Page(str(part))
        assert "script" not in page.tags
        assert "img" not in page.tags


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "–"), (0, "0"), (1234567, "1,234,567"), (38214.5, "38,214.5"), ("12 h", "12 h")],
)
def test_numbers(ui_app: Flask, value: object, expected: str) -> None:
    with ui_app.test_request_context("/"):
        assert ui_app.jinja_env.get_template("components.html").module.number(value).strip() == expected


@pytest.mark.parametrize(
    ("value", "to_go", "reached"),
    [(None, 0, 0), (0, 2, 0), (9999, 2, 0), (10000, 1, 1), (19999, 1, 1), (20000, 0, 2), (90000, 0, 2)],
)
def test_threshold_lines_are_reached_at_the_number_itself(
    ui_app: Flask, value: int | None, to_go: int, reached: int
) -> None:
    lines = [
        {"label": "国家级", "value": 20000, "kind": "national"},
        {"label": "省级", "value": 10000, "kind": "provincial"},
    ]
    with ui_app.test_request_context("/?lang=en"):
        html = str(ui_app.jinja_env.get_template("components.html").module.threshold_figure(value, lines, "人次"))
    assert html.count(" to go") == to_go
    assert html.count("Reached") == reached
    widths = [float(width) for width in re.findall(r'class="bar(?:-met)?" x="0" y="30" width="([\d.]+)%"', html)]
    assert len(widths) == 1
    assert 0 <= widths[0] <= 100


def test_threshold_figure_without_any_extent(ui_app: Flask) -> None:
    """No line and no value: still a figure, not a division by zero."""
    with ui_app.test_request_context("/"):
        assert "<svg" in str(ui_app.jinja_env.get_template("components.html").module.threshold_figure(0, []))


def test_empty_table_says_so(ui_app: Flask) -> None:
    with ui_app.test_request_context("/?lang=en"):
        kit = ui_app.jinja_env.get_template("components.html").module
        assert "<table" not in str(kit.data_table([{"key": "a", "label": "A"}], []))
        assert "Nothing here yet" in str(kit.data_table([{"key": "a", "label": "A"}], []))


def test_a_graded_question_cannot_be_answered_again(ui_app: Flask) -> None:
    client = ui_app.test_client()
    html = client.get("/gallery/learning").get_data(as_text=True)
    graded = [part for part in html.split('<fieldset class="question"')[1:] if part.lstrip().startswith('id="r-')]
    assert len(graded) == 2
    for part in graded:
        for control in re.findall(r"<(?:input|select)[^>]*>", part.partition("</fieldset>")[0]):
            assert "disabled" in control


def test_unknown_parts_are_not_found(ui_app: Flask) -> None:
    client = ui_app.test_client()
    assert client.get("/gallery/nothing").status_code == 404
    assert client.get("/gallery/layout/nothing").status_code == 404


def test_every_template_says_where_its_documentation_is() -> None:
    """Feature authors work from the comment at the top: each public macro is named there."""
    kit = (TEMPLATES / "components.html").read_text(encoding="utf-8")
    documentation, _, exports = kit.partition("-#}")
    names = {name.strip() for line in re.findall(r"{% set (.*?) = ", exports) for name in line.split(",")}
    defined = {
        name
        for file in (TEMPLATES / "components").glob("*.html")
        for name in re.findall(r"{% macro ([a-z]\w*)", file.read_text(encoding="utf-8"))
    }
    assert names == defined
    assert [name for name in sorted(names) if f"{name}(" not in documentation] == []
