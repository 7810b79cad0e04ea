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

from shixun_plants.faults import Fault, fitting
from shixun_plants.hmi.mimic import Mimic
from shixun_plants.hmi.monitor import Monitor
from shixun_plants.hmi.page import render
from shixun_plants.hmi.texts import language
from shixun_plants.plants import known, load

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant

PERIOD = 1.0  # s between readings on the screen
MAX_STREAMS = 24
MAX_BODY = 4_096  # bytes of what the screen sends
# No X-Frame-Options and no frame-ancestors: who may frame the lab is said by the lab's own server in front of us.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
TYPES = {"js": "text/javascript", "css": "text/css"}


class Screen:
    """One plant's screen: remembers the readings and hands the same message to every stream."""

    def __init__(self, live: "LivePlant") -> None:
        self.live = live
        self.mimic: Mimic = load(known(live.config.kind).mimic)
        self.monitor = Monitor(live.plant, self.mimic)
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
        reported = self.live.reported
        body = {
            "t": round(reported.time, 1),
            "values": {tag: round(value, 3) for tag, value in reported.values.items()},
            "bad": sorted(reported.bad),
            "alarms": self.monitor.alarms(),
        }
        return {**body, "view": self.live.plant.view()} if self.mimic.live_view else body

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
    contents = {name: (files("shixun_plants.hmi") / name).read_bytes() for name in ("hmi.js", "hmi.css")}
    for name, file_name in (("kind.js", screen.mimic.script), ("kind.css", screen.mimic.style)):
        if file_name:
            contents[name] = (files(screen.mimic.package) / file_name).read_bytes()

    async def page(request: Request) -> Response:
        lang = language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        alarms = screen.monitor.board.specs
        menu = screen.live.config.faults_menu
        return HTMLResponse(
            render(screen.live.plant, screen.mimic, alarms, screen.full(), lang, faults=menu), headers=HEADERS
        )

    async def file(request: Request) -> Response:
        name = request.url.path.rsplit("/", 1)[-1]
        return Response(contents[name], media_type=TYPES[name.rsplit(".", 1)[1]], headers=HEADERS)

    async def snapshot(_: Request) -> Response:
        return JSONResponse(screen.full(), headers=HEADERS)

    async def points(_: Request) -> Response:
        return Response(screen.live.map.to_json(), media_type="application/json", headers=HEADERS)

    async def events(_: Request) -> Response:
        if screen.streams >= MAX_STREAMS:
            return Response("too many screens are open\n", status_code=503, headers={"Retry-After": "5"})
        headers = {**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(screen.stream(), media_type="text/event-stream", headers=headers)

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True, "t": round(screen.live.plant.time, 1)})

    async def operate(request: Request) -> Response:
        return await _operate(screen, request)

    async def faults(request: Request) -> Response:
        return await _change_faults(screen.live, request) if request.method == "POST" else _standing_faults(screen.live)

    routes = [
        Route("/", page),
        *(Route(f"/{name}", file) for name in contents),
        Route("/snapshot", snapshot),
        Route("/events", events),
        Route("/healthz", health),
        Route("/acknowledge", operate, methods=["POST"]),
        Route("/shelve", operate, methods=["POST"]),
    ]
    if not screen.live.plant.map_is_secret:
        routes.append(Route("/points", points))
    if screen.live.config.faults_menu:
        routes.append(Route("/faults", faults, methods=["GET", "POST"]))
    return Starlette(routes=routes)


def _foreign(request: Request) -> Response | None:
    """The refusal of a request that another page made; None for the screen's own."""
    if request.headers.get("sec-fetch-site", "same-origin") == "same-origin":
        return None
    return JSONResponse({"error": "not from another page"}, status_code=403)


async def _body(request: Request) -> Any:
    """A request's JSON. ValueError where it is none, or longer than `MAX_BODY`: nobody reads on then."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise ValueError("too long")
    return json.loads(body)


async def _operate(screen: Screen, request: Request) -> Response:
    """What an operator does with an alarm. `acknowledge`: {"id"}, or all of them: {"id": null}; `shelve`: {"id", "minutes"} of plant
    time, 0 to see it again."""
    if refusal := _foreign(request):
        return refusal
    op, board = request.url.path.rsplit("/", 1)[-1], screen.monitor.board
    try:
        wish = await _body(request)
        name = wish["id"] if wish["id"] is None else str(wish["id"])
        entry: dict[str, Any] = {"alarm": name}
        if op == "acknowledge":
            board.acknowledge(name)
        else:
            entry["minutes"] = float(wish["minutes"])
            board.shelve(str(name), 60.0 * entry["minutes"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return JSONResponse({"error": "no such alarm"}, status_code=400)
    screen.live.record("hmi", op, entry)
    return JSONResponse({"alarms": screen.monitor.alarms()})


async def _change_faults(live: "LivePlant", request: Request) -> Response:
    """An instructor's form: {"tag", "kind", "size"} adds a fault from now on, kind "none" removes the tag's."""
    if refusal := _foreign(request):
        return refusal
    try:
        wish = await _body(request)
        tag, kind, size = str(wish["tag"]), str(wish["kind"]), float(wish.get("size") or 0.0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return JSONResponse({"error": "tag, kind and size are needed"}, status_code=400)
    signal = next((signal for signal in live.plant.signals if signal.tag == tag), None)
    fits = signal is not None and kind in (*fitting(signal, live.plant.actuators), "none")
    if not fits or not abs(size) < 1e9:
        return JSONResponse({"error": "no such tag or kind"}, status_code=400)
    kept = tuple(fault for fault in live.faults if fault.tag != tag)
    if kind != "none":
        kept += (Fault(tag, kind, start=live.plant.time, size=size),)  # type: ignore[arg-type]
    live.faults = kept
    return _standing_faults(live)


def _standing_faults(live: "LivePlant") -> Response:
    faults = [{"tag": fault.tag, "kind": fault.kind, "size": fault.size} for fault in live.faults]
    return JSONResponse({"faults": faults}, headers=HEADERS)
