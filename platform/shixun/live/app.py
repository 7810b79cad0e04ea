"""The live process: server-sent events and published board files. One async process holds the connections that web never holds.

It has no database. What it sends is a hint that something changed; the page asks web for the truth.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import redis.asyncio as redis
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from shixun.config import Settings
from shixun.core.live_tickets import HUB_CHANNEL, channels_of
from shixun.core.logs import configure

log = structlog.get_logger(__name__)
_PREFIX = "shixun:live:"
_BOARD = "shixun:board:"
KEEPALIVE = 15.0  # seconds; proxies drop streams that stay silent
PROGRESS_TRIES = 60


def create() -> Starlette:
    """The ASGI application, set up from the environment."""
    configure("live")
    settings = Settings.from_env()
    app = Starlette(
        routes=[
            Route("/live/events", events),
            Route("/live/boards/{board:path}", board),
            Route("/live/healthz", lambda _request: JSONResponse({"status": "ok"})),
        ]
    )
    app.state.settings = settings
    app.state.redis = redis.Redis.from_url(settings.redis_url, decode_responses=True) if settings.redis_url else None
    return app


async def events(request: Request) -> Response:
    """A stream of the channels that the ticket names. Without Valkey it only keeps alive: pages then ask by themselves."""
    settings: Settings = request.app.state.settings
    channels = channels_of(settings.secret_key, request.query_params.get("ticket", ""))
    if channels is None:
        return JSONResponse({"error": {"code": "ticket", "message": "reload the page"}}, status_code=403)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_stream(request, channels), media_type="text/event-stream", headers=headers)


async def _stream(request: Request, channels: list[str]) -> AsyncIterator[str]:
    queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(maxsize=100)
    sources = [
        asyncio.create_task(_hub_progress(request, c.removeprefix(HUB_CHANNEL), queue))
        for c in channels
        if c.startswith(HUB_CHANNEL)
    ]
    heard = [c for c in channels if not c.startswith(HUB_CHANNEL)]
    if heard and request.app.state.redis is not None:
        sources.append(asyncio.create_task(_valkey(request, heard, queue)))
    yield "retry: 3000\nevent: hello\ndata: {}\n\n"
    try:
        while True:
            try:
                event, data = await asyncio.wait_for(queue.get(), KEEPALIVE)
                yield f"event: {event}\ndata: {data}\n\n"
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        for source in sources:
            source.cancel()


async def _valkey(request: Request, channels: list[str], queue: asyncio.Queue[tuple[str, str]]) -> None:
    """Forward what is published; after an outage say `resume`, since something may have been missed."""
    while True:
        with contextlib.suppress(redis.RedisError, OSError):
            async with request.app.state.redis.pubsub() as pubsub:
                await pubsub.subscribe(*[_PREFIX + c for c in channels])
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        told = json.loads(message["data"])
                        await queue.put((told["event"], json.dumps(told["data"], ensure_ascii=False)))
        await asyncio.sleep(1)
        await queue.put(("resume", "{}"))


async def _hub_progress(request: Request, target: str, queue: asyncio.Queue[tuple[str, str]]) -> None:
    """Forward a server's start progress from the hub. That it is ready or has failed comes from web, which decides it."""
    settings: Settings = request.app.state.settings
    headers = {"Authorization": f"token {settings.hub_api_token}"}
    url = f"{settings.hub_api_url}/users/{target}/server/progress"
    timeout = httpx.Timeout(10, read=None)
    for _attempt in range(PROGRESS_TRIES):  # the worker may not have asked the hub yet
        with contextlib.suppress(httpx.HTTPError):
            async with (
                httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
                client.stream("GET", url, headers=headers) as answer,
            ):
                if answer.status_code == 200:
                    running = None
                    async for line in answer.aiter_lines():
                        if not line.startswith("data:"):
                            continue
                        for step in _steps(line.removeprefix("data:"), running):
                            await queue.put(("step", json.dumps(step, ensure_ascii=False)))
                            running = step["step"]
                    return
        await asyncio.sleep(0.5)


def _steps(data: str, running: str | None) -> list[dict[str, Any]]:
    """What a page shows of one event of our spawner: the step before is done, this one runs. Foreign events say nothing."""
    try:
        found = json.loads(data)
    except ValueError:
        return []
    if not isinstance(found.get("step"), str):
        return []
    done = [{"step": running, "state": "done"}] if running is not None and running != found["step"] else []
    state = "done" if found["step"] == "ready" else "running"
    return [*done, {"step": found["step"], "state": state, "percent": found.get("progress")}]


async def board(request: Request) -> Response:
    """A published board: immutable JSON under a version, made by the standings job, with an ETag for the many who ask again."""
    name = request.path_params["board"]
    store = request.app.state.redis
    if store is None:
        return JSONResponse({"error": {"code": "unavailable"}}, status_code=503)
    try:
        found = await store.hgetall(_BOARD + name)
    except redis.RedisError:
        return JSONResponse({"error": {"code": "unavailable"}}, status_code=503)
    if not found:
        return JSONResponse({"error": {"code": "not-found"}}, status_code=404)
    etag = f'"{found["version"]}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=1"}
    if request.headers.get("If-None-Match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found["json"], media_type="application/json", headers=headers)
