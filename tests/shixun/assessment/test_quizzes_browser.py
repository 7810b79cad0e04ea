"""A lesson and a quiz in a real browser, at the width of a phone and by keyboard."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from shixun.assessment.quiz_models import QuizAnswer, QuizAttempt
from shixun.core.db import db
from shixun.enrolment.attention_models import Attention
from shixun.enrolment.models import CheckAnswer, Enrolment
from shixun.testing.factories import PASSWORD, make_center, make_person
from shixun.testing.learning import make_course, make_enrolment, make_run
from shixun.web import manifest

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def learner(app: Any, tmp_path: Path) -> Enrolment:
    center = make_center()
    person = make_person(center, "xueyuan", name="王芳")
    enrolment = make_enrolment(make_run(center, make_course(center, tmp_path)), person)
    db.session.commit()
    return enrolment


@pytest.fixture(params=[(1280, 900), (360, 740)], ids=["computer", "phone"])
def page(app: Any, learner: Enrolment, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Signed in, in Chinese; `page.at(path)` opens a page of the run."""
    if not CHROMIUM.exists() or not (manifest.DIST / "manifest.json").exists():
        pytest.skip("no Chromium, or the front end is not built")
    from playwright.sync_api import sync_playwright

    run_path = f"/c/longyan/learn/{learner.run_id}"
    db.session.rollback()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://www.shixun.localhost:{server.server_port}"
    width, height = request.param
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        opened = context.new_page()
        opened.set_default_timeout(60_000)
        opened.goto(origin + "/sign-in")
        opened.fill("[name=username]", "xueyuan")
        opened.fill("[name=password]", PASSWORD)
        opened.click("main button[type=submit]")
        opened.wait_for_url("**/c/longyan/")
        opened.at = lambda path: opened.goto(origin + run_path + path)
        yield opened
        chromium.close()
    server.shutdown()


def rows(model: Any) -> list[Any]:
    """What the server wrote; no lock is kept, since the browser goes on."""
    db.session.rollback()
    found = list(db.session.scalars(db.select(model)))
    db.session.expunge_all()
    db.session.rollback()
    return found


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_reading_and_answering(page: Any) -> None:
    page.at("/lessons/curve")
    page.wait_for_selector('.presence[data-state="counting"]')
    assert len(rows(Attention)) == 1
    assert page.locator("math").count() == 3
    assert page.locator("figure img").evaluate("image => image.complete && image.naturalWidth > 0")
    assert fits(page)
    page.get_by_text("扬程", exact=True).click()
    page.get_by_role("button", name="提交答案").click()
    page.wait_for_selector('.choice[data-mark="wrong"]')
    assert "扬程在纵轴" in page.locator(".question").inner_text()
    page.get_by_text("流量", exact=True).click()
    page.get_by_role("button", name="再次提交").click()
    page.wait_for_selector('.choice[data-mark="right"]')
    assert rows(CheckAnswer)[0].tries == 2
    assert rows(Attention)[0].proofs >= 1
    page.get_by_role("button", name="学完了，继续").click()
    page.wait_for_url("**/quizzes/curve-quiz")


def test_a_quiz_saves_by_itself_and_orders_by_keyboard(page: Any) -> None:
    page.at("/quizzes/curve-quiz")
    page.get_by_role("button", name="开始").click()
    page.wait_for_selector(".countdown")
    page.get_by_text("对的选项", exact=True).click()
    page.locator("#q-number input").fill("41.75")
    page.locator("#q-word input").fill("气蚀")
    steps = page.locator("#q-steps .order-item")
    for place, name in enumerate(("甲步", "乙步", "丙步")):
        up = page.locator("#q-steps .order-item").filter(has_text=name).locator('[data-move="up"]')
        while name not in steps.nth(place).inner_text():
            up.focus()
            page.keyboard.press("Enter")
    for key in ("one", "number", "word", "steps"):
        page.locator(f"#saved-{key}", has_text="已保存").wait_for()
    assert fits(page)
    assert len(rows(QuizAnswer)) == 4
    page.reload()
    assert page.locator("#q-number input").input_value() == "41.75"
    assert [item.split("\n")[1] for item in steps.all_inner_texts()] == ["甲步", "乙步", "丙步"]
    page.get_by_role("button", name="交卷", exact=True).click()
    page.get_by_role("button", name="仍然交卷").click()
    page.wait_for_selector(".score")
    assert rows(QuizAttempt)[0].points == 4.0
    assert fits(page)
