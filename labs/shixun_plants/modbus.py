"""Modbus TCP for a plant.

Requests and answers are pymodbus' PDUs; the connection is ours. pymodbus 3.16's server loses a request that arrives behind
another one, answers an unknown function with function code 0x80, waits for ever behind a bad header, and keeps any number of
connections; on a network of trainees all of that happens (Modbus Messaging on TCP/IP Implementation Guide V1.0b, 4.2-4.4).
"""

import asyncio
import contextlib
import logging
import socket
from collections import OrderedDict

from pymodbus.constants import ExcCodes
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.device import ModbusControlBlock

from shixun_plants.registers import Registers

FUNCTIONS = (1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43)
MAX_CONNECTIONS = 32
IDLE_SECONDS = 600.0
_HEADER = 7  # transaction, protocol, length, unit
_SEND_BUFFER = 32_768
_MAX_LENGTH = 254  # unit id + PDU of at most 253 bytes

_logger = logging.getLogger(__name__)


class ModbusServer:
    """Serves `registers` until closed. A new client beyond `MAX_CONNECTIONS` takes the place of the longest silent one."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._decoder = DecodePDU(True)
        self._writers: OrderedDict[asyncio.StreamWriter, None] = OrderedDict()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; with port 0 the system chooses and `port` says which. OSError where the address is taken."""
        identity = ModbusControlBlock().Identity  # type: ignore[no-untyped-call]
        identity.VendorName = "Shixun"
        identity.ProductCode = "SX-PLANT"
        identity.MajorMinorRevision = "1.0"
        self._server = await asyncio.start_server(self._serve, host, port, limit=2048, backlog=64)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut all connections."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        # Connections end in their own tasks, one turn of the loop later.
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client: requests in the order in which they come, each answered before the next is read."""
        self._writers[writer] = None
        # Answers that nobody reads may fill this much of the kernel's memory, not megabytes.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        if len(self._writers) > MAX_CONNECTIONS:
            silent, _ = self._writers.popitem(last=False)
            silent.transport.abort()
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    header = await reader.readexactly(_HEADER)
                    length = int.from_bytes(header[4:6], "big")
                    if header[2:4] != b"\0\0" or not 2 <= length <= _MAX_LENGTH:
                        return  # no way to find where the next frame begins
                    body = await reader.readexactly(length - 1)
                    if writer not in self._writers:
                        return  # its place went to another
                    self._writers.move_to_end(writer)
                    answer = await self._answer(header[6], body)
                    writer.write(header[:4] + (len(answer) + 1).to_bytes(2, "big") + header[6:] + answer)
                    await writer.drain()
                    # A client may send thousands of requests at once: the plant and the others get their turn in between.
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, TimeoutError, OSError):
            return  # the client left, fell silent, or was cut off
        finally:
            self._writers.pop(writer, None)
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(self, unit_id: int, body: bytes) -> bytes:
        """The answer's PDU, whatever the request's bytes are."""
        function = body[0]
        response: ModbusPDU
        if function not in FUNCTIONS:
            response = ExceptionResponse(function & 0x7F, ExcCodes.ILLEGAL_FUNCTION)
        elif (request := self._decoder.decode(body)) is None:
            response = ExceptionResponse(function, ExcCodes.ILLEGAL_VALUE)
        else:
            request.dev_id = unit_id
            try:
                response = await request.datastore_update(self._registers, unit_id)  # type: ignore[arg-type]
            except Exception:
                # A request that pymodbus chokes on is one client's bad answer, not the end of the plant.
                _logger.debug("no answer to %s", body.hex(), exc_info=True)
                response = ExceptionResponse(function, ExcCodes.DEVICE_FAILURE)
        return response.function_code.to_bytes(1, "big") + response.encode()
