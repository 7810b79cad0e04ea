"""The screen's web application: a page, its two files, and a stream of readings. All addresses are relative."""

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from shixun_plants.faults import Fault
from shixun_plants.hmi.monitor import Monitor
from shixun_plants.hmi.page import render
from shixun_plants.hmi.texts import language

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant

PERIOD = 1.0  # s between readings on the screen
MAX_STREAMS = 24
_FAULT_KINDS = ("frozen", "drift", "noise", "dropout")
# No X-Frame-Options and no frame-ancestors: who may frame the lab is said by the lab's own server in front of us.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_FILES = {"hmi.js": "text/javascript", "hmi.css": "text/css"}


class Screen:
    """One plant's screen: remembers the readings and hands the same message to every stream."""

    def __init__(self, live: "LivePlant") -> None:
        self.live = live
        self.monitor = Monitor()
        live.listeners.append(self.monitor.observe)
        self.streams = 0
        self.closing = False
        self._message = ""
        self._turn = asyncio.Event()

    async def watch(self) -> None:
        """Tell the streams what is new, until cancelled."""
        sent = 0.0
        while True:
            news = [point for point in self.monitor.trend if point[0] > sent]
            sent = news[-1][0] if news else sent
            self._message = f"data: {json.dumps({**self.body(), 'trend': news})}\n\n"
            self.wake()
            await asyncio.sleep(PERIOD)

    def wake(self) -> None:
        """Let every stream send what there is."""
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    def body(self) -> dict[str, Any]:
        """The present readings for the page."""
        measured = self.live.measured
        return {
            "t": round(measured.time, 1),
            "values": {tag: round(value, 3) for tag, value in measured.values.items()},
            "bad": sorted(measured.bad),
            "alarms": self.monitor.alarms(),
        }

    def full(self) -> dict[str, Any]:
        """The present readings with the whole trend."""
        return {**self.body(), "trend": list(self.monitor.trend)}

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events: first everything, then each second what is new."""
        self.streams += 1
        try:
            yield f"retry: 2000\ndata: {json.dumps(self.full())}\n\n"
            while not self.closing:
                await self._turn.wait()
                yield self._message
        finally:
            self.streams -= 1


def make_app(screen: Screen) -> Starlette:
    """The ASGI application of a screen."""
    package = files("shixun_plants.hmi")
    contents = {name: (package / name).read_bytes() for name in _FILES}

    async def page(request: Request) -> Response:
        lang = language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        html = render(screen.live.plant, screen.full(), lang, faults_menu=screen.live.config.faults_menu)
        return HTMLResponse(html, headers=_HEADERS)

    async def file(request: Request) -> Response:
        name = request.url.path.rsplit("/", 1)[-1]
        return Response(contents[name], media_type=_FILES[name], headers=_HEADERS)

    async def snapshot(_: Request) -> Response:
        return JSONResponse(screen.full(), headers=_HEADERS)

    async def events(_: Request) -> Response:
        if screen.streams >= MAX_STREAMS:
            return Response("too many screens are open\n", status_code=503, headers={"Retry-After": "5"})
        headers = {**_HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(screen.stream(), media_type="text/event-stream", headers=headers)

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True, "t": round(screen.live.plant.time, 1)})

    async def faults(request: Request) -> Response:
        return await _change_faults(screen.live, request)

    routes = [
        Route("/", page),
        *(Route(f"/{name}", file) for name in _FILES),
        Route("/snapshot", snapshot),
        Route("/events", events),
        Route("/healthz", health),
    ]
    if screen.live.config.faults_menu:
        routes.append(Route("/faults", faults, methods=["POST"]))
    return Starlette(routes=routes)


async def _change_faults(live: "LivePlant", request: Request) -> Response:
    """An instructor's form: {"tag", "kind", "size"} adds a fault from now on, kind "none" removes the tag's."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return JSONResponse({"error": "not from another page"}, status_code=403)
    try:
        wish = json.loads(await request.body())
        tag, kind, size = str(wish["tag"]), str(wish["kind"]), float(wish.get("size") or 0.0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return JSONResponse({"error": "tag, kind and size are needed"}, status_code=400)
    known = {signal.tag for signal in live.plant.signals if not signal.writable}
    if tag not in known or (kind not in _FAULT_KINDS and kind != "none") or not abs(size) < 1e9:
        return JSONResponse({"error": "no such tag or kind"}, status_code=400)
    kept = tuple(fault for fault in live.faults if fault.tag != tag)
    if kind in _FAULT_KINDS:
        kept += (Fault(tag, kind, start=live.plant.time, size=size),)  # type: ignore[arg-type]
    live.faults = kept
    return JSONResponse({"faults": [{"tag": fault.tag, "kind": fault.kind} for fault in kept]})
