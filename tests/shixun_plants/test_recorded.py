"""The screen of a finished shift: read-only, the same for everyone who may see it, usable by touch at 360 px."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import httpx
import pytest

from shixun_plants.__main__ import main
from shixun_plants.bottling.record import EVERY, KINDS, REASONS, STARTUP
from shixun_plants.hmi.server import AppServer
from shixun_plants.recorded.app import make_app
from shixun_plants.recorded.data import shift_data
from shixun_plants.recorded.page import clock, length, render
from shixun_plants.recorded.texts import KIND_NAMES, REASON_NAMES, ZH
from shixun_plants.shift import shift

SEED = hashlib.sha256(b"wang").digest()  # test_shift's: computed once
CHROMIUM = Path("/usr/bin/chromium")


@contextlib.asynccontextmanager
async def screen() -> AsyncIterator[str]:
    """The shift's screen, and its address."""
    server = AppServer(make_app(shift("bottling", SEED)))
    await server.start("127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


def test_every_word_is_there_in_both_languages() -> None:
    assert REASON_NAMES.keys() == {STARTUP, *(reason for of in REASONS.values() for reason in of)}
    assert KIND_NAMES.keys() == set(KINDS)
    assert set(KIND_NAMES.values()) <= ZH.keys()
    found = shift("bottling", SEED)
    zh, en = render(found, "zh"), render(found, "en")
    shown = zh.replace("English", "")
    for text in ZH:
        assert f">{text}<" not in shown, text
    assert "灌装机" in zh
    assert "Filler" in en
    assert "灌装机" not in en


def test_times_are_written_as_people_read_them() -> None:
    assert (clock(0), clock(3661), clock(8 * 3600)) == ("08:00:00", "09:01:01", "16:00:00")
    assert (length(59), length(60), length(3600)) == ("0:59", "1:00", "1:00:00")


def test_the_data_are_the_shifts_and_small() -> None:
    found = shift("bottling", SEED)
    data = json.loads(json.dumps(shift_data(found)))
    for station, told in zip(found.stations, data["stations"], strict=True):
        assert tuple(accumulate(told["made"])) == station.made_at
        assert tuple(accumulate(told["rejected"])) == station.rejected_at
        assert [tuple(part) for part in told["segments"]] == [(s.start, s.end, s.kind) for s in station.segments]
    assert data["buffers"] == [list(levels) for levels in found.buffers_at]
    assert len(json.dumps(data, separators=(",", ":"))) < 200_000
    assert data["every"] == EVERY


async def test_it_is_read_only_and_shows_no_answers() -> None:
    async with screen() as url, httpx.AsyncClient() as http:
        for lang, word in (("zh", "班次计数"), ("en", "Counters of the shift")):
            answer = await http.get(f"{url}/?lang={lang}")
            assert answer.status_code == 200
            assert word in answer.text
            assert "OEE" not in answer.text
            assert f'<b class="made">{shift("bottling", SEED).good:,}</b>' in answer.text  # complete without a script
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        for path in ("hmi.css", "kind.css", "recorded.css", "recorded.js", "shift.json", "healthz"):
            assert (await http.get(f"{url}/{path}")).status_code == 200, path
        for method in ("POST", "PUT", "DELETE"):
            assert (await http.request(method, f"{url}/")).status_code == 405
            assert (await http.request(method, f"{url}/shift.json")).status_code == 405
        for path in ("snapshot", "events", "faults", "../../etc/passwd"):
            assert (await http.get(f"{url}/{path}")).status_code == 404, path


def test_a_shell_shows_it_and_refuses_nonsense(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "SHIXUN_PLANT_MAP_SEED": SEED.hex()}
    command = [sys.executable, "-m", "shixun_plants", "show", "bottling", "--hmi-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        page = httpx.get(f"http://127.0.0.1:{ready['hmi']}/?lang=en", trust_env=False).text
        process.terminate()
        assert process.wait(timeout=60) == 0
    assert page == render(shift("bottling", SEED), "en")
    with pytest.raises(SystemExit):
        main(["show", "boiler"])
    monkeypatch.setenv("SHIXUN_PLANT_MAP_SEED", "zz")
    with pytest.raises(SystemExit):
        main(["show", "bottling"])
    assert "not hexadecimal" in capsys.readouterr().err


@pytest.mark.browser
async def test_by_touch_on_a_phone_every_chart_follows_the_moment() -> None:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium")
    from playwright.async_api import async_playwright

    found = shift("bottling", SEED)
    longest = max(found.stops, key=lambda stop: stop.seconds)
    place = [station.name for station in found.stations].index(longest.station)
    async with screen() as url, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = await chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        page = await context.new_page()
        wrong: list[Any] = []
        page.on("pageerror", lambda error: wrong.append(error))
        await page.goto(f"{url}/?lang=en")
        card = page.locator(f'[data-station="{place}"]')
        made = card.locator(".made")
        await page.wait_for_selector("body[data-ready]")
        assert await made.inner_text() == f"{found.stations[place].made:,}"
        await page.locator(f'[data-go="{longest.start}"]').tap()
        await page.get_by_role("button", name="+1 min").tap()
        assert await card.locator(".chip").inner_text() == "Down"
        sample = (round(longest.start / EVERY) * EVERY + 60) // EVERY
        assert await made.inner_text() == f"{found.stations[place].made_at[sample]:,}"
        before = page.locator(f'[data-buffer="{place - 1}"] .amount')
        assert await before.inner_text() == str(found.buffers_at[place - 1][sample])
        await page.get_by_role("button", name="10 minutes").tap()
        assert await page.locator(".bar svg").first.get_attribute("viewBox") == f"{sample * EVERY - 300} 0 600 24"
        at = await page.locator("#clock").inner_text()
        box = await page.locator(".bar svg").nth(1).bounding_box()
        assert box is not None
        await page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + 10)
        assert await page.locator("#clock").inner_text() > at
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert wrong == []
        await chromium.close()
