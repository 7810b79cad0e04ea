"""Heartbeats, the start of a lab and its one-screen layout, in a real Chromium."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser
HIDE = """hidden => {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => hidden ? 'hidden' : 'visible' });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def until(page: Any, condition: Callable[[], bool]) -> None:
    """Wait, at most five seconds, while the page goes on."""
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def answer(site: Any, status: int = 200, **more: Any) -> None:
    site.backstage.next_beat = (status, {"ask": False, "stop": False, "interval": 0.2, **more})


def presence(page: Any) -> str:
    return str(page.locator(".presence").get_attribute("data-state"))


def test_beats_carry_the_chain_of_nonces(site: Any) -> None:
    answer(site)
    page = site.open("/gallery/learning?lang=en")
    until(page, lambda: len(site.backstage.beats) >= 4)
    beats = site.backstage.beats
    assert [beat["nonce"] for beat in beats[:4]] == ["n0", "n1", "n2", "n3"]
    assert all(beat["present"] is False for beat in beats)
    assert presence(page) == "counting"
    assert page.locator(".presence-counting").is_visible()
    assert not page.locator(".presence-paused").is_visible()


def test_beats_tell_of_input_once(site: Any) -> None:
    answer(site)
    page = site.open("/gallery/learning?lang=en")
    until(page, lambda: len(site.backstage.beats) >= 2)
    assert not any(beat["input"] for beat in site.backstage.beats)
    page.mouse.move(300, 300)
    before = len(site.backstage.beats)
    until(page, lambda: len(site.backstage.beats) >= before + 3)
    assert [beat["input"] for beat in site.backstage.beats].count(True) == 1


def test_a_hidden_page_is_silent(site: Any) -> None:
    answer(site)
    page = site.open("/gallery/learning?lang=en")
    until(page, lambda: len(site.backstage.beats) >= 2)
    page.evaluate(HIDE, True)
    page.wait_for_timeout(300)
    count = len(site.backstage.beats)
    page.wait_for_timeout(700)
    assert len(site.backstage.beats) == count
    assert presence(page) == "paused"
    page.evaluate(HIDE, False)
    until(page, lambda: len(site.backstage.beats) > count)
    assert site.backstage.beats[count]["nonce"] == f"n{count}"


def test_the_question_waits_for_the_button(site: Any) -> None:
    answer(site)
    site.backstage.asking = True
    page = site.open("/gallery/learning?lang=en")
    dialog = page.locator("[data-heartbeat-url] dialog")
    dialog.wait_for(state="visible")
    assert presence(page) == "asking"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    assert dialog.is_visible()
    assert not any(beat["present"] for beat in site.backstage.beats)
    page.get_by_role("button", name="Yes, I am here").click()
    until(page, lambda: any(beat["present"] for beat in site.backstage.beats))
    until(page, lambda: presence(page) == "counting")
    assert not dialog.is_visible()
    assert [beat["present"] for beat in site.backstage.beats].count(True) == 1


def test_our_fault_repeats_the_same_nonce(site: Any) -> None:
    answer(site)
    page = site.open("/gallery/learning?lang=en")
    until(page, lambda: len(site.backstage.beats) >= 2)
    answer(site, status=503)
    until(page, lambda: presence(page) == "offline")
    failed = site.backstage.beats[-1]["nonce"]
    until(page, lambda: [beat["nonce"] for beat in site.backstage.beats].count(failed) >= 2)
    answer(site)
    until(page, lambda: presence(page) == "counting")


@pytest.mark.parametrize(("status", "more"), [(409, {}), (401, {}), (200, {"stop": True})])
def test_it_stops_when_told(site: Any, status: int, more: dict[str, Any]) -> None:
    answer(site, status=status, **more)
    page = site.open("/gallery/learning?lang=en")
    until(page, lambda: presence(page) == "stopped")
    count = len(site.backstage.beats)
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    page.wait_for_timeout(600)
    assert len(site.backstage.beats) == count == 1


def test_start_steps_follow_the_stream(site: Any) -> None:
    site.backstage.events = [
        ("step", {"step": "plant", "state": "done", "note": None, "percent": 60}),
        ("step", {"step": "lab", "state": "running", "note": "<b>soon</b>", "percent": 80}),
        ("step", {"step": "nothing]", "state": "done"}),
    ]
    page = site.open("/gallery/layout/starting?lang=en")
    page.wait_for_selector('[data-step=lab][data-state="running"]')
    assert page.locator("[data-step=plant]").get_attribute("data-state") == "done"
    assert page.locator("[data-step=lab] .step-note").inner_text() == "<b>soon</b>"
    assert page.locator("progress").evaluate("bar => bar.value") == 80
    assert page.locator("[data-start-status]").inner_text() == "Open JupyterLab"
    assert not page.locator("[data-start-failed]").is_visible()


def test_a_failed_start_says_so(site: Any) -> None:
    site.backstage.events = [("failed", {"message": "No place is free: 36 of 36 labs are in use."})]
    page = site.open("/gallery/layout/starting?lang=en")
    page.wait_for_selector("[data-start-failed]:not([hidden])")
    assert "36 of 36" in page.locator("[data-start-message]").inner_text()
    assert page.locator("[data-step=plant]").get_attribute("data-state") == "failed"
    assert page.get_by_role("link", name="Try again").is_visible()


def test_a_ready_lab_opens(site: Any) -> None:
    site.backstage.events = [("ready", {"url": "/gallery/contest?lang=en"})]
    page = site.open("/gallery/layout/starting?lang=en")
    page.wait_for_url("**/gallery/contest?lang=en")


@pytest.mark.parametrize("url", ["https://example.invalid/", "//example.invalid/", "javascript:document.title='x'"])
def test_a_ready_lab_leads_nowhere_else(site: Any, url: str) -> None:
    site.backstage.events = [("ready", {"url": url}), ("step", {"step": "lab", "state": "running"})]
    page = site.open("/gallery/layout/starting?lang=en")
    page.wait_for_timeout(500)
    assert page.url.startswith(site.url)
    assert page.title().startswith("5.1")


def width(page: Any) -> float:
    return float(page.locator(".pane-task").bounding_box()["width"])


def test_the_splitter_moves_and_is_remembered(site: Any) -> None:
    page = site.open("/gallery/layout/workspace?lang=en")
    splitter = page.get_by_role("separator")
    start = width(page)
    splitter.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert width(page) == start + 64
    assert splitter.get_attribute("aria-valuenow") == str(round(start + 64))
    page.keyboard.press("Home")
    assert width(page) == 280
    page.keyboard.press("ArrowLeft")
    assert width(page) == 280
    box = splitter.bounding_box()
    page.mouse.move(box["x"] + 6, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(600, box["y"] + 200, steps=4)
    page.mouse.up()
    assert abs(width(page) - 600) <= 12
    dragged = width(page)
    page.reload()
    assert width(page) == dragged


def test_tabs_of_the_lab(site: Any) -> None:
    page = site.open("/gallery/layout/workspace?lang=en")
    assert page.locator("#task").is_visible()
    assert page.locator("#stage-notebook iframe").is_visible()
    page.get_by_role("tab", name="Plant").click()
    assert page.locator("#task").is_visible()
    assert not page.locator("#stage-notebook").is_visible()
    assert page.locator("#stage-hmi iframe").is_visible()


def test_lab_on_a_phone_shows_task_and_plant_and_offers_a_computer(site: Any) -> None:
    page = site.open("/gallery/layout/workspace?lang=en", phone=True)
    assert page.locator("#task").is_visible()
    assert not page.locator("#stage-hmi").is_visible()
    page.get_by_role("tab", name="Notebook").click()
    assert page.get_by_text("Go on at a computer").is_visible()
    assert not page.locator("#stage-notebook iframe").is_visible()
    assert not page.locator("#task").is_visible()
    page.get_by_role("tab", name="Plant").click()
    assert page.locator("#stage-hmi iframe").is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("#task").is_visible()


def requests_of_frames(page: Any) -> list[str]:
    """The parts of the lab that frames asked for, in order, once the page is loaded anew."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if "part=" in request.url:
            asked.append(request.url.partition("part=")[2])

    page.on("request", note)
    page.reload(wait_until="commit")  # a held frame holds the load event, too
    return asked


def test_frames_of_the_lab_load_one_after_the_other(site: Any) -> None:
    """Each signs in at the lab, and two sign-ins at once spoil each other's state."""
    page = site.open("/gallery/layout/workspace?lang=en")
    held: list[Any] = []
    page.context.route("**part=lab", lambda route: held.append(route))
    asked = requests_of_frames(page)
    until(page, lambda: bool(held))
    page.get_by_role("tab", name="Plant").click()
    page.wait_for_timeout(300)
    assert asked == ["lab"]
    held[0].continue_()
    until(page, lambda: asked == ["lab", "hmi"])


def test_a_phone_loads_what_is_looked_at(site: Any) -> None:
    """JupyterLab is megabytes that a phone never needs."""
    page = site.open("/gallery/layout/workspace?lang=en", phone=True)
    asked = requests_of_frames(page)
    page.get_by_role("tab", name="Notebook").click()
    page.wait_for_timeout(300)
    assert asked == []
    page.get_by_role("tab", name="Plant").click()
    until(page, lambda: asked == ["hmi"])
    page.set_viewport_size({"width": 1280, "height": 900})
    until(page, lambda: asked == ["hmi", "lab"])
