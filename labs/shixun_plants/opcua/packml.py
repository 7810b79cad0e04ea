"""The bottling line as an instance of OPC UA for PackML (OPC 30050, version 1.01), kept alive.

The types come from the OPC Foundation's own node set (`nodesets/`). asyncua makes what the type declares as mandatory; of the
optional nodes those exist here that say or do something: the counts and times of Admin, and the commands that the line obeys.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from asyncua import Node, ua

from shixun_plants.bottling.packml import Command, State, obey
from shixun_plants.bottling.params import STATIONS
from shixun_plants.bottling.signals import COMMANDS
from shixun_plants.opcua.space import Reading, Space
from shixun_plants.opcua.units import engineering_unit

URI = "http://opcfoundation.org/UA/PackML/"
NODESET = "Opc.Ua.PackML.NodeSet2.xml"
_LINE_TYPE, _OBJECTS, _MODE = 6, 72, 11  # PackMLBaseObjectType, PackMLObjects, ProductionMaintenanceModeEnum
_PRODUCE = 1  # the unit mode (PackML: 1 Produce)
_DOWN = "filler"  # the machine that stands for the line, as the slowest one does in PackML lines
# States by number of the node set's objects, in the three machines that hold each other (OPC 30050, 6.3.6-6.3.8).
_BASE = {State.ABORTING: 61, State.ABORTED: 62}
_CLEARED = 71
_MACHINE = {State.STOPPING: 54, State.STOPPED: 53, State.CLEARING: 55}
_RUNNING = 75
_EXECUTE = {
    State.RESETTING: 27, State.IDLE: 28, State.STARTING: 29, State.EXECUTE: 36, State.SUSPENDING: 30, State.SUSPENDED: 31,
    State.UNSUSPENDING: 32, State.HOLDING: 33, State.HELD: 34, State.UNHOLDING: 35, State.COMPLETING: 37, State.COMPLETE: 38,
}  # fmt: skip
_HOLDERS = {_RUNNING: 18, _CLEARED: 19}  # StateNumber of the two that PackML's 17 states are parts of
_METHODS = {
    "": {"Abort": Command.ABORT, "Clear": Command.CLEAR},
    ".MachineState": {"Stop": Command.STOP, "Reset": Command.RESET},
    ".MachineState.ExecuteState": {
        "Start": Command.START, "Reset": Command.RESET, "Hold": Command.HOLD, "Unhold": Command.UNHOLD,
    },
}  # fmt: skip
_UNUSED = ("SetProduct", "SetParameter", "RemoteCommand", "SetInterlock")
_INACTIVE = ua.StatusCode(ua.StatusCodes.BadStateNotActive)
_GOOD = ua.StatusCode(ua.StatusCodes.Good)


class PackMl:
    """Builds the instance `PackMLObjects/BottlingLine` in a space that has the line's signals already."""

    def __init__(self, space: Space) -> None:
        self._space, self._server, self._live = space, space.server, space.live
        self._packml = 0  # index of PackML's namespace
        self._titles: dict[int, str] = {}
        self._tags = {command: tag for tag, command in COMMANDS.items()}

    async def build(self) -> None:
        """Load the types and make the instance."""
        xml = (files("shixun_plants.opcua") / "nodesets" / NODESET).read_text(encoding="utf-8")
        await self._server.import_xml(xmlstring=xml)
        self._packml = await self._server.get_namespace_index(URI)
        await self._server.load_data_type_definitions()
        for number in (*_BASE.values(), _CLEARED, *_MACHINE.values(), _RUNNING, *_EXECUTE.values()):
            self._titles[number] = (await self._type(number).read_browse_name()).Name
        parent = self._type(_OBJECTS)
        name = ua.QualifiedName("BottlingLine", self._space.index)
        await parent.add_object(self._id(), name, objecttype=self._type(_LINE_TYPE).nodeid, instantiate_optional=True)
        await self._server.delete_nodes([self._node(f".{unused}") for unused in _UNUSED], recursive=True)
        await self._status()
        await self._admin()
        await self._machines()
        await self._commands()

    def _type(self, number: int) -> Node:
        return self._server.get_node(ua.NodeId(number, self._packml))

    def _id(self, path: str = "") -> ua.NodeId:
        return ua.NodeId(f"PackML.BottlingLine{path}", self._space.index)

    def _node(self, path: str) -> Node:
        return self._server.get_node(self._id(path))

    def _serve(self, path: str, value: Callable[[], Any], kind: ua.VariantType) -> None:
        """Let a node show what `value` gives from the readings; None is the bad quality of the tag behind it."""

        def made() -> Reading:
            at = self._space.read_at
            found = value()
            if isinstance(found, ua.StatusCode):
                return Reading(ua.Variant(None, ua.VariantType.Null), found, at, at)
            return Reading(ua.Variant(found, kind), _GOOD, at, at)

        self._space.serve(self._id(path), made)

    def _read(self, tag: str) -> Any:
        """What the devices report for a tag: a number, or the status that says why there is none."""
        value = self._space.value(tag)
        assert value.Value is not None
        return value.StatusCode if tag in self._space.readings.bad else value.Value.Value

    def _number(self, tag: str, scale: float = 1.0) -> Callable[[], Any]:
        def read() -> Any:
            found = self._read(tag)
            return found if isinstance(found, ua.StatusCode) else scale * float(found)

        return read

    def _state(self) -> Any:
        found = self._read("line.state")
        return found if isinstance(found, ua.StatusCode) else State(int(found))

    async def _status(self) -> None:
        """Speeds in bottles per minute, the mode, and why the filler waits (OPC 30050, 6.3.3)."""
        design = min(station.rate for station in STATIONS) * 60.0
        await self._node(".TagID").write_value("BottlingLine")
        await self._node(".PackMLVersion").write_value("TR88.00.02-2015")
        for name in ("CurMachSpeed", "MachSpeed"):
            await self._node(f".Status.{name}.EURange").write_value(ua.Range(0.0, 120.0))
        self._serve(".Status.CurMachSpeed", self._number("line.rate"), ua.VariantType.Float)
        self._serve(".Status.MachSpeed", self._number("line.speed_setpoint", design / 100.0), ua.VariantType.Float)
        mode = ua.DataValue(ua.Variant(_PRODUCE, ua.VariantType.Int32))
        await self._node(".Status.UnitModeCurrent").write_attribute(ua.AttributeIds.Value, mode)
        modes = ua.Variant(self._type(_MODE).nodeid, ua.VariantType.NodeId)
        await self._node(".Status.UnitSupportedModes").write_value(modes)
        place = [station.name for station in STATIONS].index(_DOWN)
        before, behind = f"buffer{place}.level", f"buffer{place + 1}.level"
        capacity = self._live.plant.view()["capacities"][place]
        self._waits(".Status.EquipmentStarved", before, lambda level: level < 0.5)
        self._waits(".Status.EquipmentBlocked", behind, lambda level: level > capacity - 0.5)

    def _waits(self, path: str, buffer: str, because: Callable[[float], bool]) -> None:
        def read() -> Any:
            state, level = self._read(f"{_DOWN}.state"), self._read(buffer)
            bad = next((found for found in (state, level) if isinstance(found, ua.StatusCode)), None)
            return bad or (state == State.SUSPENDED and because(level))

        self._serve(path, read, ua.VariantType.Boolean)

    async def _admin(self) -> None:
        """Counts and times (OPC 30050, 6.3.4); the counts are arrays with one entry, for one product."""
        design = min(station.rate for station in STATIONS) * 60.0
        await self._add(".Admin", "MachDesignSpeed", ua.Variant(design, ua.VariantType.Float))
        await self._add(".Admin", "AccTimeSinceReset", ua.Variant(0, ua.VariantType.Int32))
        self._serve(".Admin.AccTimeSinceReset", lambda: int(self._space.readings.time), ua.VariantType.Int32)
        for number, (name, material, tags) in enumerate(
            (
                ("ProdConsumedCount", "Empty bottles", ("rinser.count",)),
                ("ProdProcessedCount", "Bottles", ("line.good", "line.rejects")),
                ("ProdDefectiveCount", "Rejected bottles", ("line.rejects",)),
            ),
            1,
        ):
            await self._count(number, name, material, tags)

    async def _count(self, number: int, name: str, material: str, tags: tuple[str, ...]) -> None:
        made = ua.PackMLCountDataType  # made by load_data_type_definitions
        unit = engineering_unit("bottle")

        def read() -> Any:
            found = [self._read(tag) for tag in tags]
            bad = next((value for value in found if isinstance(value, ua.StatusCode)), None)
            total = 0 if bad else sum(found) & 0x7FFFFFFF
            return bad or [made(ID=number, Name=material, Unit=unit, Count=total, AccCount=total)]

        await self._add(".Admin", name, ua.Variant([], ua.VariantType.ExtensionObject, is_array=True), made)
        self._serve(f".Admin.{name}", read, ua.VariantType.ExtensionObject)

    async def _add(self, parent: str, name: str, value: ua.Variant, structure: Any = None) -> None:
        datatype = None if structure is None else structure.data_type
        browse_name = ua.QualifiedName(name, self._packml)
        await self._node(parent).add_variable(self._id(f"{parent}.{name}"), browse_name, value, datatype=datatype)

    async def _machines(self) -> None:
        """The state: in the outermost machine, and deeper where the outer one's state holds another machine."""
        where: tuple[tuple[str, Callable[[State], int | None]], ...] = (
            ("", lambda state: _BASE.get(state, _CLEARED)),
            (".MachineState", lambda state: None if state in _BASE else _MACHINE.get(state, _RUNNING)),
            (".MachineState.ExecuteState", _EXECUTE.get),
        )
        for machine, chosen in where:
            path = f".BaseStateMachine{machine}.CurrentState"
            number = ua.Variant(0, ua.VariantType.UInt32)
            await self._node(path).add_property(self._id(f"{path}.Number"), ua.QualifiedName("Number", 0), number)
            self._current(path, chosen)
        for machine, states in (
            ("", (*_BASE.values(), _CLEARED)),
            (".MachineState", (*_MACHINE.values(), _RUNNING)),
            (".MachineState.ExecuteState", tuple(_EXECUTE.values())),
        ):
            ids = [ua.NodeId(number, self._packml) for number in states]
            await self._node(f".BaseStateMachine{machine}.AvailableStates").write_value(
                ua.Variant(ids, ua.VariantType.NodeId)
            )

    def _current(self, path: str, chosen: Callable[[State], int | None]) -> None:
        def shown(made: Callable[[State, int], Any]) -> Callable[[], Any]:
            def read() -> Any:
                state = self._state()
                if isinstance(state, ua.StatusCode):
                    return state
                number = chosen(state)
                return _INACTIVE if number is None else made(state, number)

            return read

        text, state_id = ua.VariantType.LocalizedText, ua.VariantType.NodeId
        self._serve(path, shown(lambda _state, number: ua.LocalizedText(self._titles[number], "en")), text)
        self._serve(f"{path}.Id", shown(lambda _state, number: ua.NodeId(number, self._packml)), state_id)
        numbers = shown(lambda state, number: _HOLDERS.get(number, int(state)))
        self._serve(f"{path}.Number", numbers, ua.VariantType.UInt32)

    async def _commands(self) -> None:
        for machine, methods in _METHODS.items():
            parent = f".BaseStateMachine{machine}"
            for name, command in methods.items():
                browse_name = ua.QualifiedName(name, self._packml)
                await self._node(parent).add_method(
                    self._id(f"{parent}.{name}"), browse_name, self._obeying(command), [], []
                )
        self._server.link_method(self._node(".SetMachSpeed"), self._set_speed)
        self._server.link_method(self._node(".SetUnitMode"), self._set_mode)

    def _obeying(self, command: Command) -> Callable[..., Any]:
        async def run(_parent: ua.NodeId, *arguments: object) -> ua.StatusCode:
            if arguments:
                return ua.StatusCode(ua.StatusCodes.BadTooManyArguments)
            state = State(int(self._live.true["line.state"]))
            if obey(state, command) is state:
                return ua.StatusCode(ua.StatusCodes.BadInvalidState)
            self._live.write(self._tags[command], 1)
            return _GOOD

        return run

    async def _set_speed(self, _parent: ua.NodeId, *arguments: ua.Variant) -> ua.StatusCode:
        """The set point in bottles per minute (OPC 30050, 6.7.3)."""
        if len(arguments) != 1 or arguments[0].VariantType != ua.VariantType.Float:
            return ua.StatusCode(ua.StatusCodes.BadInvalidArgument)
        design = min(station.rate for station in STATIONS) * 60.0
        refused = self._live.write("line.speed_setpoint", 100.0 * arguments[0].Value / design)
        return _GOOD if refused is None else ua.StatusCode(ua.StatusCodes.BadOutOfRange)

    async def _set_mode(self, _parent: ua.NodeId, *arguments: ua.Variant) -> ua.StatusCode:
        """The line knows one mode: produce (OPC 30050, 6.7.2)."""
        if len(arguments) != 1:
            return ua.StatusCode(ua.StatusCodes.BadInvalidArgument)
        return _GOOD if arguments[0].Value == _PRODUCE else ua.StatusCode(ua.StatusCodes.BadNotSupported)
