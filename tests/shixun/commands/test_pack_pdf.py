"""A course on paper: printed once by Chromium, then read."""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from shixun.cli import main
from shixun.commands.bare import bare_app
from shixun.commands.pack_exchange import labs_at_hand
from shixun.curriculum.courseware import Imprint, courseware_html
from shixun.curriculum.packs import read_course
from shixun.curriculum.printing import anchor_pages
from shixun.curriculum.questions import order_of
from shixun_packs.starting import start_pack

needs_chromium = pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="no Chromium here")


RADICALS = str.maketrans(
    "⻔⻓⻅⻆⻉⻋⻚⻛⻜⻢⻥⻦⻩⻬⻮⻰⻄⻝⻘⺠⺟⻣⻨⻁", "门长见角贝车页风飞马鱼鸟黄齐齿龙西食青民母骨麦虎"
)


def plain(text: str) -> str:
    """Without white space; fonts map some signs to radicals of the same shape (用 to ⽤, 门 to ⻔), which are taken back."""
    return "".join(unicodedata.normalize("NFKC", text).translate(RADICALS).split())


@pytest.mark.browser
@needs_chromium
def test_courseware_has_cover_contents_running_heads_figures_and_answers(tmp_path: Path) -> None:
    start_pack("course", tmp_path / "my-course", '控制 <b>"入门"</b>', "Control, an introduction", "junior")
    target = tmp_path / "out.pdf"
    words = [
        "pack",
        "export",
        "pdf",
        str(tmp_path / "my-course"),
        "--center",
        "某某\\中心",
        "--with-answers",
        "-o",
        str(target),
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    data = target.read_bytes()
    reader = PdfReader(BytesIO(data))
    width, height = (float(side) / 72 * 25.4 for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)
    texts = [plain(page.extract_text()) for page in reader.pages]
    assert len(texts) >= 5
    cover, about, contents = texts[:3]
    for said in ("教学课件（教师用）", '控制<b>"入门"</b>', "Control,anintroduction", "某某\\中心", "初级", "0.1.0"):
        assert plain(said) in cover
    assert "课程简介" in about
    assert "会算可用率" in about
    pages = anchor_pages(data)
    assert f"第一课{pages['lesson-first-lesson']}" in contents
    assert f"题目与答案{pages['appendix']}" in contents
    lesson = texts[pages["lesson-first-lesson"] - 1]
    assert lesson.count("第一课") == 2, "as its title and in the running head"
    for number, text in enumerate(texts[1:], start=2):
        assert f"{number}/{len(texts)}" in text
        assert '控制<b>"入门"</b>' in text
        assert "某某\\中心" in text
    whole_lesson = "".join(texts[pages["lesson-first-lesson"] - 1 : pages["appendix"] - 1])
    for drawn in ("measure", "decide", "theprocesschanges"):
        assert drawn in whole_lesson, "the figure is there"
    assert "print((planned-down)/planned)" in whole_lesson
    assert plain("最先出问题的是哪一件事") in whole_lesson
    assert plain("测量错了，后面全错") not in whole_lesson, "answers stand at the end only"
    answers = "".join(texts[pages["appendix"] - 1 :])
    for said in ("测量错了，后面全错", "92.5±0.05%", "读液位→与设定值比较", "OEE等于可用率"):
        assert plain(said) in answers
    assert reader.metadata is not None
    assert reader.metadata.title == '控制 <b>"入门"</b>'


def test_choices_are_printed_shuffled_and_the_answers_name_them_by_the_same_letters(tmp_path: Path) -> None:
    course = tmp_path / "my-course"
    start_pack("course", course, "课", "Course", "junior")
    ready = read_course(course)
    singles = [question for question in [*ready.checks, *ready.quizzes["final-quiz"]] if question["kind"] == "single"]
    assert singles
    with bare_app().test_request_context(headers={"Accept-Language": "zh"}):
        html = courseware_html(ready, Imprint("", date(2026, 11, 29), True), {}, {})
    lesson, appendix = html.split('id="appendix"')
    for question in singles:
        right = next(str(choice["text"]["zh"]) for choice in question["choices"] if choice["correct"])
        (letter,) = set(re.findall(rf"<li>([A-L])\. {re.escape(right)}</li>", appendix))
        key = next(
            place for place, index in enumerate(order_of(question, "print")) if question["choices"][index]["correct"]
        )
        assert letter == "ABCDEFGHIJKL"[key], "shuffled, the same in every print"
        assert f"<strong>答案</strong> {letter}</p>" in appendix
        assert f"<li>{letter}. {right}</li>" in lesson or question not in ready.checks


def test_labs_at_hand_are_printed_with_their_task_and_figures(tmp_path: Path) -> None:
    course, lab = tmp_path / "courses" / "my-course", tmp_path / "labs" / "packs" / "my-lab"
    start_pack("course", course, "课", "Course", "junior")
    start_pack("lab", lab, "班次效率", "Shift efficiency", "")
    (lab / "figures").mkdir()
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>a</title></svg>'
    (lab / "figures" / "a.svg").write_text(drawing, encoding="utf-8")
    with (lab / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[[step]]\ntitle = {zh = "看图", en = "Look"}\ntext = {zh = "![图](figures/a.svg)", en = "Look."}\n'
        )
    items = "".join(
        f"""
[[unit.item]]
kind = "lab"
slug = "{name}"
lab = "{name}"
minutes = 30
title = {{zh = "实验：{name}", en = "Lab"}}
"""
        for name in ("my-lab", "elsewhere")
    )
    with (course / "course.toml").open("a", encoding="utf-8") as file:
        file.write(items)
    ready = read_course(course)
    labs = labs_at_hand(course, ready)
    assert list(labs) == ["my-lab"]
    with bare_app().test_request_context(headers={"Accept-Language": "zh"}):
        html = courseware_html(ready, Imprint("某某中心", date(2026, 11, 29), False), labs, {"lab-my-lab": 9})
    assert '<section class="lesson" id="lab-my-lab">' in html
    assert '<a href="#lab-my-lab">实验：my-lab</a><span class="page">9</span>' in html
    assert "<span>实验：elsewhere</span>" in html, "its pack is not here: it stands in the contents only"
    for step in labs["my-lab"].steps:
        assert step["title"]["zh"] in html
    assert '<img src="labs/my-lab/figures/a.svg"' in html


def test_without_chromium_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_pack("course", tmp_path / "my-course", "课", "Course", "junior")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["pack", "export", "pdf", "my-course"])
    assert found.exit_code == 1
    assert "there is no Chromium" in found.output
    assert "apt install chromium" in found.output
    monkeypatch.setenv("SHIXUN_CHROMIUM", "/no/such/browser")
    assert "SHIXUN_CHROMIUM" in CliRunner().invoke(main, ["pack", "export", "pdf", "my-course"]).output
    assert list(tmp_path.glob("*.pdf")) == []
