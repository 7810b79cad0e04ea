# ruff: noqa: E501 - XML as exporters write it
"""Common Cartridges in the shapes of Canvas and of Moodle, and ones that mean harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from shixun_packs.course import load_course
from shixun_packs.exchange.cartridge import read_cartridge
from shixun_packs.exchange.findings import Finding
from shixun_packs.exchange.placing import LessonDraft, QuizDraft, place
from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>t</title><rect width="5" height="5"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
QTI = '<?xml version="1.0"?><questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">{}</questestinterop>'


def zipped(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


def manifest(items: str, resources: str, version: str = "1p1") -> str:
    """A manifest as Canvas writes it: a nameless root item, modules as folders."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imsccv{version}/imscp_v1p1"
  xmlns:lomimscc="http://ltsc.ieee.org/xsd/imsccv{version}/LOM/manifest">
  <metadata><schema>IMS Common Cartridge</schema><schemaversion>1.1.0</schemaversion>
    <lomimscc:lom><lomimscc:general><lomimscc:title><lomimscc:string>A course</lomimscc:string></lomimscc:title>
    </lomimscc:general></lomimscc:lom></metadata>
  <organizations><organization identifier="org_1" structure="rooted-hierarchy"><item identifier="LearningModules">
  {items}</item></organization></organizations><resources>{resources}</resources></manifest>"""


def item(ident: str, profile: str, presentation: str, processing: str, feedback: str = "", more: str = "") -> str:
    return f"""<item ident="{ident}" title="Title {ident}"><itemmetadata><qtimetadata>
      <qtimetadatafield><fieldlabel>{"cc_profile" if profile.startswith("cc.") else "question_type"}</fieldlabel>
        <fieldentry>{profile}</fieldentry></qtimetadatafield>{more}</qtimetadata></itemmetadata>
      <presentation><material><mattext texttype="text/html">&lt;div&gt;&lt;p&gt;Which &lt;em&gt;one&lt;/em&gt;?&lt;/p&gt;&lt;/div&gt;</mattext></material>
      {presentation}</presentation><resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/>
      </outcomes>{processing}</resprocessing>{feedback}</item>"""


def labels(*names: str, cardinality: str = "Single") -> str:
    shown = "".join(
        f'<response_label ident="{name}"><material><mattext texttype="text/plain">Choice *{name}*</mattext></material></response_label>'
        for name in names
    )
    return f'<response_lid ident="response1" rcardinality="{cardinality}"><render_choice>{shown}</render_choice></response_lid>'


FIB = '<response_str ident="response1" rcardinality="Single"><render_fib><response_label ident="a" rshuffle="No"/></render_fib></response_str>'
SINGLE = item(
    "s",
    "cc.multiple_choice.v0p1",
    labels("1", "2"),
    """<respcondition continue="Yes"><conditionvar><other/></conditionvar><displayfeedback feedbacktype="Response" linkrefid="general_fb"/></respcondition>
    <respcondition continue="Yes"><conditionvar><varequal respident="response1">1</varequal></conditionvar>
      <displayfeedback feedbacktype="Response" linkrefid="1_fb"/></respcondition>
    <respcondition continue="No"><conditionvar><varequal respident="response1">2</varequal></conditionvar>
      <setvar action="Set" varname="SCORE">100</setvar></respcondition>""",
    """<itemfeedback ident="general_fb"><flow_mat><material><mattext texttype="text/html">Because</mattext></material></flow_mat></itemfeedback>
    <itemfeedback ident="1_fb"><flow_mat><material><mattext texttype="text/plain">Not 1</mattext></material></flow_mat></itemfeedback>""",
    "<qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>2.5</fieldentry></qtimetadatafield>",
)
MULTIPLE = item(
    "m",
    "multiple_answers_question",
    labels("a", "b", "c", cardinality="Multiple"),
    """<respcondition continue="No"><conditionvar><and><varequal respident="response1">a</varequal><not><varequal respident="response1">b</varequal></not>
      <varequal respident="response1">c</varequal></and></conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition>""",
)
FILL = item(
    "f",
    "cc.fib.v0p1",
    FIB,
    """<respcondition continue="No"><conditionvar><varequal respident="response1">OPC UA</varequal>
      <varequal respident="response1">OPC-UA</varequal></conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition>""",
)
NUMBER = item(
    "n",
    "numerical_question",
    FIB,
    """<respcondition continue="No"><conditionvar><or><varequal respident="response1">4.0</varequal><and><vargte respident="response1">3.5</vargte>
      <varlte respident="response1">4.5</varlte></and></or></conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition>""",
)
ESSAY = item("e", "cc.essay.v0p1", FIB, "")
QUIZ = QTI.format(
    f'<assessment ident="q" title="The quiz"><section ident="root"><section ident="g">{SINGLE}{MULTIPLE}</section>{FILL}{NUMBER}</section></assessment>'
)
PAGE = """<html><head><meta charset="utf-8"><title>Page &amp; one</title><script>alert(1)</script></head><body>
  <h2>Start</h2><p>Text with <strong>weight</strong>.</p>
  <p><img src="$IMS-CC-FILEBASE$/Uploaded%20Media/dia.svg" alt="A dia"></p>
  <figure><img src="../pictures/pic.png"><figcaption>Picture</figcaption></figure>
  <p><img src="https://elsewhere.example/x.png" alt="far"></p><p><a href="$WIKI_REFERENCE$/pages/two">two</a></p></body></html>"""
ITEMS = """<item identifier="mod"><title>Module one</title>
  <item identifier="i1" identifierref="r1"><title>Page one</title></item>
  <item identifier="i2" identifierref="r2"><title>Quiz one</title></item>{}</item>"""
RESOURCES = """<resource identifier="r1" type="webcontent" href="wiki_content/page-one.html"><file href="wiki_content/page-one.html"/></resource>
  <resource identifier="r2" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="r2/assessment_qti.xml"/><dependency identifierref="r9"/></resource>
  <resource identifier="f1" type="webcontent" href="web_resources/Uploaded Media/dia.svg"><file href="web_resources/Uploaded Media/dia.svg"/></resource>
  <resource identifier="f2" type="webcontent" href="pictures/pic.png"><file href="pictures/pic.png"/></resource>{}"""


def canvas(items: str = "", resources: str = "") -> bytes:
    base: dict[str, bytes | str] = {
        "imsmanifest.xml": manifest(ITEMS.format(items), RESOURCES.format(resources)),
        "wiki_content/page-one.html": PAGE,
        "r2/assessment_qti.xml": QUIZ,
        "web_resources/Uploaded Media/dia.svg": SVG,
        "pictures/pic.png": PNG,
    }
    return zipped(base)


def lost(data: bytes) -> list[Finding]:
    return [finding for finding in read_cartridge(data, "en")[1] if finding.lost]


def test_a_canvas_export_becomes_lessons_and_quizzes(tmp_path: Path) -> None:
    draft, findings = read_cartridge(canvas(), "en")
    assert [finding.get("en") for finding in findings if finding.lost] == []
    assert draft.title.en == "A course"
    (unit,) = draft.units
    assert unit.title.en == "Module one"
    page, quiz = unit.items
    assert isinstance(page, LessonDraft)
    assert page.title.en == "Page one"
    assert "## Start\n\nText with **weight**." in page.markdown
    assert "![A dia](figures/dia.svg)" in page.markdown
    assert "![Picture](figures/pic.png)" in page.markdown
    assert "alert" not in page.markdown
    told = " ".join(finding.get("en") for finding in findings)
    assert "lies elsewhere" in told
    assert "the link is dropped: $WIKI_REFERENCE$" in told
    assert isinstance(quiz, QuizDraft)
    single, multiple, fill, number = quiz.questions
    assert isinstance(single, ChoiceQuestion)
    assert (single.text.en, single.points, single.explanation.en) == ("Which *one*?", 2.5, "Because")
    assert [(choice.text.en, choice.correct) for choice in single.choice] == [
        ("Choice \\*1\\*", False),
        ("Choice \\*2\\*", True),
    ]
    assert single.choice[0].why
    assert single.choice[0].why.en == "Not 1"
    assert isinstance(multiple, ChoiceQuestion)
    assert [choice.correct for choice in multiple.choice] == [True, False, True]
    assert isinstance(fill, FillQuestion)
    assert fill.accept == ["OPC UA", "OPC-UA"]
    assert isinstance(number, NumericQuestion)
    assert (number.answer, number.tolerance) == (4.0, 0.5)
    place(draft, tmp_path / "from-canvas")
    course = load_course(tmp_path / "from-canvas")
    assert course.figures == {"figures/dia.svg": SVG, "figures/pic.png": PNG}
    assert "page-one" in course.lessons


@pytest.mark.parametrize("version", ["1p1", "1p2", "1p3"])
def test_versions_differ_in_namespaces_only_and_loose_pages_are_kept(version: str) -> None:
    """Moodle's backup as a cartridge: items without folders, page named by its title, one page in no folder."""
    data = zipped(
        {
            "imsmanifest.xml": manifest(
                '<item identifier="a" identifierref="r1"/>',
                """<resource identifier="r1" type="webcontent"><file href="a.html"/></resource>
                <resource identifier="r2" type="webcontent" href="b.html"><file href="b.html"/></resource>""",
                version,
            ),
            "a.html": PAGE,
            "b.html": "<p>Alone</p>",
        }
    )
    draft, _findings = read_cartridge(data, "en")
    titles = [[part.title.en for part in unit.items] for unit in draft.units]
    assert titles == [["Page & one"], ["b"]]


@pytest.mark.parametrize(
    ("items", "resources", "words"),
    [
        (
            '<item identifier="x" identifierref="w"><title>T</title></item>',
            '<resource identifier="w" type="imswl_xmlv1p1"><file href="w.xml"/></resource>',
            "a web link",
        ),
        (
            '<item identifier="x" identifierref="w"><title>T</title></item>',
            '<resource identifier="w" type="imsdt_xmlv1p1"><file href="w.xml"/></resource>',
            "a discussion",
        ),
        (
            '<item identifier="x" identifierref="w"><title>T</title></item>',
            '<resource identifier="w" type="webcontent" href="a.pdf"><file href="a.pdf"/></resource>',
            "the file a.pdf",
        ),
        ('<item identifier="x" identifierref="none"><title>T</title></item>', "", "not in the manifest"),
        (
            '<item identifier="x" identifierref="w"><title>T</title></item>',
            '<resource identifier="w" type="webcontent" href="gone.html"/>',
            "no file gone.html",
        ),
        (
            '<item identifier="x" identifierref="w"><title>T</title></item>',
            '<resource identifier="w" type="imsqti_xmlv1p2/x/assessment"><file href="imsmanifest.xml"/></resource>',
            "no assessment in QTI",
        ),
    ],
)
def test_what_is_neither_page_nor_quiz_is_told_by_its_title(items: str, resources: str, words: str) -> None:
    (finding,) = lost(canvas(items, resources))
    assert words in finding.message.en
    assert finding.place.en == "T"


def test_questions_that_can_not_be_taken_are_told_by_quiz_and_number() -> None:
    broken = SINGLE.replace('varname="SCORE">100', 'varname="SCORE">0')
    data = zipped(
        {
            "imsmanifest.xml": manifest(ITEMS.format(""), RESOURCES.format("")),
            "wiki_content/page-one.html": PAGE,
            "r2/assessment_qti.xml": QTI.format(
                f'<assessment ident="q" title="t"><section>{FILL}{ESSAY}{broken}</section></assessment>'
            ),
        }
    )
    places = {finding.place.en: finding.message.en for finding in lost(data)}
    assert "cc.essay" in places["Quiz one, question 2 'Title e'"]
    assert "no right answer" in places["Quiz one, question 3 'Title s'"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"x.txt": "no manifest"}, "no file imsmanifest.xml"),
        ({"imsmanifest.xml": "<a"}, "not valid XML"),
        ({"imsmanifest.xml": "<course/>"}, "no manifest"),
        (
            {"imsmanifest.xml": '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><manifest>&x;</manifest>'},
            "document type",
        ),
        ({"../../evil": "x", "imsmanifest.xml": "<manifest/>"}, "leaves"),
        ({"/etc/evil": "x", "imsmanifest.xml": "<manifest/>"}, "absolute"),
        ({"a": "x", "a/b": "y", "imsmanifest.xml": "<manifest/>"}, "below a file"),
        ({"zeros": bytes(65 * 2**20), "imsmanifest.xml": "<manifest/>"}, "larger than"),
    ],
)
def test_archives_that_are_none_or_mean_harm(files: dict[str, bytes | str], words: str) -> None:
    (finding,) = lost(zipped(files))
    assert words in finding.message.en
    assert finding.place.en == "the file"


def test_figures_that_may_not_be_shown_are_dropped_with_a_reason() -> None:
    evil = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>'
    page = '<p>a</p><img src="e.svg" alt="e"><img src="g.gif" alt="g"><img src="../../etc/passwd" alt="p"><img src="data:image/png;base64,AAAA" alt="d">'
    data = zipped(
        {
            "imsmanifest.xml": manifest(
                '<item identifierref="r1"><title>P</title></item>',
                '<resource identifier="r1" type="webcontent" href="a.html"/>',
            ),
            "a.html": page,
            "e.svg": evil,
            "g.gif": b"GIF89a",
        }
    )
    draft, findings = read_cartridge(data, "en")
    assert draft.figures == {}
    told = [finding.message.en for finding in findings if "image" in finding.message.en]
    assert len(told) == 4
    assert "<script> is not allowed" in told[0]
    assert "must be one of" in told[1]
    assert "no such file" in told[2]
    assert "not a png image" in told[3]
