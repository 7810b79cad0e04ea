"""Questions by form and from files: every kind, every mistake named, nothing taken over unseen."""

import html
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from shixun.authoring import banks, queries
from shixun.core.db import db
from shixun.testing.authoring import author
from shixun_packs.exchange.xlsx_columns import SHEET
from shixun_packs.exchange.xlsx_write import template, write_xlsx

QUIZ = "quizzes/curve.toml"
CHOICE = {
    "text_zh": "哪个对？",
    "text_en": "Which is right?",
    "explanation_zh": "因为",
    "explanation_en": "Because",
    "points": "2",
    "correct": "0",
    "row-0-zh": "对",
    "row-0-en": "Right",
    "row-1-zh": "错",
    "row-1-en": "Wrong",
    "row-1-why-zh": "看反了",
    "row-1-why-en": "Read backwards",
}
TEXTS = {key: value for key, value in CHOICE.items() if key.startswith(("text", "explanation", "points"))}
GOOD: dict[str, dict[str, str]] = {
    "single": CHOICE,
    "multiple": CHOICE,
    "numeric": TEXTS | {"answer": "１，5", "tolerance": "0.1", "unit": "m"},
    "ordering": TEXTS | {f"row-{n}-{lang}": f"{lang}{n}" for n in range(3) for lang in ("zh", "en")},
    "fill": TEXTS | {"accept": "气蚀\r\n\r\ncavitation"},
}
BAD = [
    ("single", CHOICE | {"correct": ""}, "请标出正确的选项"),
    ("single", CHOICE | {"correct": "", "row-1-why-zh": "", "row-1-why-en": ""}, "错误选项要写明"),
    ("single", CHOICE | {"row-1-why-zh": "", "row-1-why-en": ""}, "错误选项要写明"),
    ("single", CHOICE | {"row-1-why-en": ""}, "选项 2 为什么错 英文：不能为空"),
    ("multiple", CHOICE | {"row-1-zh": "对"}, "两个选项的文字相同"),
    ("single", CHOICE | {"text_en": "  "}, "题干 英文：不能为空"),
    ("single", CHOICE | {"points": "viel"}, "分值：请填一个数"),
    ("numeric", GOOD["numeric"] | {"answer": "1e999"}, "答案：请填一个数"),
    ("numeric", GOOD["numeric"] | {"tolerance": "-1"}, "允差"),
    ("ordering", TEXTS | {"row-0-zh": "一", "row-0-en": "One"}, "条目"),
    ("fill", TEXTS | {"accept": ""}, "可接受的答案"),
    ("single", CHOICE | {"id": "Nicht So"}, "简称"),
]


def ids(school: Any, bank: str = "curve-quiz") -> list[str]:
    return [entry.id for entry in banks.entries(school.draft, banks.bank(school.draft, bank))]


def test_each_kind_is_written_and_changed(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    before = queries.text(school.draft, QUIZ) or ""
    db.session.rollback()
    for kind, fields in GOOD.items():
        url = f"{school.url}/questions/curve-quiz/new/{kind}"
        assert person.get(url).status_code == 200
        answer = person.post(url, fields)
        assert answer.status_code == 302, answer.get_data(as_text=True)
    after = queries.text(school.draft, QUIZ) or ""
    assert after.startswith(before.strip()), "what was there keeps its text"
    assert ids(school)[-5:] == [f"which-is-right{end}" for end in ("", "-2", "-3", "-4", "-5")]
    number = banks.entry(school.draft, banks.bank(school.draft, "curve-quiz"), "which-is-right-3").question
    assert (number.answer, number.points) == (1.5, 2.0)  # type: ignore[union-attr]
    assert not [
        entry for entry in banks.entries(school.draft, banks.bank(school.draft, "curve-quiz")) if entry.problems
    ]
    db.session.rollback()
    page = person.get(f"{school.url}/questions/curve-quiz/edit/which-is-right").get_data(as_text=True)
    base = page.split('name="base" value="')[1].split('"')[0]
    changed = person.post(
        f"{school.url}/questions/curve-quiz/edit/which-is-right", CHOICE | {"text_zh": "改", "base": base}
    )
    assert changed.status_code == 302
    late = person.post(
        f"{school.url}/questions/curve-quiz/edit/which-is-right", CHOICE | {"text_zh": "迟", "base": base}
    )
    assert late.status_code == 409
    text = late.get_data(as_text=True)
    assert "迟" in text
    assert "改" in text
    more = person.post(f"{school.url}/questions/curve-quiz/new/single", CHOICE | {"more": "1"}).get_data(as_text=True)
    assert 'name="row-5-zh"' in more
    assert "哪个对" in more


def test_each_mistake_is_named_and_nothing_is_lost(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    for kind, fields, said in BAD:
        answer = person.post(f"{school.url}/questions/curve-quiz/new/{kind}", fields)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422, (kind, fields)
        assert said in text
        assert "Because" in text, "what was typed is still there"
    assert len(ids(school)) == 5


def test_order_and_removal(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    url = f"{school.url}/questions/curve-quiz"
    person.post(f"{url}/move/one/down")
    assert ids(school) == ["some", "one", "number", "steps", "word"]
    db.session.rollback()
    assert "one" in person.get(f"{url}/remove/one").get_data(as_text=True)
    person.post(f"{url}/remove/one")
    assert ids(school) == ["some", "number", "steps", "word"]
    db.session.rollback()
    assert person.post(f"{url}/remove/one").status_code == 404
    person.post(f"{school.url}/questions/_checks/remove/which-axis")
    assert "quizzes/checks.toml" not in queries.file_digests(school.draft), "an empty bank would be no valid file"
    db.session.rollback()
    back = person.post(f"{school.url}/questions/_checks/new/fill?lesson=curve", GOOD["fill"] | {"id": "which-axis"})
    assert back.location.endswith("/lessons/curve#checks")
    assert ids(school, "_checks") == ["which-axis"]


def test_rules_of_a_quiz(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    url = f"{school.url}/questions/curve-quiz/rules"
    base = person.get(url).get_data(as_text=True).split('name="base" value="')[1].split('"')[0]
    fields = {"pass_percent": "70", "draw": "3", "minutes": "0", "attempts": "0", "base": base}
    assert person.post(url, {**fields, "pass_percent": "101"}).status_code == 422
    assert person.post(url, fields).status_code == 302
    assert person.post(url, {**fields, "draw": "2"}).status_code == 409
    text = queries.text(school.draft, QUIZ) or ""
    assert "pass_percent = 70\ndraw = 3\nminutes = 0\nattempts = 0\n[[question]]" in text.replace("\n\n", "\n")


def test_a_broken_question_is_shown_with_what_is_wrong(school: Any, browser: Any) -> None:
    text = (
        (queries.text(school.draft, QUIZ) or "")
        .replace('kind = "fill"', 'kind = "essay"')
        .replace('zh = "单选解释"', 'zh = "$\\\\frac{1}$"')
    )
    banks.operations.write(author(school.lin, school.center), school.draft, QUIZ, text.encode())
    db.session.commit()
    person = browser().sign_in("lin")
    page = person.get(f"{school.url}/questions/curve-quiz")
    assert page.status_code == 200
    assert "essay" in page.get_data(as_text=True)
    assert "frac" in page.get_data(as_text=True)
    assert person.get(f"{school.url}/questions/curve-quiz/edit/word").location.endswith("/files/quizzes/curve.toml")


def sheet(cells: dict[str, str]) -> bytes:
    """The template with some cells changed."""
    book = openpyxl.load_workbook(BytesIO(template()))
    for name, value in cells.items():
        book[SHEET][name] = value
    out = BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def look(person: Any, school: Any, data: bytes, name: str = "q.xlsx") -> Any:
    url = f"{school.url}/questions/curve-quiz/import"
    return person.post(url, {"file": (BytesIO(data), name), "language": "zh"})


def test_a_spreadsheet_is_looked_at_before_it_is_taken(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    url = f"{school.url}/questions/curve-quiz"
    data = person.get(f"{url}/template.xlsx").data
    assert data.startswith(b"PK")
    page = look(person, school, sheet({"C2": ""}))
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "C2" in text or "第 2 行" in text
    assert ids(school) == ["one", "some", "number", "steps", "word"], "looking changes nothing"
    db.session.rollback()
    payload = text.split('name="questions" value="')[1].split('">')[0]
    taken = person.post(f"{url}/take", {"questions": html.unescape(payload)})
    assert taken.status_code == 302
    assert len(ids(school)) > 5
    written = len(ids(school))
    db.session.rollback()
    again = person.get(f"{url}/questions.xlsx").data
    assert write_xlsx([]).startswith(b"PK")
    page = look(person, school, again).get_data(as_text=True)
    assert f"导入 {written} 道题" in page
    twice = person.post(f"{url}/take", {"questions": html.unescape(payload)})
    assert twice.status_code == 302
    assert len(set(ids(school))) == len(ids(school)), "an id that is taken becomes another"


@pytest.mark.parametrize("name", ["q.xlsx", "q.gift", "q.docx", "q"])
def test_files_that_are_none_are_refused_with_a_reason(school: Any, browser: Any, name: str) -> None:
    page = look(browser().sign_in("lin"), school, b"\x00\xff" * 100, name)
    assert page.status_code in {200, 422}
    text = page.get_data(as_text=True)
    assert "alert-danger" in text
    assert 'name="questions"' not in text


def test_gift_comes_in_and_bad_formulas_stay_out(school: Any, browser: Any) -> None:
    gift = "::a::水泵把电能变成什么？{=机械能 ~热能#反了}\n\n::b::坏公式 $$\\\\frac\\{1\\}$$ {=1 ~2}\n"
    text = look(browser().sign_in("lin"), school, gift.encode(), "bank.txt").get_data(as_text=True)
    assert "水泵把电能变成什么" in text
    assert 'name="questions"' in text


def test_moodle_xml_comes_in_with_its_mistakes_by_question(school: Any, browser: Any) -> None:
    answers = '<answer fraction="100"><text>机械能</text></answer><answer fraction="0"><text>热能</text></answer>'
    good = f'<question type="multichoice"><questiontext><text>水泵把电能变成什么？</text></questiontext>{answers}</question>'
    essay = '<question type="essay"><name><text>讨论</text></name></question>'
    person = browser().sign_in("lin")
    text = look(person, school, f"<quiz>{good}{essay}</quiz>".encode(), "Bank.XML").get_data(as_text=True)
    assert "水泵把电能变成什么" in text
    assert "第 2 题“讨论”" in text
    assert "导入 1 道题" in text
    for name, data in (
        ("a.xml", b'<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>'),
        ("a.gift", "题{=甲}".encode("gbk")),
    ):
        refused = look(person, school, data, name).get_data(as_text=True)
        assert "文档类型" in refused or "请存为 UTF-8" in refused
        assert 'name="questions"' not in refused


@pytest.mark.parametrize("sent", ["", "[]x", "{}", '[{"id": "x"}]', '[{"id":"../x","kind":"fill"}]'])
def test_what_is_taken_over_is_checked_again(school: Any, browser: Any, sent: str) -> None:
    answer = browser().sign_in("lin").post(f"{school.url}/questions/curve-quiz/take", {"questions": sent})
    assert answer.status_code == 422
    assert len(ids(school)) == 5
