"""A bare MQTT 3.1.1 client for tests: it says exactly what it is told to, and nothing else."""

import asyncio
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Packet:
    kind: int
    flags: int
    body: bytes

    @property
    def topic(self) -> str:
        return self.body[2 : 2 + int.from_bytes(self.body[:2], "big")].decode()

    @property
    def qos(self) -> int:
        return self.flags >> 1 & 3

    @property
    def retain(self) -> bool:
        return bool(self.flags & 1)

    @property
    def payload(self) -> bytes:
        return self.body[2 + len(self.topic.encode()) + (2 if self.qos else 0) :]

    @property
    def id(self) -> int:
        at = 2 + len(self.topic.encode())
        return int.from_bytes(self.body[at : at + 2], "big")


def text(value: str) -> bytes:
    return len(value.encode()).to_bytes(2, "big") + value.encode()


def packet(first: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        length.append(left & 0x7F | (0x80 if left > 0x7F else 0))
        left >>= 7
        if not left:
            return bytes([first, *length]) + body


class Wire:
    """One connection. Every wait has a generous end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(
        cls, port: int, client: str = "", *, clean: bool = True, alive: int = 0, will: tuple[str, bytes] | None = None
    ) -> Self:
        self = cls(*await asyncio.open_connection("127.0.0.1", port))
        flags = (2 if clean else 0) | (0x04 if will else 0)
        body = text("MQTT") + bytes([4, flags]) + alive.to_bytes(2, "big") + text(client)
        if will:
            body += text(will[0]) + len(will[1]).to_bytes(2, "big") + will[1]
        self.send(0x10, body)
        answer = await self.next()
        assert answer.kind == 2
        assert answer.body[1] == 0
        self.resumed = bool(answer.body[0])
        return self

    def send(self, first: int, body: bytes) -> None:
        self.writer.write(packet(first, body))

    async def next(self) -> Packet:
        async with asyncio.timeout(60):
            first = (await self.reader.readexactly(1))[0]
            length = place = 0
            while True:
                byte = (await self.reader.readexactly(1))[0]
                length |= (byte & 0x7F) << place
                place += 7
                if byte < 0x80:
                    return Packet(first >> 4, first & 15, await self.reader.readexactly(length))

    async def subscribe(self, *filters: str, qos: int = 0) -> bytes:
        """Return codes; what was retained comes after."""
        self.send(0x82, b"\0\1" + b"".join(text(one) + bytes([qos]) for one in filters))
        while (answer := await self.next()).kind != 9:
            pass
        return answer.body[2:]

    async def publish(self, topic: str, data: bytes, qos: int = 0, *, retain: bool = False) -> None:
        number = b"\0\7" if qos else b""
        self.send(0x30 | qos << 1 | int(retain), text(topic) + number + data)
        if qos == 1:
            while (await self.next()).kind != 4:
                pass

    async def message(self, topic: str) -> Packet:
        """The next message on a topic; others are passed over."""
        while (found := await self.next()).kind != 3 or found.topic != topic:
            pass
        return found

    async def ping(self) -> list[Packet]:
        """What was on its way before the answer to a ping."""
        self.send(0xC0, b"")
        found = []
        while (answer := await self.next()).kind != 13:
            found.append(answer)
        return found

    async def ended(self) -> bool:
        """Whether the broker closes the connection."""
        async with asyncio.timeout(60):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionResetError:
                pass
        self.writer.close()
        return True

    def close(self, *, clean: bool = True) -> None:
        if clean:
            self.send(0xE0, b"")
            self.writer.close()
        else:
            self.writer.transport.abort()
