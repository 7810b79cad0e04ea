"""Lessons as trainees read them: checks, progress, and content that means harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.events import emit
from shixun.core.permissions import Role
from shixun.curriculum import queries as curriculum
from shixun.curriculum.models import CourseItem
from shixun.enrolment import checks, items, progress, queries
from shixun.enrolment.events import ItemScored
from shixun.enrolment.models import CheckAnswer, ItemProgress
from shixun.testing.factories import make_person
from shixun.testing.learning import COURSE, LESSON, make_course, make_enrolment, make_run

RIGHT = "流量"


def value_of(house: Any, text: str) -> str:
    """The value that the page of this trainee has for a choice."""
    question = curriculum.checks(house.version.id)["which-axis"]
    order = checks.order_of(house.enrolment, question)
    index = next(n for n, choice in enumerate(question["choices"]) if choice["text"]["zh"] == text)
    return str(order.index(index))


def test_a_lesson_shows_text_figures_formulas_code_and_its_check(house: Any, browser: Any) -> None:
    page = browser().sign_in("xueyuan").get(f"{house.path}/lessons/curve").get_data(as_text=True)
    digest = house.version.digest.removeprefix("sha256:")
    assert f'<img src="/packs/{digest}/figures/curve.svg"' in page
    assert "<math" in page
    assert '<span class="n">head</span>' in page
    assert "横轴是什么" in page
    assert "扬程在纵轴" not in page  # why a choice is wrong comes with the answer
    assert "data-heartbeat-nonce" in page
    assert "结束。" in page


def test_english_readers_get_the_summary(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    person.post("/language/en")
    page = person.get(f"{house.path}/lessons/curve").get_data(as_text=True)
    assert "What a pump curve says." in page
    assert "What is on the x axis?" in page


def test_a_check_is_answered_in_place(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    path = f"{house.path}/lessons/curve/checks/which-axis"
    htmx = {"HX-Request": "true"}
    nothing = person.post(path, {}, headers=htmx)
    assert nothing.status_code == 422
    wrong = person.post(path, {"check-which-axis": value_of(house, "扬程")}, headers=htmx).get_data(as_text=True)
    assert "扬程在纵轴" in wrong
    assert 'data-mark="right"' not in wrong
    assert 'data-mark="missed"' not in wrong
    assert "button" in wrong  # another try
    right = person.post(path, {"check-which-axis": value_of(house, RIGHT)}, headers=htmx).get_data(as_text=True)
    assert "横轴是流量" in right
    assert "<button" not in right
    row = db.session.scalars(db.select(CheckAnswer)).one()
    assert (row.right, row.first_right, row.tries) == (True, False, 2)
    again = person.post(path, {"check-which-axis": value_of(house, "扬程")}, headers=htmx)
    assert again.status_code == 409


def test_two_wrong_answers_show_the_right_one(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    path = f"{house.path}/lessons/curve/checks/which-axis"
    for _ in range(2):
        page = person.post(path, {"check-which-axis": value_of(house, "扬程")})
        assert page.status_code == 302  # without scripts: back to the page, at the question
        assert page.location.endswith("#check-which-axis")
    page = person.get(f"{house.path}/lessons/curve").get_data(as_text=True)
    assert 'data-mark="missed"' in page


@pytest.mark.parametrize("sent", ["7", "-1", "x", "0 or 1=1"])
def test_impossible_answers(house: Any, browser: Any, sent: str) -> None:
    person = browser().sign_in("xueyuan")
    path = f"{house.path}/lessons/curve/checks/which-axis"
    assert person.post(path, {"check-which-axis": sent}, headers={"HX-Request": "true"}).status_code == 422
    assert db.session.scalars(db.select(CheckAnswer)).all() == []


def test_unknown_lessons_questions_and_runs_are_not_found(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    for path in (
        f"{house.path}/lessons/nothing",
        f"{house.path}/lessons/curve-quiz",
        f"{house.path}/quizzes/curve",
        "/c/longyan/learn/nothing",
        "/c/longyan/courses/nothing",
        f"/packs/{'0' * 64}/figures/curve.svg",
    ):
        assert person.get(path).status_code == 404, path
    assert person.post(f"{house.path}/lessons/curve/checks/nothing", {}).status_code == 404
    assert person.post(f"{house.path}/lessons/end/checks/which-axis", {"check-which-axis": "0"}).status_code == 404


def test_who_is_not_enrolled_reads_nothing(house: Any, browser: Any) -> None:
    make_person(house.center, "outside")
    make_person(house.center, "both", Role.INSTRUCTOR)
    db.session.commit()
    person = browser().sign_in("outside")
    for path in ("", "/lessons/curve", "/quizzes/curve-quiz"):
        assert person.get(house.path + path).status_code == 404
    for path in ("/lessons/curve/checks/which-axis", "/lessons/curve/done", "/quizzes/curve-quiz/begin"):
        assert person.post(house.path + path, {}).status_code == 404
    assert browser().sign_in("both").get(f"{house.path}/lessons/curve").status_code == 403
    assert browser().get(f"{house.path}/lessons/curve").status_code == 302  # to the sign-in


def test_a_lesson_is_read_once_its_questions_are_answered(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    early = person.post(f"{house.path}/lessons/curve/done")
    assert early.status_code == 409
    assert "横轴是什么" in early.get_data(as_text=True)
    person.post(f"{house.path}/lessons/curve/checks/which-axis", {"check-which-axis": value_of(house, RIGHT)})
    done = person.post(f"{house.path}/lessons/curve/done")
    assert done.location == f"{house.path}/quizzes/curve-quiz"
    assert person.post(f"{house.path}/lessons/end/done").location == house.path
    standing = queries.standings(house.version, [house.enrolment.id])[house.enrolment.id]
    assert (standing.done, standing.items) == (2, 3)
    assert "2 / 3" in person.get(house.path).get_data(as_text=True)


def test_a_pass_finishes_an_item_and_a_regrade_that_takes_it_back_opens_it(house: Any) -> None:
    for points, passed in ((3.0, False), (8.0, True)):
        emit(ItemScored(house.enrolment.id, "curve-quiz", points, 10.0, passed))
    row = db.session.scalars(db.select(ItemProgress)).one()
    assert (row.points, row.max_points) == (8.0, 10.0)
    assert row.done_at is not None
    assert progress.finish(house.enrolment, "curve-quiz").done_at == row.done_at
    emit(ItemScored(house.enrolment.id, "curve-quiz", 5.0, 10.0, False))
    assert (row.points, row.done_at) == (5.0, None)


def test_home_and_course_pages_for_each_role(house: Any, browser: Any) -> None:
    make_person(house.center, "zhuren", Role.CENTER_MANAGER)
    make_person(house.center, "saishi", Role.ORGANIZER)
    open_run = make_run(house.center, house.version, title_zh="开放班", self_enrolment=True)
    db.session.commit()
    trainee = browser().sign_in("xueyuan")
    assert "特性曲线" in trainee.get("/c/longyan/").get_data(as_text=True)
    page = trainee.get("/c/longyan/courses/pumps").get_data(as_text=True)
    assert f"/learn/{open_run.id}/join" in page
    assert f"/learn/{house.run.id}/join" not in page
    assert trainee.post(f"/c/longyan/learn/{open_run.id}/join").location.endswith(open_run.id)
    assert "开放班" in trainee.get("/c/longyan/learn").get_data(as_text=True)
    for name in ("jiaoshi", "zhuren", "saishi"):
        person = browser().sign_in(name)
        for path in ("", "courses", "courses/pumps"):
            assert person.get(f"/c/longyan/{path}").status_code == 200


def test_a_center_chooses_its_courses(house: Any, browser: Any) -> None:
    make_person(house.center, "zhuren", Role.CENTER_MANAGER)
    db.session.commit()
    person = browser().sign_in("zhuren")
    assert "水泵" in person.get("/c/longyan/courses/_library").get_data(as_text=True)
    assert person.get("/c/longyan/courses/_library/pumps/withdraw").status_code == 200
    assert person.post("/c/longyan/courses/_library/pumps/withdraw").status_code == 302
    assert "水泵" not in person.get("/c/longyan/courses").get_data(as_text=True)
    assert browser().sign_in("xueyuan").get(f"{house.path}/lessons/curve").status_code == 200  # runs go on
    assert person.post("/c/longyan/courses/_library/pumps/offer").status_code == 302
    assert "水泵" in person.get("/c/longyan/courses").get_data(as_text=True)
    assert person.post("/c/longyan/courses/_library/nothing/offer").status_code == 404


def test_instructors_preview_with_answers(house: Any, browser: Any) -> None:
    person = browser().sign_in("jiaoshi")
    lesson = person.get("/c/longyan/courses/pumps/preview/curve").get_data(as_text=True)
    assert "扬程在纵轴" in lesson
    assert "横轴是流量" in lesson
    quiz = person.get("/c/longyan/courses/pumps/preview/curve-quiz").get_data(as_text=True)
    assert "41.75" in quiz
    assert "Kavitation42" in quiz


def test_titles_and_texts_of_packs_cannot_break_out(house: Any, browser: Any, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    course = (
        COURSE.replace("水泵怎样工作", evil).replace('zh = "水泵"', f"zh = '水{evil}'").replace("特性曲线", f"曲{evil}")
    )
    lesson = LESSON.replace("## 流量与扬程", f'## 标题{evil}\n\n[x](https://a.example/"onmouseover=alert(1))')
    version = make_course(house.center, tmp_path / "evil", {"course.toml": course, "lessons/curve.md": lesson})
    run = make_run(house.center, version, title_zh=f"班{evil}", title_en='"><img src=x onerror=alert(1)>')
    make_enrolment(run, house.trainee)
    db.session.commit()
    trainee, teacher = browser().sign_in("xueyuan"), browser().sign_in("jiaoshi")
    pages = [
        trainee.get("/c/longyan/"),
        trainee.get("/c/longyan/learn"),
        trainee.get(f"/c/longyan/learn/{run.id}"),
        trainee.get(f"/c/longyan/learn/{run.id}/lessons/curve"),
        trainee.get(f"/c/longyan/learn/{run.id}/quizzes/curve-quiz"),
        trainee.get("/c/longyan/courses"),
        trainee.get("/c/longyan/courses/pumps"),
        teacher.get("/c/longyan/runs"),
        teacher.get(f"/c/longyan/runs/{run.id}"),
        teacher.get(f"/c/longyan/runs/{run.id}/edit"),
    ]
    for page in pages:
        text = page.get_data(as_text=True)
        assert page.status_code == 200
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_figures_are_pictures_and_nothing_else(house: Any, browser: Any) -> None:
    digest = house.version.digest.removeprefix("sha256:")
    person = browser().sign_in("xueyuan")
    path = f"/packs/{digest}/figures/curve.svg"
    figure = person.get(path, headers={"Sec-Fetch-Dest": "image"})
    assert figure.mimetype == "image/svg+xml"
    assert "sandbox" in figure.headers["Content-Security-Policy"]
    assert "default-src 'none'" in figure.headers["Content-Security-Policy"]
    assert "immutable" in figure.headers["Cache-Control"]
    assert figure.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in figure.headers
    for way in ("document", "iframe", "object", "embed", "script"):
        assert person.get(path, headers={"Sec-Fetch-Dest": way}).headers["Content-Disposition"] == "attachment"
    for other in (
        "quizzes/curve.toml",
        "quizzes/checks.toml",
        "course.toml",
        "figures/../quizzes/curve.toml",
        "figures/x.svg",
    ):
        assert person.get(f"/packs/{digest}/{other}").status_code == 404
    assert browser().get(path).status_code == 302


def test_an_item_of_a_kind_that_nobody_shows_has_no_link(house: Any) -> None:
    assert items.url(house.run, CourseItem(kind="hologram", slug="x")) is None


def test_answers_are_kept_as_data(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    person.post(f"{house.path}/lessons/curve/checks/which-axis", {"check-which-axis": value_of(house, RIGHT)})
    row = db.session.scalars(db.select(CheckAnswer)).one()
    assert json.dumps(row.answer) == '{"given": 0}'
    assert row.answered_at <= now()
