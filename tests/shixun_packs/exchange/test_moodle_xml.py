"""Moodle's question XML in the shapes that its exporter writes."""

from __future__ import annotations

import pytest

from shixun_packs.exchange.moodle_xml import read_moodle_xml
from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion, OrderingQuestion, Question

PICTURE = '<file name="a.png" path="/" encoding="base64">iVBORw0KGgo=</file>'


def question(kind: str, inner: str, text: str = "<p>What is <b>it</b>?</p>", more: str = "") -> str:
    return f"""<question type="{kind}"><name><text>The name</text></name>
      <questiontext format="html"><text><![CDATA[{text}]]></text>{more}</questiontext>
      <generalfeedback format="html"><text><![CDATA[<p>Because.</p>]]></text></generalfeedback>
      <defaultgrade>2.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden><idnumber></idnumber>{inner}</question>"""


def answer(fraction: str, text: str, feedback: str = "", extra: str = "") -> str:
    return f"""<answer fraction="{fraction}" format="html"><text><![CDATA[{text}]]></text>
      <feedback format="html"><text><![CDATA[{feedback}]]></text></feedback>{extra}</answer>"""


def document(*questions: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>{"".join(questions)}</quiz>'.encode()


def one(text: str) -> Question:
    found = read_moodle_xml(document(text), "en")
    assert [finding.get("en") for finding in found.lost] == []
    (taken,) = found.questions
    assert taken.explanation.en == "Because."
    assert taken.points == 2.0
    return taken


def test_choices_with_percentages_and_feedback() -> None:
    single = one(
        question(
            "multichoice",
            "<single>true</single>" + answer("100", "<p>x&lt;y</p>") + answer("0", "no", "<i>Why</i> not"),
        )
    )
    assert isinstance(single, ChoiceQuestion)
    assert (single.kind, single.text.en, single.id) == ("single", "What is **it**?", "the-name")
    assert single.choice[0].text.en == "x\\<y" or single.choice[0].text.en == "x<y"
    assert single.choice[1].why
    assert single.choice[1].why.en == "*Why* not"
    thirds = "".join(answer("33.33333", name) for name in "abc") + answer("-50", "d")
    multiple = one(question("multichoice", f"<single>false</single>{thirds}"))
    assert isinstance(multiple, ChoiceQuestion)
    assert [choice.correct for choice in multiple.choice] == [True, True, True, False]


def test_typed_answers_and_pairs() -> None:
    number = one(
        question(
            "numerical",
            answer("100", "3.5", extra="<tolerance>0.05</tolerance>")
            + answer("0", "*")
            + "<units><unit><multiplier>1</multiplier><unit_name>kW</unit_name></unit></units>",
        )
    )
    assert isinstance(number, NumericQuestion)
    assert (number.answer, number.tolerance, number.unit) == (3.5, 0.05, "kW")
    short = one(
        question(
            "shortanswer", "<usecase>1</usecase>" + answer("100", "OEE") + answer("100", "O.E.E.") + answer("50", "x")
        )
    )
    assert isinstance(short, FillQuestion)
    assert short.accept == ["OEE", "O.E.E."]
    statement = one(question("truefalse", answer("0", "true", "It isn't") + answer("100", "false")))
    assert isinstance(statement, ChoiceQuestion)
    assert statement.choice[0].why
    assert statement.choice[0].why.en == "It isn't"
    pairs = "".join(
        f'<subquestion format="html"><text>{word}</text><answer><text>{place}</text></answer></subquestion>'
        for word, place in (("b", 2), ("a", 1), ("c", 3))
    )
    order = one(question("matching", pairs))
    assert isinstance(order, OrderingQuestion)
    assert [entry.en for entry in order.order] == ["a", "b", "c"]


def test_categories_and_names_in_two_languages() -> None:
    category = '<question type="category"><category><text>$course$/top/网络</text></category></question>'
    good = question("shortanswer", answer("100", "MES"))
    found = read_moodle_xml(document(category, good, good.replace("The name", "名字")), "zh")
    assert list(found.categories.values()) == ["$course$/top/网络"] * 2
    assert [taken.id for taken in found.questions] == ["the-name", "question-2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (question("essay", ""), "essay"),
        (question("multianswer", ""), "multianswer"),
        (question("calculated", answer("100", "{a}+{b}")), "calculated"),
        (
            question("shortanswer", answer("100", "x"), '<p><img src="@@PLUGINFILE@@/a.png" alt=""></p>', PICTURE),
            "image",
        ),
        (question("shortanswer", answer("100", "x"), "<table><tr><td>1</td></tr></table>"), "table"),
        (question("shortanswer", answer("100", "x"), "<iframe src='https://v.example/1'></iframe>a"), "embedded page"),
        (question("numerical", answer("100", "three")), "not a number"),
        (
            question("multichoice", "<single>true</single>" + answer("50", "a") + answer("50", "b")),
            "no answer earns full",
        ),
        (question("multichoice", answer("one", "a") + answer("0", "b")), "not a number"),
        (question("truefalse", answer("100", "yes")), "must be true and false"),
        (question("shortanswer", answer("100", "x"), " "), "no question text"),
    ],
)
def test_what_has_no_counterpart_is_told_by_question(text: str, words: str) -> None:
    found = read_moodle_xml(document(question("shortanswer", answer("100", "ok")), text), "en")
    assert len(found.questions) == 1
    (finding,) = found.lost
    assert words in finding.message.en
    assert finding.place.en == "question 2 'The name'"
    assert finding.place.zh == "第 2 题“The name”"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid XML"),
        (b"<quiz>\n<question></quiz>", "near line 2"),
        (b"<lesson/>", "root must be quiz"),
        (b"<quiz/>", "no question"),
        (b'<!DOCTYPE quiz [<!ENTITY a "b">]><quiz>&a;</quiz>', "document type"),
        (b'<!DOCTYPE quiz SYSTEM "file:///etc/passwd"><quiz/>', "document type"),
        (b"<quiz>" + b"<a>" * 100 + b"</a>" * 100 + b"</quiz>", "too deeply"),
        (b"<?xml version='1.0' encoding='no-such'?><quiz/>", "not valid XML"),
        (b"<quiz>" + b"<question/>" * 2001 + b"</quiz>", "more than 2000 questions"),
    ],
)
def test_files_that_are_none_or_mean_harm(data: bytes, words: str) -> None:
    (finding,) = read_moodle_xml(data, "en").lost
    assert words in finding.message.en


def test_scripts_never_come_along() -> None:
    found = one(
        question(
            "shortanswer",
            answer("100", "x"),
            "<script>alert(1)</script><p onclick='x()'>A <a href='javascript:x'>b</a></p>",
        )
    )
    assert found.text.en == "A b"
