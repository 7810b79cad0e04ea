"""The screen's HTTP server inside the plant's own loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import uvicorn
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


class HmiServer:
    """Serves the screen of a plant until closed."""

    def __init__(self, live: "LivePlant") -> None:
        self._screen = Screen(live)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: _Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; with port 0 the system chooses and `port` says which. OSError where the address is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=64)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            make_app(self._screen),
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
        self._tasks = [
            asyncio.create_task(self._screen.watch()),
            asyncio.create_task(self._server.serve(sockets=[listener])),
        ]
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """End the streams, then the server."""
        self._screen.closing = True
        self._screen.wake()
        if self._server is not None:
            watching, serving = self._tasks
            watching.cancel()
            self._server.should_exit = True
            await asyncio.gather(watching, serving, return_exceptions=True)
