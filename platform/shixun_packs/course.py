"""Course packs: `course.toml`, lessons in Markdown, quizzes in TOML, figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from shixun_packs.figure import check_figure
from shixun_packs.folder import PackFolder
from shixun_packs.lesson import Lesson, read_lesson
from shixun_packs.problems import PackError
from shixun_packs.question import Checks, Question, Quiz
from shixun_packs.text import LocalList, LocalText, PackModel, Slug, Version
from shixun_packs.toml import TomlDocument

CHECKS_FILE = "quizzes/checks.toml"
Audience = Literal["entrepreneur", "official", "skilled-worker", "digital-talent"]
Level = Literal["intro", "junior", "intermediate", "senior"]
Minutes = Annotated[int, Field(ge=1, le=1440)]


class LessonItem(PackModel):
    """A lesson in the course: a Markdown file below `lessons/`."""

    kind: Literal["lesson"]
    slug: Slug
    file: str = Field(pattern=r"^lessons/.+\.md$")
    minutes: Minutes
    title: LocalText


class QuizItem(PackModel):
    """A quiz in the course: a TOML file below `quizzes/` whose slug is the item's."""

    kind: Literal["quiz"]
    slug: Slug
    file: str = Field(pattern=r"^quizzes/.+\.toml$")
    minutes: Minutes
    title: LocalText


class LabItem(PackModel):
    """A lab in the course, by the slug of its pack."""

    kind: Literal["lab"]
    slug: Slug
    lab: Slug
    minutes: Minutes
    title: LocalText


Item = LessonItem | QuizItem | LabItem


class Unit(PackModel):
    """A unit (单元) of a course with its items in order; `item` in the file."""

    slug: Slug
    title: LocalText
    item: list[Annotated[Item, Field(discriminator="kind")]] = Field(min_length=1)


class CourseInfo(PackModel):
    """Table `[course]`. `class_hours` is the planned 学时, `field` the tag that counting rules use."""

    slug: Slug
    version: Version
    title: LocalText
    summary: LocalText
    audience: list[Audience] = Field(min_length=1)
    level: Level
    field: Slug
    class_hours: float = Field(gt=0, le=1000)
    goals: LocalList
    prerequisites: list[Slug] = Field(default_factory=list)


class CourseFile(PackModel):
    """The whole of `course.toml`."""

    course: CourseInfo
    unit: list[Unit] = Field(min_length=1)


@dataclass(frozen=True)
class Course:
    """A course pack, complete in memory.

    `lessons` and `quizzes` go by item slug, `checks` by question id, `figures` by path (`figures/x.svg`).
    """

    info: CourseInfo
    units: tuple[Unit, ...]
    lessons: dict[str, Lesson]
    quizzes: dict[str, Quiz]
    checks: dict[str, Question]
    figures: dict[str, bytes]
    digest: str

    @property
    def slug(self) -> str:
        """The course's slug, which is its folder's name."""
        return self.info.slug

    @property
    def items(self) -> list[Item]:
        """All items in order, units dissolved."""
        return [item for unit in self.units for item in unit.item]


def load_course(folder: Path) -> Course:
    """Read and check a course pack. Raises PackError with all problems found."""
    pack = PackFolder(folder)
    document, spec = pack.toml("course.toml", CourseFile)
    lessons = {path: _read_lesson(pack, path) for path in _below(pack, "lessons/", ".md")}
    quizzes = {path: _read_quiz(pack, path) for path in _below(pack, "quizzes/", ".toml") if path != CHECKS_FILE}
    checks = _read_checks(pack)
    figures = {path: (folder / path).read_bytes() for path in pack.files if path.startswith("figures/")}
    for path, data in figures.items():
        check_figure(pack, path, data)
    read_lessons = {path: lesson for path, lesson in lessons.items() if lesson is not None}
    _check_lessons(pack, list(read_lessons.values()), checks, complete=len(read_lessons) == len(lessons))
    if document is None or spec is None:
        raise PackError(pack.problems)
    pack.named_as(document, spec.course.slug, "course")
    _check_items(pack, document, spec, lessons, quizzes)
    digest = pack.sealed()
    items = [item for unit in spec.unit for item in unit.item]
    return Course(
        info=spec.course,
        units=tuple(spec.unit),
        lessons={item.slug: read_lessons[item.file] for item in items if isinstance(item, LessonItem)},
        quizzes={item.slug: quiz for item in items if isinstance(item, QuizItem) and (quiz := quizzes[item.file])},
        checks=checks or {},
        figures=figures,
        digest=digest,
    )


def _below(pack: PackFolder, prefix: str, suffix: str) -> list[str]:
    return [path for path in pack.files if path.startswith(prefix) and path.endswith(suffix)]


def _read_lesson(pack: PackFolder, path: str) -> Lesson | None:
    text = pack.text(path)
    if text is not None:
        with pack.catching():
            return read_lesson(text, path, (pack.folder / path).as_posix())
    return None


def _read_quiz(pack: PackFolder, path: str) -> Quiz | None:
    document, quiz = pack.toml(path, Quiz)
    if document is None or quiz is None:
        return None
    _check_ids(pack, document, quiz.question)
    if quiz.quiz.draw > len(quiz.question):
        message = f"draws {quiz.quiz.draw} of {len(quiz.question)} questions"
        pack.problems.append(document.problem(message, "quiz", "draw"))
    if quiz.quiz.draw and len({question.points for question in quiz.question}) > 1:
        message = "draws questions, so all must have the same points"
        pack.problems.append(document.problem(message, "quiz", "draw"))
    return quiz


def _read_checks(pack: PackFolder) -> dict[str, Question] | None:
    """Read the questions that lessons embed; None if the file is there and can't be read."""
    if CHECKS_FILE not in pack.files:
        return {}
    document, checks = pack.toml(CHECKS_FILE, Checks)
    if document is None or checks is None:
        return None
    _check_ids(pack, document, checks.question)
    return {question.id: question for question in checks.question}


def _check_ids(pack: PackFolder, document: TomlDocument, questions: list[Question]) -> None:
    pack.unique(document, [(question.id, ("question", index, "id")) for index, question in enumerate(questions)])


def _check_lessons(
    pack: PackFolder, lessons: list[Lesson], checks: dict[str, Question] | None, *, complete: bool
) -> None:
    """Hold figures and embedded questions of the lessons against the files; `complete`: no lesson failed to load."""
    used: set[str] = set()
    for lesson in lessons:
        for figure, line in lesson.figures:
            if figure not in pack.files:
                pack.add(lesson.file, line, f"there is no figure {figure!r}")
        for question, line in lesson.checks:
            if checks is not None and question not in checks:
                pack.add(lesson.file, line, f"there is no question {question!r} in {CHECKS_FILE}")
            elif question in used:
                pack.add(lesson.file, line, f"the question {question!r} stands in a lesson already")
            used.add(question)
    if complete:
        for question in (checks or {}).keys() - used:
            pack.add(CHECKS_FILE, None, f"the question {question!r} stands in no lesson")


def _check_items(
    pack: PackFolder,
    document: TomlDocument,
    spec: CourseFile,
    lessons: dict[str, Lesson | None],
    quizzes: dict[str, Quiz | None],
) -> None:
    """Hold the items against the files: nothing missing, nothing twice, nothing left over."""
    places = [(u, i, item) for u, unit in enumerate(spec.unit) for i, item in enumerate(unit.item)]
    pack.unique(document, [(unit.slug, ("unit", index, "slug")) for index, unit in enumerate(spec.unit)])
    pack.unique(document, [(item.slug, ("unit", u, "item", i, "slug")) for u, i, item in places])
    files = [(item.file, ("unit", u, "item", i, "file")) for u, i, item in places if not isinstance(item, LabItem)]
    pack.unique(document, files)
    for file, keypath in files:
        if file == CHECKS_FILE:
            pack.problems.append(document.problem(f"{file} holds the questions inside lessons, no quiz", *keypath))
        else:
            pack.refers(document, file, *keypath)
    for left in (lessons.keys() | quizzes.keys()) - {file for file, _ in files}:
        pack.add(left, None, "stands in no unit of course.toml")
    for u, i, item in places:
        quiz = quizzes.get(item.file) if isinstance(item, QuizItem) else None
        if quiz and quiz.quiz.slug != item.slug:
            message = f"the item's slug is {item.slug!r}, the quiz's {quiz.quiz.slug!r}"
            pack.problems.append(document.problem(message, "unit", u, "item", i, "slug"))
    for index, needed in enumerate(spec.course.prerequisites):
        if needed == spec.course.slug:
            pack.problems.append(document.problem("a course can't require itself", "course", "prerequisites", index))
