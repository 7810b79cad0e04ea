"""Cartridges that we write: held against the profile's structure, and read back."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from shixun.curriculum.exporting import course_cartridge
from shixun_packs.course import Course, load_course
from shixun_packs.exchange.cartridge import read_cartridge
from shixun_packs.exchange.placing import LessonDraft, QuizDraft
from shixun_packs.question import ChoiceQuestion, FillQuestion

ROOT = Path(__file__).parents[3]
COURSES = sorted(path.parent for path in ROOT.glob("courses/*/course.toml"))
CP = "{http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1}"
LOM = "{http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest}"
QTI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
PROFILES = {"cc.multiple_choice.v0p1", "cc.multiple_response.v0p1", "cc.fib.v0p1"}
# Fields that the profile's schema knows (ccv1p3_qtiasiv1p2p1, of assessments and of items)
EXAM_FIELDS = {"cc_profile", "qmd_assessmenttype", "qmd_scoretype", "cc_maxattempts", "qmd_timelimit"}
ITEM_FIELDS = {"cc_profile", "cc_weighting"}
PROMPTS = {None, "Asterisk", "Box", "Dashline", "Underline"}
ATTEMPTS = {"unlimited", "1", "2", "3", "4", "5"}  # the schema's Schematron, rule 1i


def names(element: Element) -> list[str]:
    return [child.tag for child in element]


def fields(element: Element) -> dict[str, str]:
    """`qtimetadata` as a dict; each field has a label and an entry, in this order."""
    found = {}
    for entry in element.findall(f"{QTI}qtimetadata/{QTI}qtimetadatafield"):
        assert names(entry) == [f"{QTI}fieldlabel", f"{QTI}fieldentry"]
        found[entry[0].text or ""] = entry[1].text or ""
    return found


def check_manifest(archive: zipfile.ZipFile) -> None:
    root = fromstring(archive.read("imsmanifest.xml"))
    assert root.tag == f"{CP}manifest"
    assert root.get("identifier")
    assert "ccv1p3_imscp_v1p2_v1p0.xsd" in root.get(SCHEMA, "")
    assert names(root) == [f"{CP}metadata", f"{CP}organizations", f"{CP}resources"]
    assert names(root[0]) == [f"{CP}schema", f"{CP}schemaversion", f"{LOM}lom"]
    assert (root[0][0].text, root[0][1].text) == ("IMS Common Cartridge", "1.3.0")
    (organization,) = root[1]
    assert organization.get("structure") == "rooted-hierarchy"
    (top,) = organization
    assert top.find(f"{CP}title") is None
    items = list(top.iter(f"{CP}item"))
    assert all(item[0].tag == f"{CP}title" and (item[0].text or "").strip() for item in items if item is not top)
    identifiers = [element.get("identifier", "") for element in root.iter() if element.get("identifier")]
    assert len(identifiers) == len(set(identifiers))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name) for name in identifiers), "xs:ID"
    resources = {entry.get("identifier"): entry for entry in root[2]}
    assert {item.get("identifierref") for item in items} - {None} <= resources.keys()
    files = [file.get("href") for entry in root[2] for file in entry.findall(f"{CP}file")]
    assert sorted(files) == sorted(set(archive.namelist()) - {"imsmanifest.xml"}), "every file is listed, once"
    for entry in root[2]:
        assert {dependency.get("identifierref") for dependency in entry.findall(f"{CP}dependency")} <= resources.keys()
        if entry.get("type") == "webcontent":
            assert entry.get("href") in archive.namelist()
        else:
            assert entry.get("type") == "imsqti_xmlv1p2/imscc_xmlv1p3/assessment"
            assert entry.get("href") is None
            check_assessment(fromstring(archive.read(entry[0].get("href", ""))))


def check_assessment(root: Element) -> None:
    assert root.tag == f"{QTI}questestinterop"
    assert "ccv1p3_qtiasiv1p2p1_v1p0.xsd" in root.get(SCHEMA, "")
    (holder,) = root
    assert holder.get("ident")
    assert (holder.get("title") or "").strip()
    assert names(holder) == [f"{QTI}qtimetadata", f"{QTI}section"]
    assert fields(holder)["cc_profile"] == "cc.exam.v0p1"
    assert fields(holder).keys() <= EXAM_FIELDS
    assert fields(holder)["cc_maxattempts"] in ATTEMPTS
    items = list(holder[1])
    assert items
    assert len({item.get("ident") for item in items}) == len(items)
    for item in items:
        check_item(item)


def check_item(item: Element) -> None:
    assert item.tag == f"{QTI}item"
    order = [f"{QTI}itemmetadata", f"{QTI}presentation", f"{QTI}resprocessing"]
    assert names(item)[:3] == order
    assert set(names(item)[3:]) <= {f"{QTI}itemfeedback"}
    told = fields(item[0])
    assert told.keys() <= ITEM_FIELDS
    assert told["cc_profile"] in PROFILES
    assert re.fullmatch(r"[1-9][0-9]?", told.get("cc_weighting", "1")), "a whole number below 100"
    assert {blank.get("prompt") for blank in item.iter(f"{QTI}render_fib")} <= PROMPTS
    material, response = item[1]
    assert material.find(f"{QTI}mattext").get("texttype") == "text/html"  # type: ignore[union-attr]
    kinds = {"cc.multiple_choice.v0p1": "Single", "cc.multiple_response.v0p1": "Multiple", "cc.fib.v0p1": "Single"}
    assert response.get("rcardinality") == kinds[told["cc_profile"]]
    answers = {label.get("ident") for label in response.iter(f"{QTI}response_label")}
    asked = [equal.text for equal in item[2].iter(f"{QTI}varequal")]
    if told["cc_profile"] != "cc.fib.v0p1":
        assert set(asked) <= answers
        assert len(answers) >= 2
    assert asked
    feedback = {entry.get("ident") for entry in item.findall(f"{QTI}itemfeedback")}
    assert {shown.get("linkrefid") for shown in item[2].iter(f"{QTI}displayfeedback")} == feedback
    assert [value.text for value in item[2].iter(f"{QTI}setvar")] == ["100"]


def check_pages(archive: zipfile.ZipFile, course: Course) -> None:
    pages = [name for name in archive.namelist() if name.endswith(".html")]
    assert len(pages) == len(course.lessons)
    for name in pages:
        html = archive.read(name).decode()
        assert html.startswith("<!DOCTYPE html>")
        assert "<math" not in html
        for source in re.findall(r'<img src="([^"]+)"', html):
            assert source.startswith("../figures/")
            assert source.removeprefix("../") in archive.namelist()


@pytest.mark.parametrize("folder", COURSES, ids=lambda path: path.name)
def test_every_course_of_ours_is_a_cartridge_after_the_profile(folder: Path) -> None:
    course = load_course(folder)
    data, _findings = course_cartridge(course, "zh")
    assert data == course_cartridge(course, "zh")[0]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_manifest(archive)
        check_pages(archive, course)


def test_what_the_profile_can_not_say_is_told() -> None:
    course = load_course(ROOT / "courses" / "industrial-networks")
    slug, quiz = next(iter(course.quizzes.items()))
    rules = quiz.quiz.model_copy(update={"attempts": 9})
    questions = [quiz.question[0].model_copy(update={"points": 2.5}), *quiz.question[1:]]
    changed = quiz.model_copy(update={"quiz": rules, "question": questions})
    data, told = course_cartridge(replace(course, quizzes={**course.quizzes, slug: changed}), "zh")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_manifest(archive)
    said = [finding.message.en for finding in told]
    assert any("attempts is dropped" in message for message in said)
    assert any("points are dropped" in message for message in said)


def test_what_goes_out_comes_back() -> None:
    course = load_course(ROOT / "courses" / "industrial-networks")
    data, told = course_cartridge(course, "zh")
    assert any("labs stay" in finding.message.en for finding in told if finding.lost)
    assert any("tolerance" in finding.message.en for finding in told)
    draft, findings = read_cartridge(data, "zh")
    assert [finding.get("en") for finding in findings if finding.lost] == []
    parts = [part for unit in draft.units for part in unit.items]
    lessons = {part.title.zh: part.markdown for part in parts if isinstance(part, LessonDraft)}
    assert [unit.title.zh for unit in draft.units] == [unit.title.zh for unit in course.units]
    assert set(lessons) == {item.title.zh for item in course.items if item.kind == "lesson"}
    assert sorted(draft.figures.values()) == sorted(course.figures.values())
    for item in course.items:
        if item.kind == "lesson":
            source = course.lessons[item.slug].markdown
            for formula in re.findall(r"(?<!\$)\$[^$\n]+\$(?!\$)", source):
                assert formula in lessons[item.title.zh]
            for code in re.findall(r"```python\n.*?```", source, re.DOTALL):
                assert code in lessons[item.title.zh]
    questions = {
        question.text.zh: question for part in parts if isinstance(part, QuizDraft) for question in part.questions
    }
    for quiz in course.quizzes.values():
        for question in quiz.question:
            if isinstance(question, ChoiceQuestion | FillQuestion):
                back = questions[question.text.zh]
                assert back.explanation.zh == question.explanation.zh
                if isinstance(question, FillQuestion):
                    assert isinstance(back, FillQuestion)
                    assert back.accept == question.accept
                else:
                    assert isinstance(back, ChoiceQuestion)
                    assert [(c.text.zh, c.correct) for c in back.choice] == [
                        (c.text.zh, c.correct) for c in question.choice
                    ]
                    assert [c.why.zh for c in back.choice if c.why] == [c.why.zh for c in question.choice if c.why]
