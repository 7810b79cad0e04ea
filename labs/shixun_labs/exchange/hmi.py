"""The plant's HMI under the lab's own address: <lab>/shixun/hmi/, behind the hub's sign-in.

HTTP/1.0 to the plant: its answer then ends with the connection, so event streams and pages are passed on alike, without framing.
"""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.iostream import StreamClosedError

from shixun_labs.exchange.messages import say

TO_PLANT = ("Accept", "Accept-Language", "Content-Type", "If-None-Match", "Last-Event-ID")
FROM_PLANT = ("content-type", "cache-control", "etag", "last-modified", "location", "retry-after")
MAX_HEAD = 64 * 1024  # bytes of the plant's answer before its body
MAX_BODY = 1024 * 1024  # bytes of a request to the plant
CONNECT_SECONDS = 3.0
HEAD_SECONDS = 30.0


def address(environment: Mapping[str, str] = os.environ) -> tuple[str, int] | None:
    """Where the plant's HMI listens (SHIXUN_PLANT_HMI as host:port); None in a lab without a plant."""
    host, _, port = environment.get("SHIXUN_PLANT_HMI", "").rpartition(":")
    return (host, int(port)) if host and port.isdigit() else None


def parse_head(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers (names in lower case) of an HTTP answer's head. Raises ValueError for anything else."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ValueError("not an HTTP answer")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return int(words[1]), headers


class HmiHandler(JupyterHandler):  # type: ignore[misc]  # untyped base
    """Passes one request on to the plant and its answer back as it comes."""

    writer: asyncio.StreamWriter | None = None

    def check_xsrf_cookie(self) -> None:
        """The HMI is the plant's own page and knows no token: what writes must come from this very origin."""
        if self.request.method in ("GET", "HEAD"):
            return
        origin = self.request.headers.get("Origin", "")
        if origin and urlsplit(origin).netloc != self.request.host:
            raise web.HTTPError(403, "another origin")
        if self.request.headers.get("Sec-Fetch-Site", "same-origin" if origin else "none") != "same-origin":
            raise web.HTTPError(403, "another site")

    @web.authenticated
    async def get(self, path: str) -> None:
        await self._pass_on()

    @web.authenticated
    async def post(self, path: str) -> None:
        await self._pass_on()

    async def _pass_on(self) -> None:
        plant = address()
        lang = os.environ.get("SHIXUN_LANG", "zh")
        if plant is None:
            raise web.HTTPError(404, say("no-plant", lang))
        if len(self.request.body) > MAX_BODY:
            raise web.HTTPError(413)
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*plant, limit=MAX_HEAD), CONNECT_SECONDS)
            self.writer = writer
            writer.write(self._head() + self.request.body)
            await writer.drain()
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            status, headers = parse_head(head[:-4])
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self._close()
            self._away(say("plant-away", lang), error)
            return
        try:
            await self._stream(reader, status, headers)
        finally:
            self._close()

    def _head(self) -> bytes:
        query = f"?{self.request.query}" if self.request.query else ""
        raw_path = self.request.path[len(self.base_url) :].removeprefix("shixun/hmi/")
        lines = [f"{self.request.method} /{raw_path}{query} HTTP/1.0", "Host: plant"]
        lines += [f"{name}: {value}" for name in TO_PLANT if (value := self.request.headers.get(name))]
        lines += [f"Content-Length: {len(self.request.body)}", f"X-Forwarded-Prefix: {self.base_url}shixun/hmi"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")

    async def _stream(self, reader: asyncio.StreamReader, status: int, headers: list[tuple[str, str]]) -> None:
        self.set_status(status)
        for name, value in headers:
            if name in FROM_PLANT:
                self.set_header(name, value)
        with contextlib.suppress(StreamClosedError, OSError):
            while block := await reader.read(64 * 1024):
                self.write(block)
                await self.flush()
        if not self._finished:
            with contextlib.suppress(StreamClosedError):
                await self.finish()

    def _away(self, text: str, error: Exception) -> None:
        self.log.info("the plant's HMI does not answer: %s", error)
        self.set_status(503)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.set_header("Refresh", "3")
        self.finish(f"<!doctype html><meta charset=utf-8><p style='font-family:sans-serif;padding:2rem'>{text}</p>")

    def on_connection_close(self) -> None:
        """The browser left: an event stream would never end by itself."""
        super().on_connection_close()
        self._close()

    def _close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None
