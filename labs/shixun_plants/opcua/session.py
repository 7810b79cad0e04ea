"""The sessions of OPC UA clients: what they may do, how much of it, and the plant's log of it.

Only what comes over the network passes here: the plant's own updates go to the address space directly.
"""

import asyncio
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession

from shixun_plants.log import TEXT, plain
from shixun_plants.opcua.transport import ACTIVATION_SECONDS, MAX_CONNECTIONS, PENDING

if TYPE_CHECKING:
    from shixun_plants.opcua.space import Space
    from shixun_plants.runner import LivePlant

MAX_SESSIONS = 2 * MAX_CONNECTIONS  # a session outlives its connection by its time-out
MAX_SUBSCRIPTIONS = 32
MAX_ITEMS = 2_000  # monitored items of all clients
MAX_QUEUE = 100  # values that one monitored item keeps
MAX_OPERATIONS = 500  # nodes in one request
FASTEST_MS = 50.0  # publishing interval

_TOO_MANY = ua.StatusCodes.BadTooManyOperations
_STATUS = {
    None: ua.StatusCodes.Good,
    "not writable": ua.StatusCodes.BadNotWritable,
    "not a number": ua.StatusCodes.BadOutOfRange,
    "out of range": ua.StatusCodes.BadOutOfRange,
}


class PlantUaServer(InternalServer):  # type: ignore[misc]  # untyped base
    """asyncua's core with the plant's limits and sessions. Clients are anonymous users: a plant on loopback has no secrets."""

    def __init__(self, live: "LivePlant") -> None:
        super().__init__(user_manager=_Users())
        self.live = live
        self.space: Space | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self.allow_remote_admin = False
        self.supported_tokens = (ua.AnonymousIdentityToken,)
        self.max_connections = MAX_CONNECTIONS
        self.max_pending_activation_seconds = ACTIVATION_SECONDS
        self.max_pending_messages_per_connection = PENDING
        self.max_subscriptions = MAX_SUBSCRIPTIONS
        self.max_session_timeout_ms = 3_600_000.0  # what asyncua's client asks for; it complains about less
        self.max_unacked_messages_per_subscription = 20
        self.max_monitored_item_queue_size = MAX_QUEUE
        self.max_lifetime_count = 10_000
        self.max_keep_alive_count = 3_000

    def create_session(self, name: str, user: User | None = None, external: bool = False) -> InternalSession:
        """A session; of a client, one of ours. Beyond the limit it takes the place of the longest silent one."""
        if not external:
            return super().create_session(name, user or User(role=UserRole.Admin), external)
        if len(self._external_sessions) >= MAX_SESSIONS:
            self.drop_silent(self._external_sessions.values())
        return PlantSession(self, name)

    def drop_silent(self, sessions: Iterable[InternalSession]) -> None:
        """End the longest silent of some sessions, with its subscriptions: those that notebook cells left behind."""
        silent = min(sessions, key=lambda session: session._last_activity)
        self.unregister_external_session(silent)
        task = asyncio.get_running_loop().create_task(silent.close_session())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def register_server(self, server: Any, conf: Any = None) -> None:
        """A plant is no discovery server."""
        raise ServiceError(ua.StatusCodes.BadServiceUnsupported)


class _Users:
    def get_user(self, *_args: object, **_kwargs: object) -> User:
        return User(role=UserRole.User)


class PlantSession(InternalSession):  # type: ignore[misc]  # untyped base
    """One client's session."""

    iserver: PlantUaServer

    def __init__(self, server: PlantUaServer, name: str) -> None:
        super().__init__(
            server, server.aspace, server.subscription_service, name, User(role=UserRole.User), external=True
        )

    def _log(self, op: str, entry: dict[str, Any]) -> None:
        self.iserver.live.record("opcua", op, {"session": self.session_id.Identifier, **entry})

    async def create_session(self, params: ua.CreateSessionParameters, sockname: Any = None) -> Any:
        self._client = str(params.SessionName or "")[:TEXT]
        return await super().create_session(params, sockname)

    def activate_session(self, params: ua.ActivateSessionParameters, peer_certificate: Any) -> Any:
        result = super().activate_session(params, peer_certificate)
        self._log("connect", {"client": self._client})
        return result

    async def close_session(self, delete_subs: bool = True) -> None:
        if self.is_activated():
            self._log("disconnect", {})
        await super().close_session(delete_subs)

    async def read(self, params: ua.ReadParameters) -> Any:
        _bound(params.NodesToRead)
        results = await super().read(params)
        items = [
            _item(wanted.NodeId, wanted.AttributeId, found)
            for wanted, found in zip(params.NodesToRead, results, strict=True)
            if _ours(wanted.NodeId)
        ]
        if items:
            self._log("read", {"items": items})
        return results

    async def write(self, params: ua.WriteParameters) -> Any:
        _bound(params.NodesToWrite)
        results = [ua.StatusCode(self._write(item)) for item in params.NodesToWrite]
        items = [
            {**_item(item.NodeId, item.AttributeId, item.Value), "status": status.name}
            for item, status in zip(params.NodesToWrite, results, strict=True)
        ]
        self._log("write", {"items": items})
        return results

    def _write(self, item: ua.WriteValue) -> Any:
        """The status of one node's write, which is done where it is Good."""
        space = self.iserver.space
        assert space is not None
        if item.NodeId not in self.aspace:
            return ua.StatusCodes.BadNodeIdUnknown
        tag = space.tags.get(item.NodeId)
        if tag is None or item.AttributeId != ua.AttributeIds.Value:
            return ua.StatusCodes.BadNotWritable
        if item.IndexRange:
            return ua.StatusCodes.BadIndexRangeInvalid
        variant = item.Value.Value
        if self.iserver.live.signals[tag].kind not in ("setpoint", "switch"):
            return ua.StatusCodes.BadNotWritable
        if variant is None or variant.VariantType != space.variant_type(tag) or variant.is_array:
            return ua.StatusCodes.BadTypeMismatch
        refused = self.iserver.live.write(tag, variant.Value)
        if refused is None:
            space.written[tag] = variant.Value
        return _STATUS[refused]

    async def call(self, params: list[ua.CallMethodRequest]) -> Any:
        _bound(params)
        results = await super().call(params)
        for method, result in zip(params, results, strict=True):
            arguments = [plain(argument.Value) for argument in method.InputArguments or []]
            names = {"object": method.ObjectId.to_string(), "method": method.MethodId.to_string()}
            self._log("call", {**names, "arguments": arguments, "status": result.StatusCode.name})
        return results

    async def browse(self, params: ua.BrowseParameters) -> Any:
        _bound(params.NodesToBrowse)
        nodes = [item.NodeId.to_string() for item in params.NodesToBrowse if _ours(item.NodeId)]
        if nodes:
            self._log("browse", {"nodes": nodes})
        return await super().browse(params)

    async def translate_browsepaths_to_nodeids(self, params: list[ua.BrowsePath]) -> Any:
        _bound(params)
        return await super().translate_browsepaths_to_nodeids(params)

    async def create_subscription(
        self, params: ua.CreateSubscriptionParameters, callback: Any, request_callback: Any = None
    ) -> Any:
        wished = params.RequestedPublishingInterval
        params.RequestedPublishingInterval = max(wished, FASTEST_MS) if math.isfinite(wished) else FASTEST_MS
        owners = {subscription.session_id for subscription in self.subscription_service.subscriptions.values()}
        if len(self.subscription_service.subscriptions) >= MAX_SUBSCRIPTIONS and owners - {self.session_id}:
            sessions = self.iserver._external_sessions.values()
            others = [one for one in sessions if one.session_id in owners and one is not self]
            if others:
                self.iserver.drop_silent(others)
                await asyncio.sleep(0)
        return await super().create_subscription(params, callback, request_callback)

    async def create_monitored_items(self, params: ua.CreateMonitoredItemsParameters) -> Any:
        _bound(params.ItemsToCreate)
        subscriptions = self.subscription_service.subscriptions.values()
        there = sum(len(subscription.monitored_item_srv._monitored_items) for subscription in subscriptions)
        if there + len(params.ItemsToCreate) > MAX_ITEMS:
            raise ServiceError(ua.StatusCodes.BadTooManyMonitoredItems)
        results = await super().create_monitored_items(params)
        items = [
            {**_item(wish.ItemToMonitor.NodeId, wish.ItemToMonitor.AttributeId, None), "status": found.StatusCode.name}
            for wish, found in zip(params.ItemsToCreate, results, strict=True)
            if _ours(wish.ItemToMonitor.NodeId)
        ]
        if items:
            self._log("subscribe", {"subscription": params.SubscriptionId, "items": items})
        return results

    async def modify_monitored_items(self, params: ua.ModifyMonitoredItemsParameters) -> Any:
        _bound(params.ItemsToModify)
        for item in params.ItemsToModify:
            # asyncua bounds a queue when it is made, not when it is changed.
            size = int(item.RequestedParameters.QueueSize)
            item.RequestedParameters.QueueSize = min(size, MAX_QUEUE) or 1
        return await super().modify_monitored_items(params)

    async def history_read(self, params: Any) -> Any:
        """The historian is not served over OPC UA."""
        raise ServiceError(ua.StatusCodes.BadHistoryOperationUnsupported)


def _bound(operations: list[Any] | None) -> None:
    if operations is None or not operations:
        raise ServiceError(ua.StatusCodes.BadNothingToDo)
    if len(operations) > MAX_OPERATIONS:
        raise ServiceError(_TOO_MANY)


def _ours(node: ua.NodeId) -> bool:
    """Whether a node is the plant's; clients poll the server's own state to see that it lives."""
    return bool(node.NamespaceIndex > 1)


def _item(node: ua.NodeId, attribute: int, value: ua.DataValue | None) -> dict[str, Any]:
    """One node of a request for the log."""
    entry: dict[str, Any] = {"node": node.to_string()[:TEXT]}
    if attribute != ua.AttributeIds.Value:
        known = attribute in set(ua.AttributeIds)
        entry["attribute"] = ua.AttributeIds(attribute).name if known else int(attribute)
    if value is not None:
        entry["value"] = plain(value.Value.Value if value.Value is not None else None)
        if value.StatusCode is not None and not value.StatusCode.is_good():
            entry["status"] = value.StatusCode.name
    return entry
