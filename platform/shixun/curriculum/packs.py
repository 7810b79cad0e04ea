"""Packs from a folder, read and rendered: everything that can be wrong with one is found here, by file and line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shixun.curriculum import questions
from shixun.curriculum.rendering import BadText, RenderedLesson, render_lesson, render_text
from shixun_packs.course import CHECKS_FILE, Course, QuizItem, load_course
from shixun_packs.digest import bundle, bundle_digest, bundle_files
from shixun_packs.figure import SUFFIXES, check_figure
from shixun_packs.lab import Lab, load_lab, release_files
from shixun_packs.paths import pack_files
from shixun_packs.problems import PackError, Problem, Report
from shixun_packs.question import Question as PackQuestion
from shixun_packs.toml import read_text, read_toml


@dataclass(frozen=True)
class ReadyCourse:
    """A course pack that can be stored: `lessons` and `quizzes` by item slug, questions as the bank keeps them."""

    course: Course
    bundle: bytes
    lessons: Mapping[str, RenderedLesson]
    quizzes: Mapping[str, list[dict[str, Any]]]
    checks: list[dict[str, Any]]


@dataclass(frozen=True)
class ReadyLab:
    """A lab pack that can be stored. `steps` as `LabVersion.steps`; `release` bundles what a trainee receives."""

    lab: Lab
    bundle: bytes
    figures: Mapping[str, bytes]
    steps: list[dict[str, Any]]
    release: bytes


def figure_address(pack_digest: str, path: str) -> str:
    """Where browsers find a pack's figure. The digest makes it one for ever."""
    return f"/packs/{pack_digest.removeprefix('sha256:')}/{path}"


def read_course(folder: Path) -> ReadyCourse:
    """Read, check and render a course pack. Raises `PackError` with every problem."""
    course = load_course(folder)
    report = Report(folder)
    lessons = {}
    for slug, lesson in course.lessons.items():
        whole = read_text(folder / lesson.file)
        front = whole[: len(whole) - len(lesson.markdown)].count("\n")
        with _placing(report, lesson.file, lambda line, front=front: front + line + 1):  # type: ignore[misc]
            lessons[slug] = render_lesson(lesson.markdown, lambda path: figure_address(course.digest, path))
    quizzes = {
        item.slug: _bank(report, item.file, course.quizzes[item.slug].question)
        for item in course.items
        if isinstance(item, QuizItem)
    }
    checks = _bank(report, CHECKS_FILE, list(course.checks.values())) if course.checks else []
    report.close()
    return ReadyCourse(course, _sealed(folder, course.digest), lessons, quizzes, checks)


def read_lab(folder: Path) -> ReadyLab:
    """Read, check and render a lab pack. Raises `PackError` with every problem."""
    lab = load_lab(folder)
    report = Report(folder)
    figures = {
        path: (folder / path).read_bytes()
        for path in pack_files(folder)
        if path.startswith("figures/") and path.endswith(SUFFIXES)
    }
    for path, data in figures.items():
        check_figure(report, path, data)

    def figure_url(path: str) -> str:
        if path not in figures:
            raise BadText(0, f"there is no figure {path!r}")
        return figure_address(lab.digest, path)

    steps = []
    for index, step in enumerate(lab.steps):
        with _placing(report, "lab.toml", lambda _line, index=index: _line_of(folder, "lab.toml", "step", index)):  # type: ignore[misc]
            html = {"zh": render_text(step.text.zh, figure_url), "en": render_text(step.text.en, figure_url)}
            steps.append({"title": step.title.model_dump(), "html": html})
    report.close()
    return ReadyLab(lab, _sealed(folder, lab.digest), figures, steps, bundle_files(release_files(lab)))


def _bank(report: Report, file: str, pack_questions: list[PackQuestion]) -> list[dict[str, Any]]:
    found = []
    for index, question in enumerate(pack_questions):

        def place(_line: int, index: int = index) -> int:
            return _line_of(report.folder, file, "question", index)

        with _placing(report, file, place):
            found.append(questions.from_pack(question))
    return found


def _line_of(folder: Path, file: str, *keypath: str | int) -> int:
    return read_toml(folder / file).line(*keypath)


@contextmanager
def _placing(report: Report, file: str, line_of: Callable[[int], int]) -> Iterator[None]:
    """Note a `BadText` raised inside at the line of the file that `line_of` makes of the text's."""
    try:
        yield
    except BadText as error:
        report.add(file, line_of(error.line), error.message)


def _sealed(folder: Path, digest: str) -> bytes:
    data = bundle(folder)
    if bundle_digest(data) != digest:
        raise PackError([Problem(folder.as_posix(), None, "was changed while it was read: try again")])
    return data
