"""Every pack of the checkout is sound, in both languages, and its figures can be read on a phone."""

import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from latex2mathml.converter import convert
from pydantic import BaseModel
from pygments.lexers import get_lexer_by_name

from shixun_packs.contest import FlagChallenge, challenge_text, expected_flag, load_contest, team_values
from shixun_packs.course import Course, load_course
from shixun_packs.lab import build_notebooks, load_lab, release_files
from shixun_packs.lesson import lesson_parser
from shixun_packs.question import ChoiceQuestion, NumericQuestion, Quiz
from shixun_packs.repository import load_repository
from shixun_packs.text import LocalList, LocalText

ROOT = Path(__file__).parents[2]
COURSES = sorted(path.parent for path in ROOT.glob("courses/*/course.toml"))
LABS = sorted(path.parent for path in ROOT.glob("labs/packs/*/lab.toml"))
CONTESTS = sorted(path.parent for path in ROOT.glob("competitions/packs/*/contest.toml"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
each_course = pytest.mark.parametrize("folder", COURSES, ids=lambda path: path.name)
each_lab = pytest.mark.parametrize("folder", LABS, ids=lambda path: path.name)
each_contest = pytest.mark.parametrize("folder", CONTESTS, ids=lambda path: path.name)


def local_texts(value: Any) -> Iterator[tuple[str, str]]:
    """All (zh, en) pairs anywhere below a pydantic model, list, tuple or dict."""
    if isinstance(value, LocalText):
        yield value.zh, value.en
    elif isinstance(value, LocalList):
        yield from zip(value.zh, value.en, strict=True)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from local_texts(getattr(value, name))
    elif isinstance(value, dict):
        yield from local_texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from local_texts(entry)


def assert_english_has_no_chinese(value: Any) -> None:
    pairs = list(local_texts(value))
    assert pairs
    assert [en for _, en in pairs if CHINESE.search(en)] == []


def quizzes(course: Course) -> list[Quiz]:
    return list(course.quizzes.values())


def test_all_packs_load_together_and_refer_to_one_another() -> None:
    found = load_repository(ROOT)
    assert {"industrial-networks", "demo-first-steps"} <= found.courses.keys()
    assert "modbus-point-map" in found.labs
    assert "demo-cup" in found.contests


@each_course
def test_english_is_english_and_chinese_is_there(folder: Path) -> None:
    course = load_course(folder)
    everything = [course.info, course.units, quizzes(course), course.checks]
    assert_english_has_no_chinese(everything)
    titles = [course.info.title, *(item.title for item in course.items), *(unit.title for unit in course.units)]
    assert all(CHINESE.search(title.zh) for title in titles)
    for lesson in course.lessons.values():
        assert not CHINESE.search(lesson.summary_en)
        assert CHINESE.search(lesson.markdown)


@each_course
def test_planned_hours_are_really_in_the_course(folder: Path) -> None:
    course = load_course(folder)
    minutes = sum(item.minutes for item in course.items)
    assert course.info.class_hours * 45 <= minutes + 0.01
    if course.slug == "industrial-networks":
        assert minutes - course.info.class_hours * 45 < 45, "a whole class hour is in the course and not in its plan"


@each_course
def test_lessons_have_figures_and_questions_and_every_figure_is_used(folder: Path) -> None:
    course = load_course(folder)
    used = {figure for lesson in course.lessons.values() for figure, _ in lesson.figures}
    assert used == course.figures.keys()
    for slug, lesson in course.lessons.items():
        assert lesson.figures, f"{slug} has no figure"
        assert lesson.checks, f"{slug} asks nothing"


@each_course
def test_formulas_can_be_shown_and_code_coloured(folder: Path) -> None:
    for lesson in load_course(folder).lessons.values():
        tokens = lesson_parser().parse(lesson.markdown)
        inline = [child for token in tokens for child in token.children or []]
        for token in [*tokens, *inline]:
            if token.type.startswith("math"):
                markup = convert(token.content)
                assert "merror" not in markup
                assert "\\" not in markup, f"{token.content} is not understood"
            if token.type == "fence":
                get_lexer_by_name(token.info)


@each_course
def test_no_markup_is_left_standing_as_text(folder: Path) -> None:
    """CommonMark leaves `**` beside Chinese punctuation as it is; so does an odd `$` or backtick."""
    for slug, lesson in load_course(folder).lessons.items():
        for token in lesson_parser().parse(lesson.markdown):
            for child in token.children or []:
                if child.type == "text":
                    assert not re.search(r"\*\*|\$|`", child.content), f"{slug}: {child.content}"


@each_course
def test_figures_can_be_read_at_360_pixels(folder: Path) -> None:
    """A drawing is at most 360 units wide and its letters at least 12 high, so a phone shows it at full size."""
    for path, data in load_course(folder).figures.items():
        text = data.decode("utf-8")
        box = re.search(r'viewBox="0 0 (\d+) (\d+)"', text)
        assert box, path
        assert int(box[1]) <= 360, path
        sizes = [float(size) for size in re.findall(r"font-size\s*[:=]\s*\"?([\d.]+)", text)]
        assert sizes, path
        assert min(sizes) >= 12, path
        assert "<title>" in text, path


@each_course
def test_quizzes_ask_in_a_fair_way(folder: Path) -> None:
    course = load_course(folder)
    questions = [question for quiz in quizzes(course) for question in quiz.question] + list(course.checks.values())
    assert len({question.text.zh for question in questions}) == len(questions)
    places = []
    for question in questions:
        if isinstance(question, ChoiceQuestion):
            places += [index for index, choice in enumerate(question.choice) if choice.correct]
        if isinstance(question, NumericQuestion):
            assert question.tolerance < max(1.0, abs(question.answer)), f"{question.id}: anything would be right"
    assert len(set(places)) >= 2, "the right choice always stands in the same place"


@pytest.mark.parametrize("slug", ["automation-control", "industrial-internet-foundations", "industrial-networks"])
def test_the_final_quiz_has_all_kinds_and_more_questions_than_it_draws(slug: str) -> None:
    quiz = load_course(ROOT / "courses" / slug).quizzes["final-quiz"]
    assert len(quiz.question) > quiz.quiz.draw >= 10
    assert {question.kind for question in quiz.question} == {"single", "multiple", "numeric", "ordering", "fill"}


@each_lab
def test_labs_are_bilingual_and_release_no_solution(folder: Path) -> None:
    lab = load_lab(folder)
    assert_english_has_no_chinese([lab.title, lab.summary, lab.grades, lab.hints, lab.steps, lab.form])
    assert_english_has_no_chinese([wrong.mistake for wrong in lab.wrong])
    for data in (build_notebooks(lab).release, build_notebooks(lab).source):
        nbformat.validate(nbformat.reads(data.decode(), as_version=4))
    released = b"".join(release_files(lab).values()).decode()
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS"):
        assert marker not in released
    if lab.checks is not None:
        assert len(lab.wrong) >= 5


@each_contest
def test_contests_are_bilingual(folder: Path) -> None:
    contest = load_contest(folder)
    assert_english_has_no_chinese([contest.info, contest.challenges])


def test_a_team_can_find_the_flag_of_the_demo_cup_in_its_frame() -> None:
    challenge = load_contest(ROOT / "competitions/packs/demo-cup").challenges[0]
    assert isinstance(challenge, FlagChallenge)
    flags = set()
    for number in range(100):
        drawn = team_values(challenge, hashlib.sha256(str(number).encode()).digest())
        for lang in ("zh", "en"):
            text = challenge_text(challenge, drawn, lang)
            assert "{{" not in text
            frame = bytes.fromhex(re.findall(r"```text\n(.*)\n```", text)[0])
            data = frame[9:]
            pressure = struct.unpack(">f", data[4:6] + data[2:4])[0]
            total = struct.unpack(">I", data[8:10] + data[6:8])[0]
            assert expected_flag(challenge, drawn) == f"flag{{{pressure:.2f}-{total}}}"
        flags.add(expected_flag(challenge, drawn))
    assert len(flags) == 100
