import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shixun_packs.course import load_course
from shixun_packs.question import ChoiceQuestion, NumericQuestion

Edit = Callable[[Path, str, str], None]
Complaints = Callable[[Callable[[Path], object], Path], list[str]]


def test_a_course_is_read_whole(course: Path) -> None:
    loaded = load_course(course)
    assert (loaded.slug, loaded.info.class_hours, loaded.info.title.zh) == ("tiny-course", 0.5, "小课")
    assert [item.slug for item in loaded.items] == ["reading", "last-quiz", "doing"]
    lesson = loaded.lessons["reading"]
    assert lesson.summary_en == "What it says."
    assert lesson.markdown.startswith("## 标题")
    assert lesson.figures == (("figures/one.svg", 8),)
    assert lesson.checks == (("first-check", 10),)
    assert isinstance(loaded.checks["first-check"], ChoiceQuestion)
    assert isinstance(loaded.quizzes["last-quiz"].question[0], NumericQuestion)
    assert loaded.figures["figures/one.svg"].startswith(b"<svg")
    assert loaded.digest.startswith("sha256:")


def test_a_change_anywhere_changes_the_digest(course: Path, edit: Edit) -> None:
    before = load_course(course).digest
    edit(course / "figures/one.svg", "5", "6")
    assert load_course(course).digest != before


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("course.toml", 'level = "intro"', 'level = "expert"', "course.toml:7: course.level: Input should be 'intro'"),
        ("course.toml", "class_hours = 0.5", "class_hours = 0", "course.toml:9: course.class_hours"),
        ("course.toml", 'level = "intro"\n', "", "course.toml:1: course.level: is missing"),
        ("course.toml", 'level = "intro"', 'level = "intro"\ncolour = 1', "course.toml:8: course.colour: unknown key"),
        ("course.toml", 'en = ["Read"]', 'en = ["Read", "Write"]', "course.toml:10: course.goals: has 1 entries in zh"),
        ("course.toml", 'en = "Summary"', 'en = ""', "course.toml:5: course.summary.en: must not be empty"),
        ("course.toml", '["skilled-worker"]', '["nobody"]', "course.toml:6: course.audience[1]"),
        ("course.toml", '"tiny-course"', '"big-course"', "course.toml:2: slug is 'big-course', but the folder is"),
        (
            "course.toml",
            "prerequisites = []",
            'prerequisites = ["tiny-course"]',
            "course.toml:11: a course can't require",
        ),
        ("course.toml", 'kind = "lab"', 'kind = "dance"', "course.toml:29: unit[1].item[3].kind: Input tag 'dance'"),
        ("course.toml", 'kind = "lab"\n', "", "course.toml:28: unit[1].item[3].kind: is missing"),
        ("course.toml", 'lab = "tiny-lab"\n', "", "course.toml:28: unit[1].item[3].lab: is missing"),
        ("course.toml", "minutes = 20", "minutes = 2.5", "course.toml:32: unit[1].item[3].minutes"),
        (
            "course.toml",
            'slug = "doing"',
            'slug = "reading"',
            "course.toml:30: 'reading' is there twice (first on line 18)",
        ),
        (
            "course.toml",
            "lessons/reading.md",
            "lessons/none.md",
            "course.toml:19: 'lessons/none.md': there is no such file",
        ),
        ("course.toml", "lessons/reading.md", "lessons/none.md", "lessons/reading.md: stands in no unit"),
        ("course.toml", "lessons/reading.md", "lessons/../x.md", "course.toml:19: 'lessons/../x.md': the path leaves"),
        ("course.toml", "lessons/reading.md", "/lessons/x.md", "course.toml:19: unit[1].item[1].file"),
        ("course.toml", "quizzes/last.toml", "quizzes/checks.toml", "course.toml:25: quizzes/checks.toml holds"),
        ("course.toml", 'slug = "last-quiz"', 'slug = "q2"', "course.toml:24: the item's slug is 'q2', the quiz's"),
        ("course.toml", "[course]", "[course", "course.toml:1: not valid TOML"),
        ("lessons/reading.md", "figures/one.svg", "figures/two.svg", "lessons/reading.md:8: there is no figure"),
        (
            "lessons/reading.md",
            "figures/one.svg",
            "https://x.cn/a.svg",
            "lessons/reading.md:8: the figure 'https://x.cn/a",
        ),
        (
            "lessons/reading.md",
            "figures/one.svg",
            "figures/one.gif",
            "lessons/reading.md:8: the figure 'figures/one.gif'",
        ),
        ("lessons/reading.md", "![一张图]", "![]", "lessons/reading.md:8: the figure 'figures/one.svg' has no caption"),
        ("lessons/reading.md", "## 标题", "# 标题", "lessons/reading.md:4: a lesson's headings begin with ##"),
        (
            "lessons/reading.md",
            "公式",
            "一行\n[去](other.md)\n公式",
            "lessons/reading.md:7: the link 'other.md' leads nowhere",
        ),
        ("lessons/reading.md", "公式", "[去](javascript:alert(1))", "lessons/reading.md"),
        (
            "lessons/reading.md",
            "check first-check",
            "check other",
            "lessons/reading.md:10: there is no question 'other'",
        ),
        (
            "lessons/reading.md",
            "check first-check",
            "check other",
            "quizzes/checks.toml: the question 'first-check' stands",
        ),
        ("lessons/reading.md", "check first-check", "check", "lessons/reading.md:10: write `:::check question-id`"),
        ("lessons/reading.md", "check first-check", "tip", "lessons/reading.md:10: a box is one of"),
        ("lessons/reading.md", "first-check\n:::\n", "first-check\n", "lessons/reading.md:10: the box has no closing"),
        (
            "lessons/reading.md",
            "first-check\n:::",
            "first-check\n:::\n\n:::check first-check\n:::",
            "lessons/reading.md:13: ",
        ),
        ("lessons/reading.md", "+++\nsummary_en", "summary_en", "lessons/reading.md:1: must begin with front matter"),
        ("lessons/reading.md", '."\n+++', '."\n', "lessons/reading.md:1: the front matter has no closing"),
        ("lessons/reading.md", "summary_en =", "summary =", "lessons/reading.md:2: summary: unknown key"),
        ("lessons/reading.md", "summary_en =", "summary_en", "lessons/reading.md:2: not valid TOML"),
        ("quizzes/last.toml", "draw = 2", "draw = 4", "quizzes/last.toml:5: draws 4 of 3 questions"),
        ("quizzes/last.toml", 'unit = "m"', "points = 2", "quizzes/last.toml:5: draws questions, so all must have"),
        ("quizzes/last.toml", 'id = "order"', 'id = "number"', "quizzes/last.toml:19: 'number' is there twice"),
        ("quizzes/last.toml", "answer = 1.5", "answer = inf", "quizzes/last.toml:13: question[1].answer"),
        ("quizzes/last.toml", "tolerance = 0.1", "tolerance = -1", "quizzes/last.toml:14: question[1].tolerance"),
        ("quizzes/last.toml", "tolerance = 0.1\n", "", "quizzes/last.toml:9: question[1].tolerance: is missing"),
        ("quizzes/last.toml", '["MBAP"]', "[]", "quizzes/last.toml:29: question[3].accept"),
        ("quizzes/last.toml", '["MBAP"]', '[" "]', "quizzes/last.toml:29: question[3].accept[1]: must not be empty"),
        (
            "quizzes/last.toml",
            'zh = "二"',
            'zh = "一"',
            "quizzes/last.toml:18: question[2]: two entry texts are the same",
        ),
        (
            "quizzes/last.toml",
            'explanation = {zh = "量", en = "Measure"}\n',
            "",
            "quizzes/last.toml:9: question[1].explanation",
        ),
        (
            "quizzes/last.toml",
            'zh = "量", en = "Measure"',
            'zh = "量"',
            "quizzes/last.toml:16: question[1].explanation.en",
        ),
        (
            "quizzes/checks.toml",
            "correct = true",
            'why = {zh = "x", en = "x"}',
            "quizzes/checks.toml:1: question[1]: has no right",
        ),
        (
            "quizzes/checks.toml",
            ', why = {zh = "少数了", en = "miscounted"}',
            "",
            "quizzes/checks.toml:7: question[1].choice[1]",
        ),
        ("quizzes/checks.toml", 'id = "first-check"', 'id = "First"', "quizzes/checks.toml:2: question[1].id"),
        ("quizzes/checks.toml", "[[question]]", "[quiz]\n[[question]]", "quizzes/checks.toml:1: quiz: unknown key"),
        (
            "figures/one.svg",
            ' viewBox="0 0 10 10"',
            "",
            "figures/one.svg:1: must begin with an <svg> that has a viewBox",
        ),
        ("figures/one.svg", "<rect", "<script/><rect", "figures/one.svg:2: <script> is not allowed"),
    ],
)
def test_bad_courses_name_file_and_line(
    file: str, old: str, new: str, problem: str, course: Path, edit: Edit, complaints: Complaints
) -> None:
    edit(course / file, old, new)
    if problem == "lessons/reading.md":  # CommonMark itself leaves javascript: links as text
        load_course(course)
        return
    found = complaints(load_course, course)
    assert any(line.startswith(problem) for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'zh = "一", en = "one"}, why',
            'zh = "一", en = "one"}, correct = true, why',
            "is single, but 2 choices are correct",
        ),
        ('zh = "一"', 'zh = "二"', "two choice texts are the same: '二'"),
        ('kind = "single"', 'kind = "multiple"', ""),
    ],
)
def test_choices_fit_their_kind(
    old: str, new: str, problem: str, course: Path, edit: Edit, complaints: Complaints
) -> None:
    edit(course / "quizzes/checks.toml", old, new)
    if problem:
        assert complaints(load_course, course) == [f"quizzes/checks.toml:1: question[1]: {problem}"]
    else:
        load_course(course)


def test_a_multiple_question_needs_something_wrong(course: Path, edit: Edit, complaints: Complaints) -> None:
    edit(course / "quizzes/checks.toml", 'kind = "single"', 'kind = "multiple"')
    edit(course / "quizzes/checks.toml", 'en = "one"}, why', 'en = "one"}, correct = true, why')
    assert "every choice is correct" in complaints(load_course, course)[0]


def test_all_problems_of_all_files_are_reported_at_once(course: Path, edit: Edit, complaints: Complaints) -> None:
    edit(course / "course.toml", "class_hours = 0.5", 'class_hours = "many"')
    edit(course / "course.toml", 'slug = "doing"', 'slug = "Doing"')
    edit(course / "lessons/reading.md", "figures/one.svg", "figures/two.svg")
    edit(course / "lessons/reading.md", "## 标题", "# 标题")
    edit(course / "quizzes/last.toml", "answer = 1.5", 'answer = "x"')
    edit(course / "quizzes/checks.toml", ", correct = true", "")
    edit(course / "figures/one.svg", "<rect", "<image")
    (course / "lessons/link.md").symlink_to("reading.md")
    found = complaints(load_course, course)
    assert sorted({line.split(" ")[0] for line in found}) == [
        "course.toml:30:",
        "course.toml:9:",
        "figures/one.svg:2:",
        "lessons/link.md:",
        "lessons/reading.md:4:",
        "quizzes/checks.toml:8:",
        "quizzes/last.toml:13:",
    ]


def test_files_that_are_missing_or_unreadable(course: Path, complaints: Complaints) -> None:
    (course / "quizzes/last.toml").write_bytes("title = '工业'".encode("gbk"))
    (course / "lessons/reading.md").write_text("")
    (course / "course.toml").unlink()
    found = complaints(load_course, course)
    assert "course.toml: there is no such file" in found
    assert any(line.startswith("quizzes/last.toml:1: is not UTF-8") for line in found)
    assert any(line.startswith("lessons/reading.md:1: must begin with front matter") for line in found)


def test_linked_files_are_not_followed(course: Path, complaints: Complaints, tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text("password = (")
    (course / "quizzes/last.toml").unlink()
    (course / "quizzes/last.toml").symlink_to(tmp_path / "secret.toml")
    found = complaints(load_course, course)
    assert not any("not valid TOML" in line for line in found)
    assert "quizzes/last.toml: is a symlink: packs carry plain files only" in found


def test_a_course_needs_no_checks_file(course: Path, edit: Edit) -> None:
    edit(course / "lessons/reading.md", ":::check first-check\n:::\n", "")
    (course / "quizzes/checks.toml").unlink()
    assert load_course(course).checks == {}


def test_a_folder_with_odd_things_is_refused(course: Path, complaints: Complaints) -> None:
    os.mkfifo(course / "figures/pipe.svg")
    assert complaints(load_course, course) == ["figures/pipe.svg: is neither a file nor a folder"]
