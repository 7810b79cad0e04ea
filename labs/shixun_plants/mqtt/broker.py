"""The plant's MQTT 3.1.1 broker: amqtt with limits, and with the parts of the standard that its broker leaves out.

From amqtt come packets, acknowledgements and sessions. Ours is how messages are spread: amqtt 0.12 delivers at the subscription's
quality of service even above the publisher's ([MQTT-3.8.4-6]), keeps the first one when a client subscribes again ([MQTT-3.8.4-3]),
ignores keep alive ([MQTT-3.1.2-24]: then no will is ever sent for a client that hangs), and loses a message for the other subscribers
when one of them subscribes meanwhile. Queues, retained messages, subscriptions and sessions of clients are bounded here.
"""

import asyncio
import contextlib
import math
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.errors import AMQTTError
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.publish import PublishPacket
from amqtt.session import Session

from shixun_plants.mqtt.connection import PacketReader, PacketWriter

MAX_CONNECTIONS = 32
MAX_SESSIONS = 64  # of clients, those included that will come back (clean session 0)
SESSION_SECONDS = 600  # that such a session is kept
MAX_FILTERS = 100  # subscriptions of one client
MAX_UNACKNOWLEDGED = 200  # messages on their way to one client, or kept for it while it is away
MAX_UNFINISHED = 50  # publications of one client at quality of service 2 that it doesn't bring to an end
QUEUED_BYTES = 262_144  # of such messages and publications of one client
MAX_RETAINED, RETAINED_BYTES = 200, 262_144  # of clients, also in place of the plant's own
_REFUSED = 0x80
_LONGEST = 512  # characters of a client id, topic or filter

OnEvent = Callable[[str, str, dict[str, Any]], None]
OnMessage = Callable[[str, str, bytes, int, bool], None]


class _Inbox(asyncio.Queue[Any]):
    """Where amqtt puts what a client published, for a task to take it out some time. Here it is dealt with at once.

    So the log has a publication before its client hears that it arrived, and there is no backlog to bound.
    """

    def __init__(self, take: Callable[[Any], None]) -> None:
        super().__init__()
        self._take = take

    def put_nowait(self, item: Any) -> None:
        self._take(item)

    async def put(self, item: Any) -> None:
        self._take(item)


class PlantBroker(Broker):  # type: ignore[misc]  # untyped base
    """Anonymous clients; `on_event(op, client, entry)` hears of what they do, `on_message` gets what they publish."""

    def __init__(self, on_event: OnEvent, on_message: OnMessage) -> None:
        listeners = {"default": ListenerConfig(type=ListenerType.EXTERNAL)}
        super().__init__(BrokerConfig(listeners=listeners, plugins={}, session_expiry_interval=SESSION_SECONDS))
        self._on_event, self._on_message = on_event, on_message
        self._sending: dict[str, dict[asyncio.Task[Any], int]] = {}  # by client: what is not acknowledged yet, in bytes
        self._writers: OrderedDict[asyncio.StreamWriter, None] = OrderedDict()
        self._server: asyncio.Server | None = None
        self._foreign: dict[str, int] = {}  # bytes that clients have retained, by topic

    async def listen(self, host: str, port: int) -> int:
        """Start; the port. OSError where the address is taken."""
        await self.start()
        self._server = await asyncio.start_server(self._accept, host, port, backlog=64)
        return int(self._server.sockets[0].getsockname()[1])

    async def end(self) -> None:
        """Close all connections and stop."""
        if self._server is not None:
            self._server.close()
            await asyncio.sleep(0)
        for writer in list(self._writers):
            writer.close()
        with contextlib.suppress(AMQTTError):
            await self.shutdown()
        for writer in list(self._writers):
            writer.transport.abort()

    def publish(self, topic: str, data: bytes, qos: int = 0, *, retain: bool = False) -> None:
        """The plant's own message to all who subscribed."""
        if retain:
            self._foreign.pop(topic, None)
            self._keep(topic, data, qos)
        self._spread(topic, data, qos)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its connection to its end. A new one beyond the limit takes the longest silent one's place."""
        self._writers[writer] = None
        if len(self._writers) > MAX_CONNECTIONS:
            self._writers.popitem(last=False)[0].transport.abort()

        def spoke() -> None:
            if writer in self._writers:
                self._writers.move_to_end(writer)

        try:
            await self.external_connected(PacketReader(reader, writer, spoke), PacketWriter(writer), "default")
        except (AMQTTError, OSError, TimeoutError, ValueError, UnicodeError, asyncio.IncompleteReadError):
            writer.transport.abort()  # whatever it sent, it was not MQTT
        finally:
            self._writers.pop(writer, None)
            writer.close()

    # -- what amqtt asks

    async def _authenticate(self, session: Session, _listener: ListenerConfig) -> bool:
        return True

    async def _initialize_client_session(
        self, reader: PacketReader, writer: PacketWriter, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        handler, session = await super()._initialize_client_session(reader, writer, remote_address, remote_port)
        if len(session.client_id or "") > _LONGEST or len(session.will_topic or "") > _LONGEST:
            raise AMQTTError("a name too long")
        session.keep_alive = math.ceil(1.5 * session.keep_alive)
        handler.handle_read_timeout = writer.abort

        async def room() -> None:
            await asyncio.sleep(0)  # the plant and other clients get their turn between two packets
            unfinished = [len(message.data or b"") for message in session.inflight_in.values()]
            if len(unfinished) > MAX_UNFINISHED or sum(unfinished) > QUEUED_BYTES:
                writer.abort()

        reader.room = room
        session.delivered_message_queue = _Inbox(lambda message: self._take(session, handler, message))
        away = [one for one, _ in self._sessions.values() if one.transitions.state == "disconnected"]
        if len(self._sessions) >= MAX_SESSIONS and away:
            await self._cleanup_session(min(away, key=lambda one: one.last_disconnect_time or 0).client_id)
        return handler, session

    async def _client_message_loop(self, client_session: Session, handler: BrokerProtocolHandler) -> None:
        entry = {"clean": bool(client_session.clean_session), "keep_alive": client_session.keep_alive * 2 // 3}
        will = {"will": client_session.will_topic} if client_session.will_flag else {}
        self._on_event("connect", client_session.client_id, entry | will)
        await super()._client_message_loop(client_session, handler)

    async def _handle_disconnect(self, client_session: Session, handler: BrokerProtocolHandler, waiter: Any) -> None:
        clean = isinstance(waiter.result(), DisconnectPacket)
        self._on_event("disconnect", client_session.client_id, {"clean": clean})
        for task in self._sending.pop(client_session.client_id, {}):
            task.cancel()
        await super()._handle_disconnect(client_session, handler, waiter)
        client_session.will_flag = False  # a will is sent once

    async def _handle_subscription(self, client_session: Session, handler: BrokerProtocolHandler, waiter: Any) -> None:
        wishes = list(waiter.result().topics)
        granted = [await self.add_subscription(wish, client_session) for wish in wishes]
        topics = [
            {"filter": wish[0][:_LONGEST], "qos": code if code != _REFUSED else None}
            for wish, code in zip(wishes, granted, strict=True)
        ]
        self._on_event("subscribe", client_session.client_id, {"topics": topics})
        await handler.mqtt_acknowledge_subscription(waiter.result().packet_id, granted)
        for wish, code in zip(wishes, granted, strict=True):
            if code != _REFUSED:
                for topic, kept in list(self._retained_messages.items()):
                    if self._matches(topic, wish[0]):
                        self._send(client_session, topic, bytes(kept.data), min(code, kept.qos or 0), retain=True)

    async def _handle_unsubscription(
        self, client_session: Session, handler: BrokerProtocolHandler, waiter: Any
    ) -> None:
        topics = [topic[:_LONGEST] for topic in waiter.result().topics]
        self._on_event("unsubscribe", client_session.client_id, {"topics": topics})
        await super()._handle_unsubscription(client_session, handler, waiter)
        for topic in waiter.result().topics:
            if not self._subscriptions.get(topic, True):
                del self._subscriptions[topic]

    async def _publish_retained_messages_for_subscription(self, subscription: Any, session: Session) -> None:
        """amqtt sends all retained messages again to a session that comes back; the standard wants them at SUBSCRIBE only."""

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """The granted quality of service, or 0x80. A second subscription to a filter replaces the first."""
        wish, _ = subscription
        mine = [one for one, there in self._subscriptions.items() if any(other is session for other, _ in there)]
        if not wish or len(wish) > _LONGEST or (len(mine) >= MAX_FILTERS and wish not in mine):
            return _REFUSED
        if wish in mine:
            self._del_subscription(wish, session)
        return int(await super().add_subscription(subscription, session))

    def _take(self, session: Session, handler: BrokerProtocolHandler, message: Any) -> None:
        """What a client published, before it is acknowledged. A topic without end ends the client."""
        topic, qos = message.topic, message.qos or 0
        if len(topic) > _LONGEST:
            handler.writer.abort()
            return
        retain = bool(message.publish_packet and message.publish_packet.retain_flag)
        if retain:
            retain = self._keep_foreign(topic, bytes(message.data), qos)
        self._on_message(session.client_id, topic, bytes(message.data), qos, retain)
        self._spread(topic, bytes(message.data), qos)

    async def _broadcast_message(
        self, session: Session | None, topic: str | None, data: bytes | None, force_qos: int | None = None
    ) -> None:
        """A will: the one message that amqtt still sends by itself."""
        if session is None or not topic or topic.startswith("$") or any(sign in topic for sign in "#+\0"):
            return  # a topic that nobody may publish to
        entry = {"topic": topic, "bytes": len(data or b""), "will": True}
        self._on_event("publish", session.client_id, entry)
        self._spread(topic, bytes(data or b""), force_qos or 0)

    async def retain_message(self, source_session: Any, topic_name: Any, data: Any, qos: int | None = None) -> None:
        """A will that is to be retained."""
        self._keep_foreign(topic_name, bytes(data or b""), qos or 0)

    # -- ours

    def _keep_foreign(self, topic: str, data: bytes, qos: int) -> bool:
        """Retain a client's message; whether there was room."""
        others = sum(self._foreign.values()) - self._foreign.get(topic, 0)
        full = topic not in self._foreign and len(self._foreign) >= MAX_RETAINED
        if data and (full or others + len(data) > RETAINED_BYTES):
            return False
        if data:
            self._foreign[topic] = len(data)
        else:
            self._foreign.pop(topic, None)
        self._keep(topic, data, qos)
        return True

    def _keep(self, topic: str, data: bytes, qos: int) -> None:
        if data:
            self._retained_messages[topic] = RetainedApplicationMessage(None, topic, data, qos)
        else:
            self._retained_messages.pop(topic, None)

    def _spread(self, topic: str, data: bytes, qos: int) -> None:
        """To every session that subscribed, once, at the lower of both qualities of service."""
        targets: dict[str, tuple[Session, int]] = {}
        for wish, subscribed in self._subscriptions.items():
            if subscribed and self._matches(topic, wish):
                for session, granted in subscribed:
                    before = targets.get(session.client_id, (session, 0))[1]
                    targets[session.client_id] = (session, max(before, min(qos, granted)))
        for session, granted in targets.values():
            self._send(session, topic, data, granted)

    def _send(self, session: Session, topic: str, data: bytes, qos: int, *, retain: bool = False) -> None:
        if session.transitions.state != "connected":
            kept = session.retained_messages
            queued = [len(message.data) for message in kept._queue]
            if qos and not session.clean_session and _fits(queued, data):
                kept.put_nowait(RetainedApplicationMessage(None, topic, data, qos))
            return
        handler = self._get_handler(session)
        if handler is None or handler.writer is None:
            return
        if not qos:
            with contextlib.suppress(ConnectionResetError):
                handler.writer.write(PublishPacket.build(topic, data, None, False, 0, retain).to_bytes())
            return
        sending = self._sending.setdefault(session.client_id, {})
        if not _fits(sending.values(), data):
            handler.writer.abort()
            return
        task = asyncio.ensure_future(handler.mqtt_publish(topic, data, qos, retain))
        sending[task] = len(data)
        task.add_done_callback(lambda done: sending.pop(done, None))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _fits(queued: Collection[int], data: bytes) -> bool:
    """Whether one client's queue, lengths in bytes, takes one more message."""
    return len(queued) < MAX_UNACKNOWLEDGED and sum(queued) + len(data) <= QUEUED_BYTES
