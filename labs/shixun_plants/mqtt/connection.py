"""The TCP side of MQTT: whole packets of bounded size in, answers that wait for nobody out.

amqtt 0.12 reads as many bytes as a header announces (256 MB), makes a task for each packet of a client whatever its backlog, and lets
a subscriber that doesn't read hold one task and one message for each publication, for ever. Its adapters are where that can be
stopped: a packet is read whole or not at all, a client with a backlog isn't read from, and one that doesn't read its answers is cut.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

from amqtt.adapters import ReaderAdapter, WriterAdapter

from shixun_plants.mqtt.shape import wellformed

PACKET_BYTES = 65_536  # of one packet's body
BACKLOG_BYTES = 524_288  # answers that a client may leave unread
CONNECT_SECONDS = 10.0  # between the connection and its CONNECT
_SEND_BUFFER = 65_536
_CONNECT = 0x10


class PacketReader(ReaderAdapter):  # type: ignore[misc]  # untyped base
    """Reads one MQTT packet at a time; no read reaches beyond the packet that was begun."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoke: Callable[[], None]) -> None:
        self._reader, self._writer, self._spoke = reader, writer, spoke
        self._packet = b""
        self._at = 0
        self._first = True
        self.room: Callable[[], Awaitable[None]] | None = None  # waits until the client's backlog is gone

    async def read(self, n: int = -1) -> bytes:
        """`n` bytes of the present packet, or of the next one where it is used up. ConnectionResetError ends the client."""
        if self._at == len(self._packet) and n == 1:  # a packet's first byte is asked for alone
            await self._next()
        if not 0 <= n <= len(self._packet) - self._at:
            self._writer.transport.abort()
            raise ConnectionResetError("a packet that contradicts its own length")
        self._at += n
        return self._packet[self._at - n : self._at]

    async def _next(self) -> None:
        if self.room is not None:
            await self.room()
        async with asyncio.timeout(CONNECT_SECONDS if self._first else None):
            head = await self._reader.readexactly(2)
            if self._first and head[0] != _CONNECT:
                self._writer.transport.abort()
                raise ConnectionResetError("not MQTT")
            while head[-1] & 0x80 and len(head) < 5:
                head += await self._reader.readexactly(1)
            length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(head[1:]))
            if head[-1] & 0x80 or length > PACKET_BYTES:
                self._writer.transport.abort()
                raise ConnectionResetError("a packet too large")
            body = await self._reader.readexactly(length)
        if not wellformed(head[0], body):
            self._writer.transport.abort()
            raise ConnectionResetError("a malformed packet")
        self._packet, self._at, self._first = head + body, 0, False
        self._spoke()

    def feed_eof(self) -> None:
        """Nothing more will come."""
        self._reader.feed_eof()


class PacketWriter(WriterAdapter):  # type: ignore[misc]  # untyped base
    """Writes without waiting. A client whose answers pile up beyond `BACKLOG_BYTES` is cut off."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        # What is not read fills our own, counted buffer, not megabytes of the kernel's.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def write(self, data: bytes) -> None:
        """Queue bytes; ConnectionResetError where the client is gone or too slow."""
        transport = self._writer.transport
        if not transport.is_closing() and transport.get_write_buffer_size() + len(data) > BACKLOG_BYTES:
            transport.abort()
        if transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self._writer.write(data)

    async def drain(self) -> None:
        """Nobody waits for one client."""

    def abort(self) -> None:
        """Cut the client off."""
        self._writer.transport.abort()

    def get_peer_info(self) -> tuple[str, int] | None:
        """The client's address and port."""
        found = self._writer.get_extra_info("peername")
        return (str(found[0]), int(found[1])) if found else None

    def get_ssl_info(self) -> ssl.SSLObject | None:
        """There is no TLS on loopback."""
        return None

    async def close(self) -> None:
        """Send what is queued and close."""
        self._writer.close()
