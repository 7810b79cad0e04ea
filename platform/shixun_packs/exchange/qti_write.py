"""Questions as QTI 1.2 items of the Common Cartridge profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = f"{QTI} http://www.imsglobal.org/profile/cc/ccv1p3/ccv1p3_qtiasiv1p2p1_v1p0.xsd"
MOST_ATTEMPTS = 5  # the profile has 1 to 5 and "unlimited" (ccv1p1_qtiasiv1p2p1, Schematron rule 1i)
MOST_WEIGHT = 99  # and whole numbers only (rule 2c)
_PROFILES = {"single": "cc.multiple_choice.v0p1", "multiple": "cc.multiple_response.v0p1", "fill": "cc.fib.v0p1"}


@dataclass(frozen=True)
class WrittenChoice:
    """A choice with its feedback, both HTML."""

    html: str
    correct: bool
    why: str = ""


@dataclass(frozen=True)
class WrittenQuestion:
    """A question as the profile can hold it: texts are HTML, accepted answers plain."""

    id: str
    kind: Literal["single", "multiple", "fill"]
    html: str
    explanation: str
    points: float
    choices: Sequence[WrittenChoice] = ()
    accept: Sequence[str] = field(default_factory=tuple)


def assessment(slug: str, title: str, questions: Sequence[WrittenQuestion], minutes: int, attempts: int) -> Element:
    """A `questestinterop` document with one assessment."""
    root = Element(f"{{{QTI}}}questestinterop", {f"{{{XSI}}}schemaLocation": _SCHEMA})
    holder = _add(root, "assessment", ident=slug, title=title)
    fields = {"cc_profile": "cc.exam.v0p1", "qmd_assessmenttype": "Examination", "qmd_scoretype": "Percentage"}
    fields["cc_maxattempts"] = str(attempts) if 0 < attempts <= MOST_ATTEMPTS else "unlimited"
    if minutes:
        fields["qmd_timelimit"] = str(minutes)
    _add_fields(holder, fields)
    section = _add(holder, "section", ident=f"{slug}_section")
    for question in questions:
        _add_item(section, question)
    indent(root)
    return root


def has_weight(points: float) -> bool:
    """Whether a question can say in the profile what it is worth."""
    return points.is_integer() and 0 < points <= MOST_WEIGHT


def _add_item(section: Element, question: WrittenQuestion) -> None:
    item = _add(section, "item", ident=question.id, title=question.id)
    fields = {"cc_profile": _PROFILES[question.kind]}
    if has_weight(question.points):
        fields["cc_weighting"] = f"{question.points:g}"
    _add_fields(_add(item, "itemmetadata"), fields)
    presentation = _add(item, "presentation")
    _add_material(presentation, question.html)
    if question.kind == "fill":
        response = _add(presentation, "response_str", ident="response", rcardinality="Single")
        _add(response, "render_fib", prompt="Dashline")
    else:
        cardinality = "Single" if question.kind == "single" else "Multiple"
        response = _add(presentation, "response_lid", ident="response", rcardinality=cardinality)
        labels = _add(response, "render_choice")
        for number, choice in enumerate(question.choices):
            _add_material(_add(labels, "response_label", ident=f"choice_{number}"), choice.html)
    _add_processing(item, question)
    _add_feedback(item, "explanation", question.explanation)
    for number, choice in enumerate(question.choices):
        if choice.why:
            _add_feedback(item, f"why_{number}", choice.why)


def _add_processing(item: Element, question: WrittenQuestion) -> None:
    processing = _add(item, "resprocessing")
    _add(_add(processing, "outcomes"), "decvar", varname="SCORE", vartype="Decimal", minvalue="0", maxvalue="100")
    always = _add(processing, "respcondition", **{"continue": "Yes"})
    _add(_add(always, "conditionvar"), "other")
    _add(always, "displayfeedback", feedbacktype="Response", linkrefid="explanation")
    for number, choice in enumerate(question.choices):
        if choice.why:
            chosen = _add(processing, "respcondition", **{"continue": "Yes"})
            _add(_add(chosen, "conditionvar"), "varequal", respident="response").text = f"choice_{number}"
            _add(chosen, "displayfeedback", feedbacktype="Response", linkrefid=f"why_{number}")
    right = _add(processing, "respcondition", **{"continue": "No"})
    asked = _add(right, "conditionvar")
    if question.kind == "multiple":
        every = _add(asked, "and")
        for number, choice in enumerate(question.choices):
            holder = every if choice.correct else _add(every, "not")
            _add(holder, "varequal", respident="response").text = f"choice_{number}"
    elif question.kind == "single":
        number = next(number for number, choice in enumerate(question.choices) if choice.correct)
        _add(asked, "varequal", respident="response").text = f"choice_{number}"
    else:
        for text in question.accept:
            _add(asked, "varequal", respident="response", case="No").text = text
    _add(right, "setvar", action="Set", varname="SCORE").text = "100"


def _add_feedback(item: Element, ident: str, html: str) -> None:
    _add_material(_add(_add(item, "itemfeedback", ident=ident), "flow_mat"), html)


def _add_material(parent: Element, html: str) -> None:
    _add(_add(parent, "material"), "mattext", texttype="text/html").text = html


def _add_fields(parent: Element, fields: dict[str, str]) -> None:
    metadata = _add(parent, "qtimetadata")
    for label, entry in fields.items():
        holder = _add(metadata, "qtimetadatafield")
        _add(holder, "fieldlabel").text = label
        _add(holder, "fieldentry").text = entry


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return SubElement(parent, f"{{{QTI}}}{name}", attributes)
