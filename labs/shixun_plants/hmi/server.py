"""The screen's HTTP server inside the plant's own loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from shixun_plants.hmi.app import Screen, make_app

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant

MAX_CONNECTIONS = 64
SILENCE = 10.0  # s that a new connection may say nothing


class _Connection(H11Protocol):
    """uvicorn's HTTP/1.1 with what it lacks: a limit on connections, so that they can't use up the plant's descriptors."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(SILENCE, self.timeout_keep_alive_handler)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the runner owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class AppServer:
    """Serves an application until closed, in the loop that runs it."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._serving: asyncio.Task[None] | None = None
        self._server: _Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; with port 0 the system chooses and `port` says which. OSError where the address is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=64)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            loop="asyncio",
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """End the server."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.gather(self._serving, return_exceptions=True)


class HmiServer(AppServer):
    """Serves the screen of a plant until closed."""

    def __init__(self, live: "LivePlant") -> None:
        self._screen = Screen(live)
        self._watching: asyncio.Task[None] | None = None
        super().__init__(make_app(self._screen))

    async def start(self, host: str, port: int) -> None:
        """As `AppServer.start`; the screen is kept fresh from now on."""
        await super().start(host, port)
        self._watching = asyncio.create_task(self._screen.watch())

    async def close(self) -> None:
        """End the streams, then the server."""
        self._screen.closing = True
        self._screen.wake()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await super().close()
