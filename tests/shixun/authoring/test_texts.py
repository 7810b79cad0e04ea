"""What the editor writes is what git should show: only what was changed, comments and all."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shixun.authoring import course_text, lesson_text, quiz_text, toml_text
from shixun.authoring.course_text import Place
from shixun.testing.learning import CHECKS, COURSE, LESSON, QUIZ
from shixun_packs.lesson import read_lesson
from shixun_packs.problems import PackError
from shixun_packs.question import Quiz
from shixun_packs.toml import parse_toml, validate

ROOT = Path(__file__).parents[3]
REAL = sorted((ROOT / "courses").glob("*/course.toml"))
COMMENTED = """# 课程 / a course

[course]
slug = "pumps" # stays
version = "1.0.0"
title = {zh = "水泵", en = "Pumps"} # 标题
summary = {zh = "简介", en = "Summary"}
audience = ["skilled-worker"]
level = "intro"
field = "industrial-internet"
class_hours = 2
[course.goals]
zh = ["甲"] # 目标
en = ["A"]

# ---- first unit
[[unit]]
slug = "one"
title = {zh = "一", en = "One"}
# the lesson of unit one
[[unit.item]]
kind = "lesson"
slug = "aa"
file = "lessons/a.md"
minutes = 5
title = {zh = "甲", en = "A"}

[[unit.item]]
kind = "lesson"
slug = "bb"
file = "lessons/b.md"
minutes = 5
title = {zh = "乙", en = "B"}

# ---- second unit
[[unit]]
slug = "two"
title = {zh = "二", en = "Two"}
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that a diff shows, without context."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def slugs(text: str) -> list[list[str]]:
    return [[item.slug for item in unit.item] for unit in course_text.read(text).unit]


def test_one_value_changes_one_line() -> None:
    title = {"zh": "水泵与风机", "en": "Pumps and fans"}
    after = course_text.set_info(COMMENTED, {"title": title, "level": "intro", "class_hours": 2.0})
    assert changed(COMMENTED, after) == [
        '-title = {zh = "水泵", en = "Pumps"} # 标题',
        '+title = {zh = "水泵与风机", en = "Pumps and fans"} # 标题',
    ]


def test_values_below_a_header_of_their_own_stay_there() -> None:
    after = course_text.set_info(COMMENTED, {"goals": {"zh": ["甲", "乙"], "en": ["A", "B"]}})
    assert [line[0] for line in changed(COMMENTED, after)] == ["-", "-", "+", "+"]
    assert 'zh = ["甲", "乙"] # 目标' in after


def test_comments_go_with_what_they_stand_above() -> None:
    after = course_text.move_item(COMMENTED, Place(0, 0), 1)
    assert slugs(after) == [["bb", "aa"], []]
    assert '# the lesson of unit one\n[[unit.item]]\nkind = "lesson"\nslug = "aa"' in after
    after = course_text.move_unit(COMMENTED, 1, -1)
    assert after.index("# ---- second unit") < after.index("# ---- first unit")
    assert slugs(after) == [[], ["aa", "bb"]]
    assert sorted(filter(None, after.splitlines())) == sorted(filter(None, COMMENTED.splitlines()))


def test_items_move_over_the_edges_of_units() -> None:
    text = course_text.move_item(COMMENTED, Place(0, 1), 1)
    assert slugs(text) == [["aa"], ["bb"]]
    assert slugs(course_text.move_item(text, Place(1, 0), -1)) == [["aa", "bb"], []]
    assert course_text.move_item(text, Place(0, 0), -1) == text
    assert course_text.move_item(text, Place(1, 0), 1) == text
    assert course_text.move_unit(text, 1, 1) == text


def test_what_is_added_and_removed_again_leaves_nothing() -> None:
    item = {"kind": "quiz", "slug": "qq", "file": "quizzes/q.toml", "minutes": 3, "title": {"zh": "测", "en": "Q"}}
    text = course_text.add_item(COMMENTED, 0, item)
    assert slugs(text) == [["aa", "bb", "qq"], []]
    assert not [line for line in changed(COMMENTED, text) if line.startswith("-")]
    assert changed(COMMENTED, course_text.remove_item(text, Place(0, 2))) == []
    assert slugs(course_text.remove_unit(text, 0)) == [[]]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.parent.name)
def test_shipped_courses_survive_every_move(path: Path) -> None:
    before = path.read_text(encoding="utf-8")
    course = course_text.read(before)
    for u, unit in enumerate(course.unit):
        for i, item in enumerate(unit.item):
            there = course_text.move_item(before, Place(u, i), 1)
            assert sorted(one.slug for one in course_text.read(there).items) == sorted(x.slug for x in course.items)
            place = course_text.place(course_text.read(there), item.slug)
            assert place is not None
            if there != before:
                assert course_text.read(course_text.move_item(there, place, -1)) == course
        if u + 1 < len(course.unit):
            assert course_text.read(course_text.move_unit(course_text.move_unit(before, u, 1), u + 1, -1)) == course


def test_a_course_written_in_lists_becomes_blocks_with_the_same_content() -> None:
    item = '{kind = "lesson", slug = "aa", file = "lessons/a.md", minutes = 5, title = {zh = "甲", en = "A"}}'
    head = COMMENTED.split("# ---- first unit")[0]
    text = f'unit = [{{slug = "one", title = {{zh = "一", en = "One"}}, item = [{item}]}}]\n' + head
    blocks = course_text.in_blocks(text)
    assert course_text.read(blocks) == course_text.read(text)
    assert slugs(course_text.add_unit(text, "two", {"zh": "二", "en": "Two"})) == [["aa"], []]


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"]))
        | st.integers(-(2**53), 2**53)
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_whatever_is_written_reads_the_same(value: Any) -> None:
    assert tomllib.loads(f"x = {toml_text.rendered(value)}")["x"] == value


def test_questions_change_one_by_one() -> None:
    text = "# 题库\n\n" + QUIZ.lstrip()
    quiz = validate(Quiz, parse_toml(text, "q"))
    for index, question in enumerate(quiz.question):
        again = quiz_text.put(text, index, question)
        assert validate(Quiz, parse_toml(again, "q")) == quiz
    moved = quiz_text.move(text, 0, 1)
    assert [one["id"] for one in quiz_text.raw_questions(moved, "q")] == ["some", "one", "number", "steps", "word"]
    assert moved.startswith("# 题库\n\n[quiz]")
    assert quiz_text.remove(quiz_text.add_all(text, quiz.question[:1]), 5) == text
    checks = quiz_text.add_all(CHECKS, quiz.question[4:])
    assert checks.startswith(CHECKS.strip())


def test_a_lesson_keeps_the_rest_of_its_front_matter() -> None:
    text = '+++\n# 给英文读者\nsummary_en = "Old" # one line\n+++\n\n## 甲\n'
    after = lesson_text.join(text, 'New "summary"\nof two lines', "## 乙\n\n正文")
    assert "# 给英文读者" in after
    assert read_lesson(after, "a.md", "a.md").summary_en == 'New "summary"\nof two lines'
    parts = lesson_text.split(after)
    assert (parts.body, after.split("\n")[parts.first_line - 1]) == ("## 乙\n\n正文", "## 乙")
    assert lesson_text.join(LESSON, lesson_text.split(LESSON).summary, lesson_text.split(LESSON).body) == LESSON


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+++",
        "+++\n+++",
        "+++\nsummary_en = \n+++\nx",
        "no front matter",
        "+++\na = 1\nx",
        '+++\nsummary_en = "long\n+++\nx',
    ],
)
def test_broken_front_matter_loses_no_text(text: str) -> None:
    parts = lesson_text.split(text)
    after = lesson_text.join(text, "S", parts.body)
    assert lesson_text.split(after).summary == "S"
    assert lesson_text.split(after).body == parts.body.rstrip()
    assert set(text.split()) <= set(after.split()) | {"+++"}


def test_unreadable_courses_are_refused_not_rewritten() -> None:
    for text in ("[course", COURSE + "[[unit]]\n", "unit = 5"):
        with pytest.raises(PackError):
            course_text.add_unit(text, "x", {"zh": "一", "en": "One"})
