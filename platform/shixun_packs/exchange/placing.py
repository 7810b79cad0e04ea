"""Imported content as files of a course pack: a new pack, or new units of one that is there. Nothing is overwritten."""

from __future__ import annotations

import math
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from shixun_packs.course import Course, CourseInfo, load_course
from shixun_packs.exchange.ids import is_slug, slug_from
from shixun_packs.exchange.toml_text import local, local_list, number, questions_text, quiz_text, string
from shixun_packs.problems import PackError, Problem
from shixun_packs.question import Question, QuizInfo
from shixun_packs.text import LocalList, LocalText

_MINUTES_PER_QUESTION = 1.5
_CHARACTERS_PER_MINUTE = 300  # reading Chinese for learning


@dataclass(frozen=True)
class LessonDraft:
    """A lesson to be: its Markdown without front matter."""

    title: LocalText
    markdown: str
    summary_en: str


@dataclass(frozen=True)
class QuizDraft:
    """A quiz to be."""

    title: LocalText
    questions: list[Question]


@dataclass(frozen=True)
class UnitDraft:
    """A unit to be, with its items in order."""

    title: LocalText
    items: list[LessonDraft | QuizDraft]


@dataclass
class CourseDraft:
    """Content to be put into a pack. `figures` go by their path in the pack."""

    title: LocalText
    units: list[UnitDraft]
    figures: dict[str, bytes] = field(default_factory=dict)
    summary: LocalText | None = None


def place(draft: CourseDraft, folder: Path, quiz: str | None = None) -> list[str]:
    """Put a draft into the pack at `folder`, or make a new pack of it; returns the paths written, in the pack.

    With `quiz`, all questions go to the end of that quiz of the pack. The whole is tried on a copy first: raises
    `PackError` with what would be wrong, and then nothing has been written.
    """
    is_new = not (folder / "course.toml").exists()
    if is_new and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PackError([Problem(folder.as_posix(), None, "is neither a course pack nor an empty folder")])
    if is_new and not is_slug(folder.resolve().name):
        reason = "the folder's name is the course's slug: lower-case letters, digits and hyphens, a letter first"
        raise PackError([Problem(folder.as_posix(), None, reason)])
    course = None if is_new else load_course(folder)
    with tempfile.TemporaryDirectory() as parent:
        trial = Path(parent) / folder.resolve().name
        if is_new:
            trial.mkdir()
        else:
            shutil.copytree(folder, trial)
        try:
            files = _into_quiz(draft, trial, course, quiz) if quiz and course else _into_units(draft, trial, course)
            _write(trial, files)
            load_course(trial)
        except PackError as error:
            where = trial.as_posix()
            named = [
                Problem(problem.path.replace(where, folder.as_posix(), 1), problem.line, problem.message)
                for problem in error.problems
            ]
            raise PackError(named) from None
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, files)
    return sorted(files)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def _into_quiz(draft: CourseDraft, folder: Path, course: Course, slug: str) -> dict[str, bytes]:
    """All questions at the end of one quiz."""
    item = next((item for item in course.items if item.kind == "quiz" and item.slug == slug), None)
    if item is None or item.kind != "quiz":
        raise PackError([Problem((folder / "course.toml").as_posix(), None, f"there is no quiz {slug!r}")])
    taken = {question.id for question in course.quizzes[slug].question}
    added = []
    for question in (
        q for unit in draft.units for part in unit.items if isinstance(part, QuizDraft) for q in part.questions
    ):
        new_id = question.id if question.id not in taken else slug_from(question.id, "question", taken)
        taken.add(new_id)
        added.append(question.model_copy(update={"id": new_id}))
    before = (folder / item.file).read_text(encoding="utf-8").rstrip("\n")
    return {item.file: f"{before}\n\n{questions_text(added)}".encode()}


def _into_units(draft: CourseDraft, folder: Path, course: Course | None) -> dict[str, bytes]:
    """New units with their files at the end of a course, or a course of nothing else."""
    files: dict[str, bytes] = dict(draft.figures)
    units = {unit.slug for unit in course.units} if course else set()
    items = {item.slug for item in course.items} if course else set()
    paths = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    text: list[str] = []
    total = 0
    for unit in draft.units:
        unit_slug = slug_from(unit.title.en, f"unit-{len(units) + 1}", units)
        units.add(unit_slug)
        text.append(f"[[unit]]\nslug = {string(unit_slug)}\ntitle = {local(unit.title)}\n")
        for part in unit.items:
            kind = "lesson" if isinstance(part, LessonDraft) else "quiz"
            slug = slug_from(part.title.en, f"{kind}-{len(items) + 1}", items)
            while f"lessons/{slug}.md" in paths or f"quizzes/{slug}.toml" in paths or slug == "checks":
                items.add(slug)
                slug = slug_from(slug, kind, items)
            items.add(slug)
            file, data, minutes = _file(part, slug)
            files[file] = data
            total += minutes
            text.append(
                f"[[unit.item]]\nkind = {string(kind)}\nslug = {string(slug)}\nfile = {string(file)}\n"
                f"minutes = {minutes}\ntitle = {local(part.title)}\n"
            )
    if course is None:
        head = course_text(_info(draft, folder.resolve().name, total))
    else:
        head = (folder / "course.toml").read_text(encoding="utf-8").rstrip("\n") + "\n"
    files["course.toml"] = "\n".join([head, *text]).encode()
    return files


def _file(part: LessonDraft | QuizDraft, slug: str) -> tuple[str, bytes, int]:
    """Path, content and minutes of an item's file."""
    if isinstance(part, LessonDraft):
        text = f"+++\nsummary_en = {string(part.summary_en)}\n+++\n\n{part.markdown.strip()}\n"
        minutes = min(240, max(5, math.ceil(len(part.markdown) / _CHARACTERS_PER_MINUTE)))
        return f"lessons/{slug}.md", text.encode(), minutes
    minutes = min(240, max(5, math.ceil(len(part.questions) * _MINUTES_PER_QUESTION)))
    info = QuizInfo(slug=slug, title=part.title)
    return f"quizzes/{slug}.toml", quiz_text(info, part.questions).encode(), minutes


def _info(draft: CourseDraft, slug: str, minutes: int) -> CourseInfo:
    """What a new course says of itself until its author says more."""
    return CourseInfo(
        slug=slug,
        version="0.1.0",
        title=draft.title,
        summary=draft.summary or draft.title,
        audience=["digital-talent"],
        level="junior",
        field="industrial-internet",
        class_hours=max(0.1, round(minutes / 45, 1)),
        goals=LocalList(zh=[draft.title.zh], en=[draft.title.en]),
    )


def course_text(info: CourseInfo) -> str:
    """The head of a `course.toml`: `[course]` and its goals."""
    lists = ", ".join(map(string, info.audience)), ", ".join(map(string, info.prerequisites))
    return "\n".join(
        [
            "[course]",
            f"slug = {string(info.slug)}",
            f"version = {string(info.version)}",
            f"title = {local(info.title)}",
            f"summary = {local(info.summary)}",
            f"audience = [{lists[0]}]",
            f"level = {string(info.level)}",
            f"field = {string(info.field)}",
            f"class_hours = {number(info.class_hours)}",
            f"prerequisites = [{lists[1]}]",
            "",
            "[course.goals]",
            local_list(info.goals),
            "",
        ]
    )
