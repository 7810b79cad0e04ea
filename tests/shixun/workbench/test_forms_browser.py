"""A form in a real browser: nothing that was typed is lost, on a computer and on a phone."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).parent))

from forms_kit import make_form_lab

from shixun.assessment.models import Submission
from shixun.core import blobs
from shixun.core.db import db
from shixun.testing.factories import PASSWORD
from shixun.web import manifest
from shixun.workbench.models import FormAnswer
from shixun_packs.digest import read_bundle

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def devices(app: Any, world: Any) -> Iterator[Any]:
    """`devices(width)` is another device of the trainee's, signed in, at the lab's page."""
    if not CHROMIUM.exists() or not (manifest.DIST / "manifest.json").exists():
        pytest.skip("no Chromium, or the front end is not built")
    from playwright.sync_api import sync_playwright

    make_form_lab(world.run_id)
    path = f"/c/{world.center.slug}/learn/{world.run_id}/labs/factory"
    db.session.rollback()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://www.shixun.localhost:{server.server_port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])

        def device(width: int, lang: str = "zh-CN") -> Any:
            context = chromium.new_context(viewport={"width": width, "height": 740}, locale=lang, has_touch=width < 800)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.goto(f"{origin}/sign-in")
            page.fill("[name=username]", "wang")
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url("**/c/*/")
            page.goto(origin + path)
            return page

        yield device
        chromium.close()
    server.shutdown()


def kept() -> dict[str, list[str]]:
    """What the server has; no lock is kept, since the browsers go on."""
    db.session.rollback()
    found = {answer.field: answer.typed for answer in db.session.scalars(db.select(FormAnswer))}
    db.session.rollback()
    return found


def saved(page: Any, **wanted: list[str]) -> None:
    """Wait until the server has these answers."""
    for _ in range(300):
        if kept() | wanted == kept():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{wanted} was not saved: {kept()}")


def shows(page: Any, label: str, text: str) -> None:
    """Wait until a field shows this text."""
    for _ in range(300):
        if page.get_by_label(label).input_value() == text:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{label} never showed {text}")


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_on_a_phone_what_is_typed_right_before_leaving_is_there_again(devices: Any) -> None:
    phone = devices(360)
    assert fits(phone)
    phone.get_by_label("灌装机的可用率").fill("87.5")
    phone.reload()  # sooner than any pause: the page sends it as it goes
    saved(phone, availability=["87.5"])
    phone.reload()
    assert phone.get_by_label("灌装机的可用率").input_value() == "87.5"
    phone.get_by_text("封盖机").first.tap()
    saved(phone, bottleneck=["capper"])
    phone.wait_for_selector('.save-state[data-state="saved"]')
    phone.get_by_role("tab", name="工厂").click()
    assert not phone.get_by_label("灌装机的可用率").is_visible()
    assert phone.get_by_role("button", name="启动画面").is_visible()
    assert fits(phone)


def test_two_devices_lose_nothing_of_one_another(devices: Any) -> None:
    phone, computer = devices(360), devices(1280)
    phone.get_by_label("灌装机的可用率").fill("87.5")
    saved(phone, availability=["87.5"])
    computer.get_by_label("最长停机").fill("12")
    saved(computer, availability=["87.5"], minutes=["12"])
    # The answer to its own saving has brought the other device's answer along.
    shows(computer, "灌装机的可用率", "87.5")
    assert phone.get_by_label("最长停机").input_value() == ""
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # looked at again
    shows(phone, "最长停机", "12")


def test_a_server_that_is_away_loses_nothing(devices: Any) -> None:
    page = devices(1280)
    page.context.route("**/answers", lambda route: route.fulfill(status=503))
    page.get_by_label("最长停机").fill("12")
    page.wait_for_selector('.save-state[data-state="away"]')
    page.context.unroute("**/answers")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    saved(page, minutes=["12"])
    page.wait_for_selector('.save-state[data-state="saved"]')


def test_faults_stand_beside_their_fields_and_submitting_is_confirmed(devices: Any) -> None:
    page = devices(1280, "en-US")
    page.get_by_label("Longest stop").fill("a while")
    page.get_by_label("Availability of the filler").fill("８７,５")
    page.locator("#field-minutes .field-error").wait_for()
    assert "not a number in min" in page.locator("#field-minutes .field-error").inner_text()
    assert page.get_by_label("Longest stop").get_attribute("aria-invalid") == "true"
    page.get_by_role("link", name="Submit").click()
    assert page.locator("[data-answers-empty]").inner_text() == "4"
    page.locator("dialog").get_by_role("button", name="Submit").click()
    page.wait_for_url("**#field-minutes")
    assert "can't be read" in page.locator("body").inner_text()
    page.get_by_label("Longest stop").fill("12 min")
    page.get_by_label("Why?").focus()
    page.locator("#field-minutes .field-error").wait_for(state="hidden")
    page.get_by_role("link", name="Submit").click()
    page.locator("dialog").get_by_role("button", name="Submit").click()
    page.wait_for_url("**#submissions")
    db.session.rollback()
    submission = db.session.scalars(db.select(Submission)).one()
    sent = json.loads(read_bundle(blobs.get(submission.files_digest))["answers.json"])
    db.session.rollback()
    assert sent == {"availability": 87.5, "minutes": 12.0}
    assert page.locator("#submissions").is_visible()
