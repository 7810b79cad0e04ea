"""GIFT in the shapes of Moodle's documentation and of its exporter."""

from __future__ import annotations

import pytest

from shixun_packs.exchange.findings import Imported
from shixun_packs.exchange.gift import read_gift
from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion, OrderingQuestion, Question


def one(text: str, lang: str = "en") -> Question:
    found = read_gift(text, lang)
    assert [finding.get("en") for finding in found.lost] == []
    (question,) = found.questions
    return question


def notes(found: Imported) -> list[str]:
    return [finding.get("en") for finding in found.findings]


def test_a_single_choice_keeps_feedback_as_reasons() -> None:
    found = one("// a comment\n::Port: TCP::Which port?{\n =502#Registered by IANA. \n ~80#That is HTTP.\n ~1883 }")
    assert isinstance(found, ChoiceQuestion)
    assert (found.id, found.kind, found.text.en) == ("port-tcp", "single", "Which port?")
    assert [(choice.text.en, choice.correct) for choice in found.choice] == [
        ("502", True),
        ("80", False),
        ("1883", False),
    ]
    assert found.choice[1].why
    assert found.choice[1].why.en == "That is HTTP."
    assert found.choice[2].why
    assert found.choice[2].why.en == "The right answer: 502"
    assert found.explanation.en == "Registered by IANA."


def test_what_is_made_up_or_dropped_is_noted_by_line() -> None:
    found = read_gift("\n\nWhich?{=a ~b ~%50%c#half}", "en")
    assert len(found.questions) == 1
    assert notes(found) == [
        "line 3: partial credit is dropped: points are for a wholly right answer",
        "line 3: wrong choices without feedback: b",
        "line 3: has no general feedback: the explanation gives the answer only",
        "all questions: the file has one language only: its English stands in for Chinese until you translate it",
    ]


@pytest.mark.parametrize(
    ("weights", "right"),
    [
        ("~%50%a ~%50%b ~c ~%-100%d", [True, True, False, False]),
        ("~%33.33333%a ~%33.33333%b ~%33.33333%c ~d", [True, True, True, False]),
    ],
)
def test_percentages_make_a_multiple_choice(weights: str, right: list[bool]) -> None:
    found = one(f"Which?{{{weights}####Both}}")
    assert isinstance(found, ChoiceQuestion)
    assert found.kind == "multiple"
    assert [choice.correct for choice in found.choice] == right
    assert found.explanation.en == "Both"


@pytest.mark.parametrize(
    ("answer", "value", "tolerance"),
    [
        ("#1822", 1822, 0),
        ("#3.1415:0.0005", 3.1415, 0.0005),
        ("#3.141..3.142", 3.1415, 0.0005),
        ("#-5..-1", -3, 2),
        ("#=1822:0 =%50%1822:2", 1822, 0),
        ("#3:2~#Completely wrong", 3, 2),
        ("#1e3:1", 1000, 1),
    ],
)
def test_numbers_and_ranges(answer: str, value: float, tolerance: float) -> None:
    found = one(f"How much? {{{answer}}}")
    assert isinstance(found, NumericQuestion)
    assert found.answer == pytest.approx(value)
    assert found.tolerance == pytest.approx(tolerance, abs=1e-12)


def test_short_answers_true_false_and_numbered_pairs() -> None:
    short = one("Two plus two equals {=four =4 =%30%three =%0%*#no}.")
    assert isinstance(short, FillQuestion)
    assert short.accept == ["four", "4"]
    assert short.text.en == "Two plus two equals \\_\\_\\_\\_\\_."
    statement = one("::S::The sun rises in the east.{T#It does.#Right.####Everybody knows.}")
    assert isinstance(statement, ChoiceQuestion)
    assert [choice.correct for choice in statement.choice] == [True, False]
    assert statement.choice[1].why
    assert statement.choice[1].why.en == "It does."
    assert statement.explanation.en == "Everybody knows."
    order = one("Order!{=open -> 1 =close -> 3 =read -> 2}")
    assert isinstance(order, OrderingQuestion)
    assert [entry.en for entry in order.order] == ["open", "read", "close"]


def test_escapes_mean_their_sign_and_nothing_becomes_markup() -> None:
    found = one(r"::T\: x::Is 2*3*4 \= \{24\} \~ $5 a_b \\ _c_ \#1?{=\= 24#yes ~\~ 9}")
    assert found.text.en == r"Is 2\*3\*4 = {24} ~ \$5 a_b \\ \_c\_ #1?"
    assert isinstance(found, ChoiceQuestion)
    assert [choice.text.en for choice in found.choice] == ["= 24", "~ 9"]


def test_formats_html_markdown_and_formulas() -> None:
    html = one(
        "[html]<p>What is <b>OEE</b> &amp; <code>x*y</code>?</p><p>H<sub>2</sub>O \\\\(a^2\\\\)</p>{=a#<i>yes</i> ~b}"
    )
    assert html.text.en == "What is **OEE** & `x*y`?\\\nH₂O $a^2$"
    assert html.explanation.en == "*yes*"
    assert one("[markdown]Who is **that**?{=a ~b}").text.en == "Who is **that**?"
    assert one("[plain]<b> is literal{=a ~[html]<b>x</b>}").text.en == "\\<b> is literal"


def test_categories_are_kept_and_ids_taken_from_comments() -> None:
    found = read_gift(
        "$CATEGORY: top/Modbus\n\n// [id:port-1] [tag:x]\nA{=a ~b}\n\n$CATEGORY: top/OPC\n\n::A::B{=a ~b}", "en"
    )
    assert found.categories == {"port-1": "top/Modbus", "a": "top/OPC"} or list(found.categories.values()) == [
        "top/Modbus",
        "top/OPC",
    ]
    assert found.questions[0].id == "port-1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How are you? {}", "essay"),
        ("Just a description.", "description"),
        ("Broken {=a ~b", "braces don't pair"),
        ("Two {=a} of {=b}", "braces don't pair"),
        ("Match{=Canada -> Ottawa =Italy -> Rome =Japan -> Tokyo}", "matching"),
        ("Match{=a -> 1 =b -> 1 =c -> 2}", "matching"),
        ("Number{#about 3}", "not a number"),
        ("Number{#5..1}", "wrong way round"),
        ("Number{#inf}", "not a number"),
        ("Number{#=1 =2}", "several fully right"),
        ("Two right{=a =b ~c}", "several fully right"),
        ("None right{~a ~b}", "less than 100"),
        ("Wild{=colo*r}", "wildcard"),
        ("Mark{a =b}", "begins with = or ~"),
        ("Same{=a ~a}", "the same"),
        ("All right{~%50%a ~%50%b}", "every choice is correct"),
        ("[html]<img src='a.png'>What?{=a ~b}", "image"),
        ("[html]<table><tr><td>1</table>What?{=a ~b}", "table"),
        ("{=a ~b}", "no question text"),
        ("", "no question"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_line(text: str, words: str) -> None:
    found = read_gift(f"Good{{=a ~b}}\n\n{text}" if text else "", "en")
    assert len(found.questions) == bool(text)
    (finding,) = found.lost
    assert words in finding.message.en
    assert finding.place.en == ("line 3" if text else "the file")


def test_the_source_language_stands_in_for_the_other() -> None:
    found = read_gift("哪个端口？{=502#对 ~80#错}", "zh")
    assert found.questions[0].text.zh == found.questions[0].text.en == "哪个端口？"
    assert "Chinese stands in for English" in notes(found)[-1]
    assert found.questions[0].id == "question-1"


@pytest.mark.parametrize(
    "text",
    [
        "{" * 20_000,
        "::" * 20_000,
        "a{" + "=~" * 20_000 + "}",
        "a{=" + "#" * 20_000 + "}",
        "\\" * 40_000,
        "[html]" + "<b>" * 20_000 + "{=a ~b}",
        "%" * 20_000 + "{=%" + "5" * 20_000,
        "[" * 20_000 + "{=a ~b",
        # Nothing but beginnings: whoever looks for the end from each of them reads for hours.
        "\\\\(" * 200_000,
        "\\\\[" * 200_000,
        "<a" * 400_000,
        "//" + "[id:" * 200_000,
        "[html]<b>a" + "!" * 400_000 + "a</b> {",
        "q{bad}\n\n" * 2001,
    ],
)
def test_hostile_texts_give_findings(text: str) -> None:
    found = read_gift(text, "en")
    assert found.questions == []
    assert len(found.lost) == 1


@pytest.mark.parametrize(
    "text",
    ["q " + r"\\(" * 200_000, "q " + r"\\[" * 200_000, "q " + "<a" * 200_000, "[html]<b>a" + "!" * 400_000 + "a</b>"],
)
def test_texts_of_nothing_but_beginnings_are_read_to_their_end_once(text: str) -> None:
    assert len(read_gift(text + " {=a ~b}", "en").questions) == 1
