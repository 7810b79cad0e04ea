"""The TCP side of OPC UA: asyncua's connections with the limits that they lack.

asyncua 2.1 waits for as many bytes as a client's header announces (up to 4 GiB), sends an answer of any size, refuses new clients
once its connections are used up (by notebook cells that never close theirs, say), and reads on while its answers go unread.
"""

import asyncio
from typing import Any

from asyncua import ua
from asyncua.common.connection import TransportLimits
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.server import Server
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.ua_binary import struct_to_binary

MAX_CONNECTIONS = 16
CHUNK_BYTES = 65_535
MESSAGE_BYTES = 1_048_576
PENDING = 200  # requests of one client that wait for their turn
ACTIVATION_SECONDS = 20.0  # between the connection and its session
_HEADER = 8  # message type, chunk type, size


def limits() -> TransportLimits:
    """What one message may be, in both directions."""
    return TransportLimits(CHUNK_BYTES, CHUNK_BYTES, MESSAGE_BYTES // CHUNK_BYTES + 1, MESSAGE_BYTES)


class _Processor(UaProcessor):  # type: ignore[misc]  # untyped base
    """asyncua's services, with an answer's size bounded (Part 4, 5.3: Bad_ResponseTooLarge)."""

    def send_response(
        self, requesthandle: Any, seqhdr: Any, response: Any, msgtype: Any = ua.MessageType.SecureMessage
    ) -> None:
        if len(struct_to_binary(response)) > MESSAGE_BYTES:
            response = ua.ServiceFault()
            response.ResponseHeader.ServiceResult = ua.StatusCode(ua.StatusCodes.BadResponseTooLarge)
        super().send_response(requesthandle, seqhdr, response, msgtype)


class _Connection(OPCUAProtocol):  # type: ignore[misc]  # untyped base
    """One client. `clients` is in the order in which they last spoke: a new one beyond the limit takes the first's place."""

    _buffer: bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        while len(self.clients) >= MAX_CONNECTIONS:
            silent = self.clients.pop(0)
            assert silent.transport is not None
            silent.transport.abort()
        super().connection_made(transport)
        self.processor = _Processor(self.iserver, transport, self.limits)
        self.processor.set_policies(self.policies)

    def data_received(self, data: bytes) -> None:
        if self in self.clients:
            self.clients.remove(self)
            self.clients.append(self)
        super().data_received(data)
        # What is left is an unfinished chunk: no chunk of ours is longer than the limit that we announced.
        announced = int.from_bytes(self._buffer[4:_HEADER], "little") if len(self._buffer) >= _HEADER else 0
        if max(announced, len(self._buffer)) > CHUNK_BYTES and self.transport is not None:
            self._buffer = b""
            self.transport.abort()

    def pause_writing(self) -> None:
        """A client that doesn't read its answers is not listened to either."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """The answers went out."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()


class _Listener(BinaryServer):  # type: ignore[misc]  # untyped base
    def _make_protocol(self) -> OPCUAProtocol:
        return _Connection(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)


class BoundedServer(Server):  # type: ignore[misc]  # untyped base
    """asyncua's server with `_Listener` for its own."""

    async def start(self) -> None:
        """Listen. OSError where the address is taken."""
        await self._setup_server_nodes()
        await self.iserver.start()
        host, port = self._get_bind_socket_info()
        listener = _Listener(self.iserver, host or "", port or 0, self.limits)
        listener.set_policies(self._policies)
        try:
            await listener.start()
        except OSError:
            await self.iserver.stop()
            raise
        self.bserver = listener
