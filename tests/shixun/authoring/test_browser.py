"""An instructor at work in Chromium: write, see, disagree, go away, publish; a trainee reads it."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from shixun.app import create_app
from shixun.authoring import queries
from shixun.core.db import db
from shixun.core.permissions import Role
from shixun.curriculum import queries as curriculum
from shixun.testing.factories import PASSWORD, make_person
from shixun.testing.learning import make_enrolment, make_run

CHROMIUM = Path("/usr/bin/chromium")
MANIFEST = Path(__file__).parents[3] / "platform/shixun/web/static/dist/manifest.json"
expect.set_options(timeout=60_000)  # as long as a busy machine needs
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
    pytest.mark.skipif(not MANIFEST.exists(), reason="the front end is not built"),
]


@pytest.fixture
def origin(school: Any, settings: Any) -> Iterator[str]:
    """The application behind a real server, on the database of the test."""
    make_person(school.center, "xue", Role.TRAINEE)
    db.session.commit()
    server = make_server("127.0.0.1", 0, lambda environ, start: application(environ, start), threaded=True)
    url = f"http://www.shixun.localhost:{server.server_port}"
    application = create_app(settings.model_copy(update={"public_url": url}), testing=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url
    server.shutdown()
    thread.join()
    server.server_close()
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def sign_in(origin: str) -> Iterator[Any]:
    """`sign_in(username)` opens a page of a browser of their own."""
    with sync_playwright() as playwright:
        rules = "--host-resolver-rules=MAP *.localhost 127.0.0.1"
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", rules]
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)

        def open_page(username: str) -> Any:
            context = chromium.new_context(base_url=origin, locale="zh-CN")
            context.set_default_timeout(60_000)
            page = context.new_page()
            page.goto("/sign-in")
            page.locator("input[name=username]").fill(username)
            page.locator("input[name=password]").fill(PASSWORD)
            page.locator("input[name=password]").press("Enter")
            page.wait_for_url("**/c/**")
            return page

        yield open_page
        chromium.close()


def saved(page: Any) -> None:
    expect(page.locator("[data-editor-state]")).to_have_attribute("data-state", "saved", timeout=60_000)


def test_write_a_lesson_publish_it_and_read_it(school: Any, sign_in: Any) -> None:
    home = school.url
    db.session.rollback()  # SQLite has one writer at a time
    url = f"{home}/lessons/curve"
    lin = sign_in("lin")
    lin.goto(url)
    text = lin.locator("#body")
    text.press("Control+End")
    lin.keyboard.type("\n\n## 气蚀\n\n入口压力低于饱和蒸气压就会**气蚀**。")
    preview = lin.locator("#preview")
    expect(preview.locator("h2", has_text="气蚀")).to_be_visible(timeout=60_000)
    expect(preview.locator("strong", has_text="气蚀")).to_be_visible()
    saved(lin)

    text.press("Control+End")
    lin.keyboard.type("\n\n# 太大的标题")
    problem = lin.locator("[data-editor-problems] a")
    expect(problem).to_have_count(1, timeout=60_000)
    problem.click()
    assert text.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)") == "# 太大的标题"
    lin.keyboard.press("Delete")
    expect(problem).to_have_count(0, timeout=60_000)
    saved(lin)

    # Two at once: the second is asked, and both texts are there.
    wang = sign_in("wang")
    wang.goto(url)
    text.press("Control+End")
    lin.keyboard.type("林老师加的一句。")
    expect(preview).to_contain_text("林老师加的一句。", timeout=60_000)
    wang.locator("#body").press("Control+End")
    wang.keyboard.type("王老师加的一句。")
    conflict = wang.locator("[data-editor-conflict]")
    expect(conflict).to_be_visible(timeout=60_000)
    assert "林老师加的一句。" in conflict.locator("[data-theirs=body]").input_value()
    assert "王老师加的一句。" in wang.locator("#body").input_value()
    conflict.locator("[data-choose=theirs]").click()
    saved(wang)
    assert "林老师加的一句。" in wang.locator("#body").input_value()

    # Leaving at once loses nothing, with and without a connection.
    wang.locator("#body").press("Control+End")
    wang.keyboard.type("走之前的一句。")
    wang.locator(".breadcrumbs a").last.click()
    wang.wait_for_url("**" + home)
    wang.goto(url)
    expect(wang.locator("#body")).to_have_value(re.compile("走之前的一句。$"))
    wang.context.set_offline(True)
    wang.locator("#body").press("Control+End")
    wang.keyboard.type("断网时的一句。")
    expect(wang.locator("[data-editor-state]")).to_have_attribute("data-state", "failed", timeout=60_000)
    again = wang.context.new_page()
    wang.close()
    again.context.set_offline(False)
    again.goto(url)
    expect(again.locator("[data-editor-recovery]")).to_be_visible()
    again.locator("[data-take]").click()
    saved(again)

    # By keyboard alone: publish.
    lin.goto(f"{home}/publish")
    expect(lin.locator(".alert-ok")).to_be_visible()
    lin.locator("#version").press("Enter")
    lin.wait_for_url("**" + home)

    version = curriculum.current_version("valves", school.center.id)
    assert "断网时的一句。" in (queries.text(school.draft, "lessons/curve.md") or "")
    run = make_run(school.center, version)
    make_enrolment(run, db.session.scalars(db.select(type(school.lin)).filter_by(username="xue")).one())
    address = f"/c/longyan/learn/{run.id}/lessons/curve"
    db.session.commit()
    xue = sign_in("xue")
    xue.goto(address)
    for sentence in ("林老师加的一句。", "走之前的一句。", "断网时的一句。"):
        expect(xue.locator("main")).to_contain_text(sentence)
