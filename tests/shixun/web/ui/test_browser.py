"""The kit in a real Chromium: nothing refused by the policy, nothing wider than a phone, everything by keyboard."""

from typing import Any

import pytest

from shixun.web import gallery

pytestmark = pytest.mark.browser
PAGES = [
    *(f"/gallery/{part}" for part in gallery.PARTS),
    *(f"/gallery/layout/{name}" for name in gallery.LAYOUTS),
    "/gallery/layout/confirm",
    "/gallery/layout/error/404",
]
FRAMED = "frame-ancestors"  # the samples frame a page of ours, which no page of ours allows
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary')]
  .filter((e) => e.offsetParent && !e.closest('p, .breadcrumbs, td, th, .prose, .alert, .card-title, .section-head'))
  .filter((e) => !e.closest('.choice, .drop, .outline-item'))
  .filter((e) => { const r = e.getBoundingClientRect(); return r.width && (r.height < 24 || r.width < 24) && !e.matches('.skip-link'); })
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_phone(site: Any, path: str, language: str) -> None:
    page = site.open(f"{path}?lang={language}", phone=True)
    page.wait_for_timeout(300)
    assert [text for text in page.complaints if FRAMED not in text] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("path", PAGES)
def test_computer(site: Any, path: str) -> None:
    page = site.open(path)
    page.wait_for_timeout(300)
    assert [text for text in page.complaints if FRAMED not in text] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_skip_link_is_first_and_leads_to_the_content(site: Any) -> None:
    page = site.open("/gallery/basic?lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("skip-link")
    assert page.locator(".skip-link").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_menu_by_keyboard(site: Any) -> None:
    page = site.open("/gallery/basic?lang=en")
    summary = page.locator("details.menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".menu-panel").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.locator(".menu-panel").is_visible()
    assert summary.evaluate("element => element === document.activeElement")
    summary.click()
    page.mouse.click(600, 700)
    assert not page.locator(".menu-panel").is_visible()


def test_confirmation_asks_and_posts(site: Any) -> None:
    page = site.open("/gallery/basic?lang=en")
    page.get_by_role("link", name="Stop the lab").click()
    dialog = page.locator("#stop-lab")
    assert dialog.is_visible()
    dialog.get_by_role("button", name="Cancel").click()
    assert not dialog.is_visible()
    assert site.backstage.posted == []
    page.get_by_role("link", name="Stop the lab").click()
    dialog.get_by_role("button", name="Stop the lab").click()
    page.wait_for_selector("#posted")
    assert [name for name, _form in site.backstage.posted] == ["stop"]


def test_without_scripts(site: Any) -> None:
    """The question has a page of its own, all panels are there, orders are chosen by number, tables stand for charts."""
    page = site.open("/gallery/basic?lang=en", java_script_enabled=False)
    assert page.locator("#panel-a").is_visible()
    assert page.locator("#panel-b").is_visible()
    page.get_by_role("link", name="Stop the lab").click()
    page.wait_for_url("**/confirm*")
    page.get_by_role("button").filter(has_text="停止").click()
    page.wait_for_selector("#posted")
    assert site.backstage.posted[0][0] == "stop"
    page.goto(site.url + "/gallery/learning")
    assert page.locator("#q-steps select").first.is_visible()
    page.goto(site.url + "/gallery/figures")
    page.locator(".chart summary").first.click()
    assert page.locator(".chart table").first.is_visible()


def test_tabs_by_keyboard(site: Any) -> None:
    page = site.open("/gallery/basic?lang=en")
    first, second = page.get_by_role("tab").all()
    assert first.get_attribute("aria-selected") == "true"
    assert not page.locator("#panel-b").is_visible()
    first.focus()
    page.keyboard.press("ArrowRight")
    assert second.get_attribute("aria-selected") == "true"
    assert second.evaluate("element => element === document.activeElement")
    assert page.locator("#panel-b").is_visible()
    assert not page.locator("#panel-a").is_visible()
    page.keyboard.press("ArrowRight")
    assert first.get_attribute("aria-selected") == "true"


def test_ordering_by_keyboard_sends_the_places(site: Any) -> None:
    page = site.open("/gallery/learning?lang=en")
    places = "() => Object.fromEntries([...document.querySelectorAll('#q-steps select')].map((s) => [s.name, s.value]))"
    assert page.evaluate(places) == {"q-steps-open": "1", "q-steps-read": "2", "q-steps-decode": "3"}
    item = page.locator("#q-steps .order-item", has_text="Decode")
    item.locator("[data-move=up]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate(places) == {"q-steps-decode": "1", "q-steps-open": "2", "q-steps-read": "3"}
    # The button that can go no further gave its focus to its twin.
    assert page.evaluate("document.activeElement.dataset.move") == "down"
    assert page.locator("#q-steps [data-order-status]").inner_text().startswith("Decode")
    graded = page.locator("#r-steps .order-item .order-text").all_inner_texts()
    assert graded == ["Open the TCP connection", "Decode by word order", "Send the read request"]


def test_file_names_and_password(site: Any) -> None:
    page = site.open("/gallery/forms?lang=en")
    page.locator("#roster").set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": b"a" * 2048})
    assert page.locator(".drop-files").first.inner_text() == "名单.csv (2 kB)"
    page.locator("#password").fill("secret")
    page.get_by_role("button", name="Show password").click()
    assert page.locator("#password").get_attribute("type") == "text"


def test_countdown_ends(site: Any) -> None:
    page = site.open("/gallery/layout/board")
    assert page.locator(".countdown").inner_text() in {"00:02", "00:01"}
    page.wait_for_selector(".countdown[data-state=over]", timeout=60_000)
    assert page.locator(".countdown").inner_text() == "00:00"


def test_countdown_ignores_the_clock_of_the_machine(site: Any) -> None:
    """A classroom PC whose battery is empty lives in 2011."""
    page = site.open("/gallery/learning", script="const real = Date.now; Date.now = () => real() - 15 * 365 * 864e5;")
    assert page.locator(".countdown").inner_text() in {"42:00", "41:59", "41:58"}


def test_charts_are_drawn_or_their_table_opens(site: Any) -> None:
    page = site.open("/gallery/figures")
    page.wait_for_selector(".chart-ready canvas")
    ink = (
        """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0)"""
    )
    page.wait_for_timeout(600)
    assert page.locator("canvas").first.evaluate(ink)
    page.context.route("**/charts-*.js", lambda route: route.abort())
    page.goto(site.url + "/gallery/figures")
    page.wait_for_selector(".chart details[open]")


def test_htmx_sends_the_token_and_shows_what_went_wrong(site: Any) -> None:
    page = site.open("/gallery/live?lang=en")
    page.locator("#fine").click()
    page.wait_for_selector("#posted >> text=fine")
    page.locator("#refused").click()
    page.wait_for_selector("#posted >> text=refused")
    assert page.locator("[data-request-failed]").count() == 0
    page.locator("[name=typed]").nth(2).fill("kept")
    page.locator("#broken").click()
    page.wait_for_selector("[data-request-failed]")
    page.locator("#broken").click()
    page.wait_for_timeout(200)
    assert page.locator("[data-request-failed]").count() == 1
    assert page.locator("[name=typed]").nth(2).input_value() == "kept"
    assert page.locator("#posted").inner_text() == "refused"
    assert [name for name, _form in site.backstage.posted] == ["fine", "refused", "broken", "broken"]


def test_stream_events_reload_a_part(site: Any) -> None:
    site.backstage.events = [("graded", {"score": 8}), ("unknown", {}), ("graded", {"score": 9})]
    page = site.open("/gallery/live?lang=en")
    page.wait_for_selector("#part")
    assert site.backstage.parts in {1, 2}


def test_a_failed_poll_disturbs_nobody(site: Any) -> None:
    site.backstage.events = [("graded", {})]
    page = site.open("/gallery/live?lang=en")
    page.wait_for_selector("#part")
    page.context.route("**/gallery/part", lambda route: route.abort())
    page.locator("#watch").evaluate("element => element.dispatchEvent(new CustomEvent('stream:graded'))")
    page.wait_for_timeout(300)
    assert page.locator("[data-request-failed]").count() == 0


def test_paper_shows_the_tables_of_charts(site: Any) -> None:
    page = site.open("/gallery/figures")
    page.wait_for_selector(".chart-ready canvas")
    table = page.locator(".chart table").first
    assert not table.is_visible()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert table.is_visible()
    assert not page.locator(".chart-canvas").first.is_visible()
    assert not page.locator(".site-header").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".chart details[open]").count() == 0
