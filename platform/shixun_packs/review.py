"""What a pack that can be loaded may still get wrong: links that lead nowhere, texts left in one language, left-overs.

`load_course` and its like refuse what can't be used; this is advice for authors, by file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shixun_packs.course import Course, load_course
from shixun_packs.lab import Lab, load_lab
from shixun_packs.lesson import anchors, lesson_parser
from shixun_packs.paths import pack_files
from shixun_packs.positions import KeyPath
from shixun_packs.problems import Problem, Report
from shixun_packs.toml import TomlDocument, read_toml

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LOCAL = re.compile(r"^(?!#)(?![a-z][a-z0-9+.-]*:)", re.IGNORECASE)


def review_course(folder: Path) -> list[Problem]:
    """Advice on a course pack. Raises PackError for one that can't be loaded."""
    course = load_course(folder)
    report = Report(folder)
    _review_languages(report)
    used: set[str] = set()
    for lesson in course.lessons.values():
        used |= {figure for figure, _line in lesson.figures}
        known = anchors(lesson.markdown)
        for href, line in lesson.links:
            if fault := link_fault(href, known):
                report.add(lesson.file, line, fault)
        if not _CHINESE.search(lesson.markdown):
            report.add(
                lesson.file, None, "the lesson has no Chinese: lessons are written in Chinese, their summary in English"
            )
        if _CHINESE.search(lesson.summary_en):
            report.add(lesson.file, 2, "summary_en: the English text has Chinese in it")
    for figure in sorted(course.figures.keys() - used):
        report.add(figure, None, "stands in no lesson")
    _review_ids(report, course)
    return report.problems


def review_lab(folder: Path) -> list[Problem]:
    """Advice on a lab pack. Raises PackError for one that can't be loaded."""
    lab = load_lab(folder)
    report = Report(folder)
    _review_languages(report)
    document = read_toml(folder / "lab.toml")
    _review_wrong(report, document, lab)
    for cell in lab.cells:
        if cell.kind != "markdown":
            continue
        for href, line in _targets(cell.source):
            path = unquote(href.split("#")[0])
            at = cell.line + 1 + line
            if _LOCAL.match(href) and path not in lab.assets:
                report.add("notebook.py", at, f"the link {href!r} leads nowhere: there is no such file in assets/")
            elif (
                not _LOCAL.match(href)
                and not href.startswith(("#", "attachment:", "data:"))
                and (fault := link_fault(href, set()))
            ):
                report.add("notebook.py", at, fault)
    for index, step in enumerate(lab.steps):
        for lang in ("zh", "en"):
            for href, _line in _targets(step.text.get(lang)):
                if not href.startswith("figures/") and (fault := link_fault(href, set())):
                    report.problems.append(document.problem(fault, "step", index, "text", lang))
    return report.problems


def review_other(folder: Path) -> list[Problem]:
    """Advice on a pack of another kind: its languages."""
    report = Report(folder)
    _review_languages(report)
    return report.problems


def link_fault(href: str, known: set[str]) -> str | None:
    """What is wrong with a link; `known` are the headings of its page. Addresses elsewhere are only looked at, never opened."""
    if href.startswith("#"):
        return None if unquote(href[1:]) in known else f"the link {href!r} leads to no heading of this lesson"
    try:
        parts = urlsplit(href)
        good = parts.scheme.lower() == "mailto" and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", unquote(parts.path))
        host = parts.hostname or ""
        good = good or (
            parts.scheme.lower() in {"http", "https"} and (re.fullmatch(r"(\[[0-9a-f:]+\]|[^\s.]+(\.[^\s.]+)*)", host))
        )
        _ = parts.port
    except ValueError:
        good = None
    return None if good else f"the link {href!r} is not a complete web or mail address"


def _targets(markdown: str) -> Iterator[tuple[str, int]]:
    """Addresses of links and images with their line (from 0)."""
    for token in lesson_parser().parse(markdown):
        line = token.map[0] if token.map else 0
        for child in token.children or []:
            if child.type == "link_open":
                yield str(child.attrs.get("href", "")), line
            elif child.type == "image":
                yield str(child.attrs.get("src", "")), line
            line += child.type in {"softbreak", "hardbreak"}


def _review_languages(report: Report) -> None:
    """English texts that are Chinese: copied, or waiting for a translation."""
    for path in pack_files(report.folder):
        if not path.endswith(".toml"):
            continue
        document = read_toml(report.folder / path)
        for keypath, text in _english(document.data, ()):
            if _CHINESE.search(text):
                name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in keypath).lstrip(".")
                message = f"{name}: the English text has Chinese in it: {text[:30]!r}"
                report.problems.append(document.problem(message, *keypath))


def _english(value: Any, keypath: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "en" and value.keys() == {"zh", "en"}:
                texts = below if isinstance(below, list) else [below]
                yield from (((*keypath, key), text) for text in texts if isinstance(text, str))
            else:
                yield from _english(below, (*keypath, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _english(below, (*keypath, index))


def _review_ids(report: Report, course: Course) -> None:
    """Questions of one id in two files: their statistics could be taken for one another."""
    seen: dict[str, str] = {}
    files = {item.slug: item.file for item in course.items if item.kind == "quiz"}
    for slug, quiz in course.quizzes.items():
        document = read_toml(report.folder / files[slug])
        for index, question in enumerate(quiz.question):
            if question.id in seen:
                message = f"the id {question.id!r} stands in {seen[question.id]}, too"
                report.problems.append(document.problem(message, "question", index, "id"))
            seen.setdefault(question.id, files[slug])


def _review_wrong(report: Report, document: TomlDocument, lab: Lab) -> None:
    """A lab that is graded is tried with the mistakes that trainees make."""
    if lab.checks is None:
        return
    if not lab.wrong:
        report.problems.append(
            document.problem("there is no [[wrong]] solution: nothing shows that the checks can fail", "lab")
        )
    for index, wrong in enumerate(lab.wrong):
        if wrong.hint is None:
            report.problems.append(document.problem("names no hint that it should get", "wrong", index))
    listed = {wrong.file for wrong in lab.wrong}
    for path in pack_files(report.folder):
        if path.startswith("wrong/") and path not in listed:
            report.add(path, None, "stands in no [[wrong]] of lab.toml")
    for index, key in enumerate(lab.hints):
        if not _may_give(lab.checks, key):
            report.problems.append(document.problem(f"the hint {key!r} is never given by checks.py", "hint", index))


def _may_give(checks: str, key: str) -> bool:
    """Whether the key stands in the code, whole or as a beginning that the code goes on from (`f"kpi-{name}"`)."""
    starts = [key[: place + 1] for place, sign in enumerate(key) if sign == "-"]
    return key in checks or any(f"{start}{end}" in checks for start in starts for end in ("{", '"', "'"))
