"""A plant's signals as OPC UA nodes: folders by machine, variables with unit and range, methods for commands.

Nodes are named after their tags (`ns=2;s=filler.temperature`), so a program needs no browsing to find them; browsing finds the same
below Objects. Values are made when they are read: a plant that nobody asks has no work with it.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asyncua import Node, Server, ua
from asyncua.server.address_space import AttributeValue

from shixun_plants.faults import Measured
from shixun_plants.opcua.units import engineering_unit
from shixun_plants.signals import Signal

if TYPE_CHECKING:
    from shixun_plants.runner import LivePlant

NAMESPACE = "urn:shixun:plants"
_TYPES = {
    "analog": ua.VariantType.Double,
    "setpoint": ua.VariantType.Double,
    "counter": ua.VariantType.UInt32,
    "state": ua.VariantType.UInt16,
    "flag": ua.VariantType.Boolean,
    "switch": ua.VariantType.Boolean,
}
_logger = logging.getLogger(__name__)
_GOOD = ua.StatusCode(ua.StatusCodes.Good)
# What instruments give is uncertain to a server; a broken wire is the one thing that it knows (Part 8, 6.3.2).
_BAD = ua.StatusCode(ua.StatusCodes.BadSensorFailure)


class Reading(ua.DataValue):  # type: ignore[misc]  # untyped base
    """A value that is made once and never changed. asyncua copies what it tells subscribers, which took most of a plant's time."""

    __slots__ = ()

    def __deepcopy__(self, _memo: object) -> "Reading":
        return self


class Space:
    """The nodes of one live plant. `tags` says which tag a node is, `written` what a client set since the last update."""

    def __init__(self, live: "LivePlant", server: Server) -> None:
        self.live, self.server = live, server
        self.tags: dict[ua.NodeId, str] = {}
        self.written: dict[str, float] = {}
        self.index = 0
        self.readings = live.reported
        self.read_at = datetime.now(UTC)
        self._watched: list[tuple[AttributeValue, Callable[[], Reading]]] = []
        self._objects: dict[str, Node] = {}

    async def build(self) -> None:
        """Make all nodes."""
        self.index = await self.server.register_namespace(NAMESPACE)
        kind = self.live.config.kind
        root = await self.server.nodes.objects.add_object(self._id(kind), self._name(kind.capitalize()))
        for signal in self.live.plant.signals:
            machine, _, leaf = signal.tag.rpartition(".")
            parent = await self._object(root, machine or kind)
            if signal.kind == "command":
                await self._method(parent, signal, leaf)
            else:
                await self._variable(parent, signal, leaf)

    def variant_type(self, tag: str) -> ua.VariantType:
        """The data type of a tag's value."""
        signal = self.live.signals[tag]
        if signal.kind == "counter" and signal.resolution < 1.0:
            return ua.VariantType.Double
        return _TYPES[signal.kind]

    def value(self, tag: str) -> Reading:
        """What clients get for a tag now; nothing where its instrument is known to be broken."""
        kind = self.variant_type(tag)
        if tag in self.readings.bad:
            return Reading(ua.Variant(None, ua.VariantType.Null), _BAD, self.read_at, self.read_at)
        number = self.written.get(tag, self.readings.values[tag])
        value: float | bool = number
        if kind is ua.VariantType.Boolean:
            value = bool(number)
        elif kind is not ua.VariantType.Double:
            value = round(number)
        return Reading(ua.Variant(value, kind), _GOOD, self.read_at, self.read_at)

    def serve(self, node: ua.NodeId, made: Callable[[], Reading]) -> None:
        """Let `made` give the node's value whenever it is read, and at each update where a client subscribed to it."""
        self.server.iserver.set_attribute_value_callback(node, lambda _node, _attribute: made())
        self._watched.append((self.server.iserver.aspace[node].attributes[ua.AttributeIds.Value], made))

    async def publish(self) -> None:
        """Tell subscriptions what is new; to be called after each update of the plant."""
        for attribute, made in self._watched:
            if attribute.datachange_callbacks:
                value = made()
                for handle, callback in list(attribute.datachange_callbacks.items()):
                    try:
                        await callback(handle, value)
                    except Exception:
                        # A filter that asyncua chokes on (a deadband on a text) is its client's trouble, not all subscribers'.
                        _logger.debug("no news for subscription item %s", handle, exc_info=True)

    def updated(self, readings: Measured) -> None:
        """The plant has new readings."""
        self.readings = readings
        self.written.clear()
        self.read_at = datetime.now(UTC)

    def _id(self, name: str) -> ua.NodeId:
        return ua.NodeId(name, self.index)

    def _name(self, name: str) -> ua.QualifiedName:
        return ua.QualifiedName(name, self.index)

    async def _object(self, root: Node, name: str) -> Node:
        if name not in self._objects:
            self._objects[name] = await root.add_object(self._id(name), self._name(name))
        return self._objects[name]

    async def _variable(self, parent: Node, signal: Signal, leaf: str) -> None:
        kind = self.variant_type(signal.tag)
        node = await parent.add_variable(
            self._id(signal.tag), self._name(leaf), ua.Variant(0 if kind is not ua.VariantType.Boolean else False, kind)
        )
        self.tags[node.nodeid] = signal.tag
        await self._describe(node, signal)
        if signal.kind in ("analog", "setpoint", "counter"):
            await self._scale(node, signal)
        if signal.writable:
            await node.set_writable()
        self.serve(node.nodeid, lambda: self.value(signal.tag))

    async def _describe(self, node: Node, signal: Signal) -> None:
        for attribute, text in (
            (ua.AttributeIds.DisplayName, ua.LocalizedText(signal.en, "en")),
            (ua.AttributeIds.Description, ua.LocalizedText(signal.zh, "zh-CN")),
        ):
            await node.write_attribute(attribute, ua.DataValue(text))

    async def _scale(self, node: Node, signal: Signal) -> None:
        """Make it an AnalogItemType: what its values may be, and in which unit (Part 8, 5.3.2.3)."""
        references = ua.ObjectIds.HasTypeDefinition
        await node.delete_reference(ua.NodeId(ua.ObjectIds.BaseDataVariableType), references, True, False)
        await node.add_reference(ua.NodeId(ua.ObjectIds.AnalogItemType), references, True, False)
        for name, value in (
            ("EURange", ua.Range(float(signal.low), float(signal.high))),
            ("EngineeringUnits", engineering_unit(signal.unit)),
        ):
            await node.add_property(self._id(f"{signal.tag}.{name}"), ua.QualifiedName(name, 0), value)

    async def _method(self, parent: Node, signal: Signal, leaf: str) -> None:
        async def run(_parent: ua.NodeId, *arguments: object) -> ua.StatusCode:
            if arguments:
                return ua.StatusCode(ua.StatusCodes.BadTooManyArguments)
            self.live.write(signal.tag, 1)
            return _GOOD

        name = leaf.removeprefix("cmd_")
        node = await parent.add_method(self._id(signal.tag), self._name(name), run, [], [])
        await self._describe(node, signal)
