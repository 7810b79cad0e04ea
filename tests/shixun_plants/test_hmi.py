"""The screen: what it says, through a proxy under a prefix, and in a browser."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from shixun_plants.faults import ACTUATOR, INSTRUMENT, NETWORK, Fault
from shixun_plants.hmi import app
from shixun_plants.hmi.app import MAX_STREAMS
from shixun_plants.hmi.mimic import digits
from shixun_plants.hmi.page import PRIORITIES
from shixun_plants.hmi.server import MAX_CONNECTIONS
from shixun_plants.hmi.texts import EN, ZH, language, translator
from shixun_plants.plants import KINDS, catalogue, plant_class
from shixun_plants.pointmap import PointMap

from .conftest import mimic, screen

CHROMIUM = Path("/usr/bin/chromium")
PREFIX = "/user/t0123/shixun/hmi"


@contextlib.asynccontextmanager
async def proxy(port: int) -> AsyncIterator[str]:
    """What a lab server does: strips a prefix, streams through. Elsewhere it serves a page that frames the screen."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(4096):
                writer.write(part)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            line, rest = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)
            method, path, version = line.split(b" ")
            if not path.startswith(PREFIX.encode()):
                page = f'<iframe src="{PREFIX}/?lang=en" width=360 height=900 style="border:0"></iframe>'.encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + page)
                writer.close()
                return
            upstream, out = await asyncio.open_connection("127.0.0.1", port)
            rest = re.sub(rb"(?i)connection: [^\r]*", b"Connection: close", rest)
            out.write(b" ".join((method, path[len(PREFIX) :], version)) + b"\r\n" + rest)
            await asyncio.gather(copy(reader, out), copy(upstream, writer))

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    listener.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_the_page_is_complete_without_a_script(tmp_path: Path, kind: str) -> None:
    """Name, drawing, every reading, ten minutes of past and the faults menu, in both languages, and nothing that the CSP blocks."""
    shown = mimic(kind)
    async with screen(tmp_path, kind=kind, faults_menu=True) as (live, _, url), httpx.AsyncClient() as http:
        for lang, name in (("zh", shown.zh), ("en", shown.en)):
            page = (await http.get(f"{url}/?lang={lang}")).text
            assert f"<h1>{name}</h1>" in page
            assert "<svg" in page.split("</header>")[1].split('class="card trend')[0]
            for signal in catalogue(kind):
                if signal.kind != "command":
                    value = round(live.reported.values[signal.tag], 3)
                    text = f"{value:,.{digits(signal)}f}"
                    assert f'data-v="{signal.tag}" data-d="{digits(signal)}">{text}<' in page, signal.tag
                assert f'<option value="{signal.tag}"' in page
            assert len(re.findall(r"[\d.]+,[\d.]+", page.split("data-trend")[1])) > 200, "the past is there"
            assert not [inline for inline in ("<style", " style=", "<script>", "onclick") if inline in page]
            chinese = re.sub("中文", "", page.split("<body")[1].split(">", 1)[1])
            assert bool(re.search("[\u4e00-\u9fff]", chinese)) is (lang == "zh")


async def test_the_bottling_line_has_all_its_machines(tmp_path: Path) -> None:
    async with screen(tmp_path) as (_, _, url), httpx.AsyncClient() as http:
        page = (await http.get(f"{url}/?lang=zh")).text
        assert [page.count(f'class="{part}"') for part in ("station", "buffer")] == [5, 4]
        assert all(word in page for word in ("灌装机", "运行", "瓶颈"))


async def test_headers_let_the_lab_frame_it_and_nothing_is_absolute(tmp_path: Path) -> None:
    async with screen(tmp_path) as (_, _, url), httpx.AsyncClient() as http:
        for path in ("/", "/hmi.js", "/hmi.css", "/kind.css", "/snapshot"):
            answer = await http.get(url + path)
            assert answer.status_code == 200
            assert "x-frame-options" not in answer.headers
            assert "frame-ancestors" not in answer.headers["content-security-policy"]
            assert not re.search(
                r"""(?:href|src|action)="(?:/|http)|(?:fetch|EventSource)\("(?:/|http)|url\(""", answer.text
            )
        page = (await http.get(url)).text
        assert not [inline for inline in ("<style", " style=", "<script>") if inline in page], "the CSP would block it"


async def test_events_flow_through_a_proxy_under_a_prefix(tmp_path: Path) -> None:
    async with (
        screen(tmp_path) as (live, server, _),
        proxy(server.port) as base,
        httpx.AsyncClient() as http,
        http.stream("GET", f"{base}{PREFIX}/events") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        messages: list[dict[str, Any]] = []
        async with asyncio.timeout(10):
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    messages.append(json.loads(line[6:]))
                    live.advance(5.0)
                if len(messages) == 3:
                    break
    assert len(messages[0]["trend"]) > 200
    assert 1 <= len(messages[2]["trend"]) <= 5
    assert messages[0]["t"] < messages[2]["t"]
    assert set(messages[2]["values"]) == {signal.tag for signal in catalogue("bottling")}


async def test_streams_end_with_their_browsers_and_are_limited(tmp_path: Path) -> None:
    async with (
        screen(tmp_path) as (_, server, url),
        httpx.AsyncClient(limits=httpx.Limits(max_connections=100)) as http,
    ):
        lines: list[AsyncIterator[str]] = []
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(MAX_STREAMS):
                answer = await stack.enter_async_context(http.stream("GET", f"{url}/events"))
                lines.append(answer.aiter_lines())  # kept: httpx closes a stream whose iterator is gone
                await anext(lines[-1])
            assert (await http.get(f"{url}/events")).status_code == 503
            assert (await http.get(url)).status_code == 200
        async with asyncio.timeout(5):
            while server._screen.streams:
                await asyncio.sleep(0.05)


async def test_a_flood_of_connections_leaves_descriptors(tmp_path: Path) -> None:
    async with screen(tmp_path) as (_, server, url), httpx.AsyncClient() as http:
        held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
        await asyncio.sleep(0.1)
        assert server._server is not None
        assert len(server._server.server_state.connections) <= MAX_CONNECTIONS
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.1)
        assert (await http.get(url)).status_code == 200


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, b"\0" * 70_000])
async def test_garbage_is_answered_or_dropped(tmp_path: Path, garbage: bytes) -> None:
    async with screen(tmp_path) as (_, server, url), httpx.AsyncClient() as http:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with contextlib.suppress(OSError):
            writer.write(garbage)
            await writer.drain()
        writer.close()
        assert (await http.get(f"{url}/healthz")).json()["ok"] is True


@pytest.mark.parametrize(("kind", "given"), [("bottling", False), ("four-tank", True)])
async def test_the_point_map_is_given_where_no_lab_is_about_finding_it(tmp_path: Path, kind: str, given: bool) -> None:
    async with screen(tmp_path, kind=kind) as (live, _, url), httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/points")
        assert answer.status_code == (200 if given else 404)
        assert not given or PointMap.from_json(answer.text) == live.map


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_has_its_chinese(kind: str) -> None:
    """What the shell and the kind's package ask for by `_("…")`, states, units, faults; and no two words for one."""
    shown = mimic(kind)
    folders = [files("shixun_plants.hmi"), files(shown.package)]
    sources = [path.read_text("utf-8") for folder in folders for path in folder.iterdir() if path.name.endswith(".py")]  # type: ignore[attr-defined]
    asked = {text for source in sources for text in re.findall(r"""\b_\(["']([^"']+)["']\)""", source)}
    asked |= {word for states in shown.states.values() for word in states.values()} | set(PRIORITIES.values())
    helps = {f"help {word}" for word in (*INSTRUMENT, *ACTUATOR, *NETWORK, "none")}
    asked |= {"active", "returned", "Unshelve", "shelved until", *INSTRUMENT, *ACTUATOR, *NETWORK, "none"} | helps
    asked |= {signal.unit for signal in catalogue(kind) if re.fullmatch(r"[a-z]{3,}(/[a-z]+)?", signal.unit)} - {
        "min",
        "rpm",
    }
    assert asked <= set(ZH) | set(shown.words), asked - set(ZH) - set(shown.words)
    assert not set(ZH) & set(shown.words)
    assert helps | {*INSTRUMENT, *ACTUATOR, *NETWORK} == set(EN)
    assert translator("en", shown.words)("Stopped") == "Stopped"
    named = (*catalogue(kind), *plant_class(kind).alarms)
    assert all(one.zh and one.en and one.zh != one.en for one in named)
    assert all(re.search("[\u4e00-\u9fff]", one.zh) and not re.search("[\u4e00-\u9fff]", one.en) for one in named)


@pytest.mark.parametrize("kind", KINDS)
def test_every_mimic_fits_its_plant(kind: str) -> None:
    """Tags that it names exist, and states have a word for every number."""
    shown, signals = mimic(kind), {signal.tag: signal for signal in catalogue(kind)}
    assert set(shown.trend_tags) | set(shown.states) | {alarm.tag for alarm in plant_class(kind).alarms} <= set(signals)
    assert set(shown.states) >= {tag for tag, signal in signals.items() if signal.kind == "state"}
    assert all(len(strip.tags) <= 4 and strip.low < strip.high for strip in shown.strips)
    assert set(plant_class(kind).actuators) <= set(signals)


@pytest.mark.parametrize(
    ("asked", "accepted", "lang"),
    [
        ("en", "zh-CN", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "en-US,en", "en"),
        ("", "fr,en;q=0.5", "en"),
        ("xx", "", "zh"),
    ],
)
def test_language(asked: str, accepted: str, lang: str) -> None:
    assert language(asked, accepted) == lang


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium")
async def test_every_kind_moves_and_fits_a_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamed readings reach the drawing without an error of the script, and no page is wider than its window."""
    from playwright.async_api import async_playwright

    monkeypatch.setattr(app, "PERIOD", 0.2)  # what the page waits for comes sooner
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page()
        problems: list[str] = []
        page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        for kind in KINDS:
            async with screen(tmp_path, kind=kind, faults_menu=True) as (live, _, url):
                await page.goto(f"{url}/?lang=en")
                await page.get_by_text("Live", exact=True).wait_for()
                await page.locator("summary").click()
                for width in (360, 1200):
                    await page.set_viewport_size({"width": width, "height": 800})
                    assert await page.evaluate("document.documentElement.scrollWidth") <= width, kind
                await page.get_by_role("button", name="Apply").click()
                await page.locator(".standing li").wait_for()
                signal = next(signal for signal in catalogue(kind) if signal.kind == "analog")
                live.faults = (Fault(signal.tag, "dropout", start=live.plant.time),)
                live.advance(5.0)
                await page.locator(f'.alarms [data-id="{signal.tag}:bad"] button.acknowledge').click()
                await page.locator(f'.alarms [data-id="{signal.tag}:bad"].acknowledged').wait_for()
                await page.locator(f'tr.bad[data-row="{signal.tag}"]').wait_for()
                await page.locator(f'.alarms [data-id="{signal.tag}:bad"] button.shelve').click()
                await page.locator(f'.alarms [data-id="{signal.tag}:bad"].shelved').wait_for()
                await page.goto("about:blank")  # else it looks for its plant while the next one warms up
        await browser.close()
        assert [problem for problem in problems if "favicon" not in problem and "404" not in problem] == []


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium")
async def test_lives_in_a_frame_and_fits_a_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from playwright.async_api import async_playwright

    monkeypatch.setattr(app, "PERIOD", 0.2)
    async with screen(tmp_path) as (live, server, _), proxy(server.port) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 360, "height": 800})
        problems: list[str] = []
        page.on(
            "console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(f"{base}{PREFIX}/?lang=en")
        await page.get_by_text("Live", exact=True).wait_for()
        await page.locator("summary").click()
        for width in (360, 768, 1200):
            await page.set_viewport_size({"width": width, "height": 800})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.goto(f"{base}/task")
        frame = page.frame_locator("iframe")
        await frame.get_by_text("Live", exact=True).wait_for()
        live.plant.set("line.cmd_stop", 1)
        live.advance(10.0)
        await frame.locator("header").get_by_text("Stopped").wait_for()
        await browser.close()
        assert [problem for problem in problems if "favicon" not in problem] == []
