"""A course as printed courseware (教学课件): cover, contents with page numbers, one lesson after the other, answers for teachers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template

from shixun.core.i18n import language
from shixun.curriculum import labels, questions
from shixun.curriculum.packs import ReadyCourse, ReadyLab
from shixun.curriculum.printing import anchor_pages, print_page
from shixun_packs.course import Item, LabItem, LessonItem

_FIGURE = re.compile(r'src="/packs/[0-9a-f]{64}/(figures/[^"]+)"')
_LETTERS = "ABCDEFGHIJKL"


@dataclass(frozen=True)
class Imprint:
    """What stands on the cover beside the course's own words."""

    center: str
    printed: date
    with_answers: bool


def courseware_pdf(ready: ReadyCourse, imprint: Imprint, labs: Mapping[str, ReadyLab]) -> bytes:
    """The course as a PDF in the present language. Raises `CannotPrint`. Needs an application context for templates.

    `labs` by their slug: those at hand get a page with their task, the others stand in the contents only.

    Printed twice: the browser knows no page numbers of other places, so the first print tells where each lesson begins.
    """
    files = dict(ready.course.figures)
    for slug, lab in labs.items():
        files |= {f"{_lab_folder(slug)}{path}": data for path, data in lab.figures.items()}
    first = print_page(courseware_html(ready, imprint, labs, {}), files)
    return print_page(courseware_html(ready, imprint, labs, anchor_pages(first)), files)


def courseware_html(ready: ReadyCourse, imprint: Imprint, labs: Mapping[str, ReadyLab], pages: dict[str, int]) -> str:
    """The page that is printed; `pages` by anchor, as far as they are known."""
    info = ready.course.info
    units: list[dict[str, Any]] = [
        {"title": unit.title, "items": [_item(ready, item, labs) for item in unit.item]} for unit in ready.course.units
    ]
    headers = [
        (item["anchor"], _css_string(item["title"].get(language())))
        for unit in units
        for item in unit["items"]
        if item["parts"]
    ]
    return render_template(
        "curriculum/courseware.html",
        info=info,
        units=units,
        imprint=imprint,
        pages=pages,
        headers=headers,
        running=_css_string(info.title.get(language())),
        foot=_css_string(imprint.center),
        labels=labels,
        locale="zh-CN" if language() == "zh" else "en",
        answers=_answers(ready) if imprint.with_answers else [],
    )


def _item(ready: ReadyCourse, item: Item, labs: Mapping[str, ReadyLab]) -> dict[str, Any]:
    """What the page shows of an item; `parts` are what is printed of it, none for a quiz."""
    found: dict[str, Any] = {
        "kind": item.kind,
        "title": item.title,
        "minutes": item.minutes,
        "anchor": f"{item.kind}-{item.slug}",
        "parts": [],
    }
    if isinstance(item, LessonItem):
        bank = {question["id"]: question for question in ready.checks}
        found["summary_en"] = ready.course.lessons[item.slug].summary_en
        found["parts"] = [
            {"question": _card(bank[part["check"]])} if "check" in part else {"html": _printable(part["html"], "")}
            for part in ready.lessons[item.slug].parts
        ]
    elif isinstance(item, LabItem):
        if item.lab in labs:
            found["lab"] = labs[item.lab].lab
            found["parts"] = [
                {
                    "title": step["title"][language()],
                    "html": _printable(step["html"][language()], _lab_folder(item.lab)),
                }
                for step in labs[item.lab].steps
            ]
    else:
        found["count"] = len(ready.quizzes[item.slug])
    return found


def _lab_folder(slug: str) -> str:
    return f"labs/{slug}/"


def _printable(html: str, folder: str) -> str:
    """A text's HTML with its figures beside the page, below `folder`; lazy ones would not be printed."""
    return _FIGURE.sub(rf'src="{folder}\1"', html).replace(' loading="lazy"', "")


def _card(question: dict[str, Any]) -> dict[str, Any]:
    """A question without its answer; choices and entries stand shuffled as on the screen, in lesson and appendix alike."""
    return questions.card(question, _order(question)) | {"letters": _LETTERS}


def _order(question: dict[str, Any]) -> list[int]:
    return questions.order_of(question, "print")


def _answers(ready: ReadyCourse) -> list[dict[str, Any]]:
    """The appendix: for each lesson its questions, for each quiz all of its bank, answered and explained."""
    bank = {question["id"]: question for question in ready.checks}
    found = []
    for item in ready.course.items:
        if isinstance(item, LessonItem):
            asked = [bank[part["check"]] for part in ready.lessons[item.slug].parts if "check" in part]
        else:
            asked = list(ready.quizzes.get(item.slug, []))
        if asked:
            found.append(
                {"title": item.title, "kind": item.kind, "questions": [_answered(question) for question in asked]}
            )
    return found


def _answered(question: dict[str, Any]) -> dict[str, Any]:
    order = _order(question)
    judged = questions.result(question, order, questions.model_answer(question), reveal=True, teacher=True)
    choices = question.get("choices") or []
    right = [_LETTERS[place] for place, index in enumerate(order) if choices and choices[index]["correct"]]
    return _card(question) | {
        "why": [(judged.get("choices") or {}).get(str(index), {}).get("why") for index in range(len(choices))],
        "expected": ", ".join(right) if choices else questions.expected(question),
        "explanation": judged["explanation"],
    }


def _css_string(text: str) -> str:
    """A text between the quotes of a CSS string in a style element: what could end either is an escape."""
    return "".join(f"\\{ord(sign):x} " if sign in '"\\<>&\n\r\f' else sign for sign in text)
