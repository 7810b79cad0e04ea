"""Two people, one draft: nothing is lost, nothing of it reaches another center, and saving leaves nothing behind."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine

from shixun.authoring import figures, operations, outlines, queries
from shixun.authoring.models import Draft, DraftFile, DraftSave
from shixun.authoring.operations import Stale
from shixun.core.audit import AuditEntry
from shixun.core.blobs import Blob
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.testing.authoring import author
from shixun.testing.learning import LESSON

LESSON_PATH = "lessons/curve.md"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M0 0"/></svg>'


def digest(draft: Draft, path: str = LESSON_PATH) -> str:
    return queries.file_digests(draft)[path]


def test_the_second_save_sees_both_texts(school: Any) -> None:
    lin, wang = author(school.lin, school.center), author(school.wang, school.center)
    base = digest(school.draft)
    operations.save(lin, school.draft, LESSON_PATH, b"lin's", base)
    with pytest.raises(Stale) as caught:
        operations.save(wang, school.draft, LESSON_PATH, b"wang's", base)
    assert caught.value.theirs == "lin's"
    assert queries.text(school.draft, LESSON_PATH) == "lin's"
    operations.save(wang, school.draft, LESSON_PATH, b"lin's and wang's", caught.value.digest)
    assert queries.text(school.draft, LESSON_PATH) == "lin's and wang's"


def test_the_same_text_twice_is_no_conflict(school: Any) -> None:
    """A page that was left saves without hearing the answer; what it saved comes again."""
    lin, base = author(school.lin, school.center), digest(school.draft)
    operations.save(lin, school.draft, LESSON_PATH, b"one", base)
    operations.save(lin, school.draft, LESSON_PATH, b"one", base)
    with pytest.raises(Stale):
        operations.save(lin, school.draft, LESSON_PATH, b"two", base)


def test_conflicts_over_http(school: Any, browser: Any) -> None:
    base = digest(school.draft)
    first, second = browser().sign_in("lin"), browser().sign_in("wang")
    url = f"{school.url}/lessons/curve"
    saved = first.post(url, json={"summary": "S", "body": "## 一\n\n:::check which-axis\n:::\n\n文", "base": base})
    assert saved.status_code == 200
    assert saved.json["problems"] == []
    assert "横轴是什么" in saved.json["html"]
    refused = second.post(url, json={"summary": "S", "body": "## 二", "base": base})
    assert refused.status_code == 409
    assert refused.json["theirs"]["body"].startswith("## 一")
    page = second.post(url, {"summary": "S", "body": "## 二", "base": base})
    assert page.status_code == 409
    text = page.get_data(as_text=True)
    assert "## 二" in text
    assert "## 一" in text
    again = second.post(url, json={"summary": "S", "body": "## 二", "base": refused.json["digest"]})
    assert again.status_code == 200


def test_saving_leaves_no_blobs_and_one_line_of_history(school: Any) -> None:
    lin = author(school.lin, school.center)
    blobs, lines = db.session.query(Blob).count(), db.session.query(DraftSave).count()
    for number in range(20):
        operations.save(lin, school.draft, LESSON_PATH, f"text {number}".encode(), digest(school.draft))
    assert db.session.query(Blob).count() == blobs
    assert db.session.query(DraftFile).filter_by(path=LESSON_PATH).count() == 1
    assert db.session.query(DraftSave).count() == lines + 1
    assert queries.history(school.draft)[0].times == 20
    operations.save(author(school.wang, school.center), school.draft, LESSON_PATH, b"x", digest(school.draft))
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        operations.save(lin, school.draft, LESSON_PATH, b"y", digest(school.draft))
    assert [(save.person.username, save.times) for save in queries.history(school.draft)[:3]] == [
        ("lin", 1),
        ("wang", 1),
        ("lin", 20),
    ]


def test_the_outline_that_one_saw_is_the_one_that_changes(school: Any) -> None:
    lin, wang = author(school.lin, school.center), author(school.wang, school.center)
    base = digest(school.draft, "course.toml")
    outlines.move_item(lin, school.draft, "curve", 1, base)
    with pytest.raises(Conflict):
        outlines.move_item(wang, school.draft, "curve", 1, base)
    assert [item.slug for item in outlines.read(school.draft).items] == ["curve-quiz", "curve", "end"]


def test_a_form_over_somebody_elses_keeps_both(school: Any, browser: Any) -> None:
    person = browser().sign_in("wang")
    page = person.get(f"{school.url}/items/curve").get_data(as_text=True)
    base = page.split('name="base" value="')[1].split('"')[0]
    _place, item = outlines.item_of(school.draft, "curve")
    stored = operations.digest_of(item.model_dump())
    assert base == stored
    title = {"zh": "林的标题", "en": "Lin's title"}
    outlines.set_item(author(school.lin, school.center), school.draft, "curve", {"title": title, "minutes": 7}, stored)
    db.session.commit()
    fields = {"title_zh": "王的标题", "title_en": "Wang's title", "minutes": "9", "base": base}
    answer = person.post(f"{school.url}/items/curve", fields)
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert "林的标题" in text
    assert "王的标题" in text
    fields["base"] = text.split('name="base" value="')[1].split('"')[0]
    assert person.post(f"{school.url}/items/curve", fields).status_code == 302
    assert outlines.item_of(school.draft, "curve")[1].title.zh == "王的标题"


def test_another_center_has_no_such_draft(school: Any, browser: Any) -> None:
    with pytest.raises(NotFound):
        queries.draft(school.elsewhere.id, school.draft.id)
    stranger = browser().sign_in("out")
    for path in (
        "",
        "/lessons/curve",
        "/settings",
        "/figures/curve.svg",
        "/files/course.toml",
        "/history",
        "/problems",
    ):
        assert stranger.get(school.url.replace("longyan", "xiamen") + path).status_code == 404
    with pytest.raises(Forbidden):
        operations.save(author(school.outsider, school.elsewhere), school.draft, LESSON_PATH, b"x", None)


def test_discarding_asks_first_and_is_written_down(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    assert "Lin" in person.get(f"{school.url}/discard").get_data(as_text=True)
    assert db.session.query(Draft).count() == 1
    db.session.rollback()
    assert person.post(f"{school.url}/discard").status_code == 302
    assert (
        db.session.query(Draft).count() + db.session.query(DraftFile).count() + db.session.query(DraftSave).count() == 0
    )
    assert db.session.query(AuditEntry).filter_by(action="authoring.draft.discarded").one().target == "course valves"


def test_problems_are_named_by_line_in_the_readers_language(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    body = "## 一\n\n![](figures/none.svg)\n\n# 大标题\n\n:::check nothing\n:::\n\n$\\frac{1}$"
    url = f"{school.url}/lessons/curve"
    answer = person.post(url, json={"summary": "S", "body": body, "base": digest(school.draft)})
    assert answer.status_code == 200, "what has problems is saved all the same"
    said = {(problem["line"], problem["text"]) for problem in answer.json["problems"]}
    assert (3, "插图 'figures/none.svg' 没有说明文字") in said
    assert (5, "课文里的标题从 ## 开始：课的标题写在 course.toml 里") in said
    assert any(line == 10 and "\\frac" in text for line, text in said)
    body = LESSON.split("+++\n")[2].replace("which-axis", "nothing")
    answer = person.post(url, json={"summary": "S", "body": body, "base": answer.json["digest"]})
    assert [problem["text"] for problem in answer.json["problems"]] == ["quizzes/checks.toml 里没有题目 'nothing'"]
    listed = person.get(f"{school.url}/problems").get_data(as_text=True)
    assert "没有放进任何一节课" in listed


def test_scripts_in_a_lesson_never_reach_the_preview(school: Any, browser: Any) -> None:
    body = '## x\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![a](/c/longyan/authoring/x" onerror="a)'
    answer = (
        browser()
        .sign_in("lin")
        .post(f"{school.url}/lessons/curve", json={"summary": "S", "body": body, "base": digest(school.draft)})
    )
    assert "<script" not in answer.json["html"]
    assert "<img" not in answer.json["html"]
    assert 'href="javascript' not in answer.json["html"]


def test_what_is_no_lesson_is_no_error_of_ours(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    for sent in ("[]", '"x"', "{}", "", '{"summary": {"a": 1}, "body": [1], "base": 3}', "null"):
        headers = {"Content-Type": "application/json"}
        answer = person.post(f"{school.url}/lessons/curve", headers=headers, data=sent)
        assert answer.status_code in {400, 409}, sent
    answer = person.post(f"{school.url}/lessons/curve", json={"body": "\ud800", "base": ""})
    assert answer.status_code == 422
    assert queries.text(school.draft, LESSON_PATH) == LESSON


FIGURES = [
    ("水泵.svg", SVG, "figures/figure-1.svg"),
    ("My Pump (1).SVG", SVG, "figures/my-pump-1.svg"),
    ("../../etc/x.png", b"\x89PNG\r\n\x1a\n123", "figures/x.png"),
    ("evil.svg", SVG.replace(b"<path", b"<script/><path"), None),
    ("evil.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, None),
    ("fake.png", SVG, None),
    ("page.html", b"<html>", None),
]


def test_figures_are_checked_before_they_are_kept(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    before = set(queries.file_digests(school.draft))
    db.session.rollback()
    for name, data, kept in FIGURES:
        person.post(f"{school.url}/figures", {"file": (BytesIO(data), name), "item": "curve"})
        after = set(queries.file_digests(school.draft))
        db.session.rollback()
        assert after - before == ({kept} if kept else set()), name
        before = after
        if kept:
            shown = person.get(f"{school.url}/{kept}")
            assert shown.status_code == 200
            assert "sandbox" in shown.headers["Content-Security-Policy"]
    with pytest.raises(Invalid, match="1048576"):
        figures.add(author(school.lin, school.center), school.draft, "x.png", b"\x89PNG\r\n\x1a\n" + bytes(2**20))


def test_a_figure_in_use_stays(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    asked = person.get(f"{school.url}/figures/remove?path=figures/curve.svg&item=curve").get_data(as_text=True)
    assert 'value="figures/curve.svg"' in asked, "nothing goes without a question"
    assert person.get(f"{school.url}/figures/remove?path=figures/none.svg").status_code == 404
    person.post(f"{school.url}/figures/remove", {"path": "figures/curve.svg"})
    person.post(f"{school.url}/figures/remove", {"path": "course.toml"})
    assert {"figures/curve.svg", "course.toml"} <= set(queries.file_digests(school.draft))


def test_paths_and_sizes_have_limits(school: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lin = author(school.lin, school.center)
    for path in ("../x", "/etc/passwd", "a\\b", "x/./y", ""):
        with pytest.raises(Invalid):
            operations.write(lin, school.draft, path, b"")
    monkeypatch.setattr(operations, "MOST_TOGETHER", 2000)
    with pytest.raises(operations.TooLarge):
        operations.write(lin, school.draft, "lessons/x.md", bytes(1500))


def test_a_course_from_nothing(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    fields = {
        "title_zh": "风机",
        "title_en": "Fans",
        "summary_zh": "简介",
        "summary_en": "Summary",
        "goals_zh": "甲\n乙",
        "goals_en": "A",
        "audience": "skilled-worker",
        "level": "intro",
        "field": "data",
        "class_hours": "1.5",
    }
    url = "/c/longyan/authoring/new-course"
    refused = person.post(url, fields)
    assert refused.status_code == 422
    assert "中文有 2 个目标" in refused.get_data(as_text=True)
    made = person.post(url, {**fields, "goals_en": "A\nB"})
    assert made.status_code == 302
    home = made.location
    assert person.post(url, {**fields, "goals_en": "A\nB"}).status_code == 422, "the short name is taken"
    assert person.post(f"{home}/units/new", {"title_zh": "一", "title_en": "Unit one"}).status_code == 302
    lesson = person.post(f"{home}/units/unit-one/add/lesson", {"title_zh": "课", "title_en": "First", "minutes": "10"})
    assert lesson.location == f"{home}/lessons/first"
    quiz = person.post(f"{home}/units/unit-one/add/quiz", {"title_zh": "测", "title_en": "First", "minutes": "5"})
    assert quiz.status_code == 302
    page = person.get(home).get_data(as_text=True)
    assert page.index("#item-first") < page.index("first-2") if "#item-first" in page else "first-2" in page
    for path in ("/units/unit-one", "/units/unit-one/remove", "/items/first/remove", "/settings", "/history"):
        assert person.get(home + path).status_code == 200
    draft = queries.draft(school.center.id, home.rpartition("/")[2])
    base = digest(draft, "course.toml")
    db.session.rollback()
    assert person.post(f"{home}/units/unit-one/remove", {"base": base}).status_code == 302
    assert set(queries.file_digests(draft)) == {"course.toml"}


def test_an_unreadable_course_can_be_mended_as_text(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    url = f"{school.url}/files/course.toml"
    good = queries.text(school.draft, "course.toml") or ""
    base = digest(school.draft, "course.toml")
    db.session.rollback()
    assert person.post(url, {"text": good + "\n[[unit", "base": base}).status_code == 302
    page = person.get(school.url)
    assert page.status_code == 200
    assert "/files/course.toml" in page.get_data(as_text=True)
    assert person.get(f"{school.url}/lessons/curve").status_code == 404
    assert "不是有效的 TOML" in person.get(url).get_data(as_text=True)
    assert person.post(url, {"text": good, "base": base}).status_code == 409, "the broken text is the present one"
    assert person.post(url, {"text": good, "base": digest(school.draft, "course.toml")}).status_code == 302
    assert person.get(f"{school.url}/lessons/curve").status_code == 200
