"""The web application of a recorded shift, and the process that serves it. All addresses are relative."""

import asyncio
import json
import signal
import sys
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from shixun_plants.bottling.record import Shift
from shixun_plants.hmi.app import HEADERS, TYPES
from shixun_plants.hmi.server import AppServer
from shixun_plants.hmi.texts import language
from shixun_plants.recorded.data import shift_data
from shixun_plants.recorded.page import render
from shixun_plants.shift import shift

_FILES = {
    "hmi.css": ("shixun_plants.hmi", "hmi.css"),
    "kind.css": ("shixun_plants.bottling", "mimic.css"),
    "recorded.css": ("shixun_plants.recorded", "recorded.css"),
    "recorded.js": ("shixun_plants.recorded", "recorded.js"),
}


def make_app(shown: Shift) -> Starlette:
    """The ASGI application: read-only, whatever it is asked."""
    contents = {name: (files(package) / file).read_bytes() for name, (package, file) in _FILES.items()}
    pages = {lang: render(shown, lang) for lang in ("zh", "en")}
    data = json.dumps(shift_data(shown), separators=(",", ":"))

    async def page(request: Request) -> Response:
        lang = language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        return HTMLResponse(pages[lang], headers=HEADERS)

    async def file(request: Request) -> Response:
        name = request.url.path.rsplit("/", 1)[-1]
        return Response(contents[name], media_type=TYPES[name.rsplit(".", 1)[1]], headers=HEADERS)

    async def record(_: Request) -> Response:
        return Response(data, media_type="application/json", headers=HEADERS)

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True})

    routes = [
        Route("/", page),
        *(Route(f"/{name}", file) for name in contents),
        Route("/shift.json", record),
        Route("/healthz", health),
    ]
    return Starlette(routes=routes)


async def serve(kind: str, seed: bytes, host: str, port: int, stop: asyncio.Event) -> None:
    """Show the shift until `stop`; prints the ready line. OSError where the port is taken, ValueError for an unknown kind."""
    server = AppServer(make_app(shift(kind, seed)))
    await server.start(host, port)
    try:
        sys.stdout.write(json.dumps({"ready": True, "hmi": server.port}) + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await server.close()


def show(kind: str, seed: bytes, host: str, port: int) -> int:
    """Show the shift until SIGTERM or SIGINT; the exit status."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve(kind, seed, host, port, stop)

    try:
        asyncio.run(main())
    except OSError as error:
        sys.stderr.write(f"the plant can't start: {error.strerror or error}\n")
        return 1
    return 0
