"""Lab 5.2 OPC UA建模: what its checks tell apart beyond the solutions that `test_lab_packs.py` grades, and that the model really serves."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from asyncua import ua
from asyncua.sync import Client, Server
from graders_kit import checks_of

from shixun_graders.check.evidence import PlantLog
from shixun_graders.protocol import Answer, Call
from shixun_packs.lab import build_notebooks, load_lab

PACK = Path(__file__).parents[2] / "labs" / "packs" / "opcua-model"
OFFLINE = ("tools", "browse-path", "example", "nodes", "nodes-try", "method", "replay", "method-try", "serve")
SEEDS = [bytes([number]) * 32 for number in range(12)]
Names = dict[str, Any]


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    return checks_of(PACK)


@pytest.fixture(scope="module")
def solution() -> Names:
    """The names of the reference notebook's cells that need no plant."""
    names: Names = {}
    for cell in nbformat.reads(build_notebooks(load_lab(PACK)).source, as_version=4).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in OFFLINE:
            exec(compile(cell.source, "notebook", "exec"), names)  # the pack's own code
    return names


def judged(checks: ModuleType, names: Names, seed: bytes = SEEDS[0]) -> dict[str, tuple[float, str | None]]:
    """The verdict of what `names` answer; nobody speaks to a plant."""
    calls: list[Call] = checks.calls(seed)
    answers = [Answer(ok=True, value=names[call.name](*call.args) if call.name in names else None) for call in calls]
    found: dict[str, tuple[float, str | None]] = checks.judge(calls, answers, PlantLog())
    return found


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: str(seed[0]))
def test_the_reference_is_right_for_every_seed(checks: ModuleType, solution: Names, seed: bytes) -> None:
    found = judged(checks, solution, seed)
    assert {key: found[key] for key in ("browse-path", "nodes", "method")} == {
        "browse-path": (10.0, None),
        "nodes": (30.0, None),
        "method": (15.0, None),
    }
    assert (found["read-line"][0], found["command"][0]) == (0.0, 0.0)


Node = dict[str, Any]
Table = list[Node]


def changed(wanted: Callable[[Node], bool], **values: Any) -> Callable[[Table], Table]:
    """Another value in the nodes that are `wanted`; None leaves it out."""
    kept = {key: value for key, value in values.items() if value is not None}

    def change(nodes: Table) -> Table:
        without = [{key: node[key] for key in node if key not in values} for node in nodes]
        return [{**rest, **kept} if wanted(node) else node for node, rest in zip(nodes, without, strict=True)]

    return change


def left_out(wanted: Callable[[Node], bool]) -> Callable[[Table], Table]:
    return lambda nodes: [node for node in nodes if not wanted(node)]


def is_in_the_type(node: Node) -> bool:
    return "ModellingRule" in node


def little_endian(nodes: Table) -> Table:
    for node in nodes:
        if node.get("DataType") == "EUInformation":
            code = node["Value"]["UnitId"].to_bytes(3, "big").lstrip(b"\0")
            node["Value"] = {**node["Value"], "UnitId": int.from_bytes(code, "little")}
    return nodes


MODELS: dict[str, tuple[Callable[[Table], Any], float, str]] = {
    "no rules": (changed(is_in_the_type, ModellingRule=None), 18.0, "modelling-rule"),
    "all mandatory": (changed(is_in_the_type, ModellingRule="Mandatory"), 24.0, "modelling-rule"),
    "units forgotten": (left_out(lambda node: node["BrowseName"].startswith("0:E")), 24.0, "unit-missing"),
    "units little-endian": (little_endian, 24.0, "unit-code"),
    "no analog type": (
        changed(lambda node: node.get("TypeDefinition") == "AnalogItemType", TypeDefinition="BaseDataVariableType"),
        24.0,
        "variable-type",
    ),
    "properties as components": (
        changed(lambda node: node["BrowseName"].endswith("SerialNumber"), Reference="HasComponent"),
        18.0,
        "reference",
    ),
    "a unit in the type's namespace": (
        changed(lambda node: node["BrowseName"] == "0:EURange", BrowseName="1:EURange"),
        24.0,
        "browse-name",
    ),
    "no arguments": (left_out(lambda node: node.get("DataType") == "Argument"), 12.0, "node-missing"),
    "everything a double": (
        changed(lambda node: node.get("DataType") == "Float", DataType="Double"),
        24.0,
        "data-type",
    ),
    "no type": (left_out(lambda node: is_in_the_type(node) or node["NodeClass"] == "ObjectType"), 6.0, "no-type"),
    "names only": (lambda nodes: [node["BrowseName"] for node in nodes], 0.0, "table-shape"),
    "no way up": (changed(lambda _node: True, Parent="ns=1;s=nowhere"), 0.0, "table-shape"),
    "a circle": (lambda nodes: [{**node, "Parent": node["NodeId"]} for node in nodes], 0.0, "table-shape"),
}


@pytest.mark.parametrize("mistake", MODELS)
def test_a_wrong_model_loses_what_it_lacks(checks: ModuleType, solution: Names, mistake: str) -> None:
    change, points, hint = MODELS[mistake]
    found = judged(checks, solution | {"nodes_of": lambda machine: change(solution["nodes_of"](machine))})
    assert found["nodes"] == (points, hint)


def method(solution: Names, make_command: Callable[..., Any]) -> Names:
    """The notebook with another `make_command`; its own `replay` calls it."""
    names = solution | {"make_command": make_command}
    exec("def replay(*a, _f=replay): return type(_f)(_f.__code__, globals())(*a)", names)
    return names


def last_station(solution: Names) -> Callable[..., Any]:
    """Every callback moves the station that was made last."""
    current: dict[str, Any] = {}

    def make_command(transitions: Any, memory: Any) -> Any:
        current["memory"] = memory
        return lambda *arguments: solution["make_command"](transitions, current["memory"])(*arguments)

    return make_command


def forgetful(solution: Names) -> Callable[..., Any]:
    """Answers rightly and keeps its state."""
    return lambda transitions, memory: lambda *args: solution["make_command"](transitions, dict(memory))(*args)


def refusing(_solution: Names) -> Callable[..., Any]:
    return lambda _transitions, _memory: lambda *_: ua.StatusCode(ua.StatusCodes.BadInvalidState)


def raising(solution: Names) -> Callable[..., Any]:
    """Looks an absent transition up."""

    def make_command(transitions: Any, memory: Any) -> Any:
        def run(_parent: Any, number: Any) -> Any:
            memory["State"] = transitions[memory["State"], number.Value]
            return [ua.Variant(memory["State"], ua.VariantType.Int32)]

        return run

    return make_command


def plain_numbers(solution: Names) -> Callable[..., Any]:
    """Returns Python's floats."""

    def make_command(transitions: Any, memory: Any) -> Any:
        def run(*arguments: Any) -> Any:
            result = solution["make_command"](transitions, memory)(*arguments)
            return [float(one.Value) for one in result] if isinstance(result, list) else result

        return run

    return make_command


@pytest.mark.parametrize(
    ("make", "points", "hint"),
    [(last_station, 0.0, "shared"), (forgetful, 8.0, "state-lost"), (refusing, 0.0, "table-fixed"), (raising, 5.0, "method-raised"),
     (plain_numbers, 8.0, "output-type")],
)  # fmt: skip
def test_a_wrong_method_is_named(
    checks: ModuleType, solution: Names, make: Callable[[Names], Callable[..., Any]], points: float, hint: str
) -> None:
    assert judged(checks, method(solution, make(solution)))["method"] == (points, hint)


STATUS = "ns=2;s=PackML.BottlingLine.Status."
NUMBER = "ns=2;s=PackML.BottlingLine.BaseStateMachine{}.CurrentState.Number"
GOOD = {"state": 6, "speed": 53.7, "setpoint": 54.0, "starved": False, "blocked": True}


def read(node: str, value: object, status: str | None = None) -> dict[str, Any]:
    return {"node": node, "value": value} | ({} if status is None else {"status": status})


def everything(state: int) -> list[dict[str, Any]]:
    values = {"CurMachSpeed": 53.7, "MachSpeed": 54.0, "EquipmentStarved": False, "EquipmentBlocked": True}
    machine = NUMBER.format(".MachineState.ExecuteState")
    return [read(machine, state), *(read(STATUS + name, value) for name, value in values.items())]


@pytest.mark.parametrize(
    ("answer", "items", "points", "hint"),
    [
        (GOOD, everything(6), 20.0, None),
        (GOOD, [], 0.0, "not-read"),
        (GOOD, [read("ns=2;s=line.state", 6), read("ns=2;s=line.rate", 53.7)], 0.0, "plain-tags"),
        (GOOD | {"state": 18}, everything(6), 12.0, "outer-state"),
        (GOOD | {"state": None}, everything(6), 12.0, "inactive"),
        (GOOD | {"speed": 53.7000001}, everything(6), 20.0, None),  # what is left of a Float
        (GOOD | {"speed": "53.7", "blocked": 1}, everything(6), 14.0, "read-value"),
        (GOOD | {"state": 6.0}, everything(6), 12.0, "read-state"),
    ],
)
def test_the_lines_own_log_decides(
    checks: ModuleType, answer: object, items: list[dict[str, Any]], points: float, hint: str | None
) -> None:
    calls: list[Call] = checks.calls(SEEDS[0])
    log: list[dict[str, Any]] = []
    for number, call in enumerate(calls):
        if call.name == "read_line":
            log += [
                {"op": "mark", "call": number, "edge": "begin"},
                {"measured": {"line.state": 6.0}},
                {"op": "read", "protocol": "opcua", "items": items},
                {"op": "mark", "call": number, "edge": "end"},
            ]
    answers = [Answer(ok=True, value=answer if call.name == "read_line" else None) for call in calls]
    assert checks.judge(calls, answers, PlantLog(calls=log))["read-line"] == (points, hint)


@pytest.mark.parametrize(
    ("said", "points", "hint"),
    [(None, 15.0, None), ("Good", 0.0, "swallowed"), (False, 0.0, "status-name")],
)
def test_a_refusal_is_to_be_told(checks: ModuleType, said: object, points: float, hint: str | None) -> None:
    calls, log, answers = checks.calls(SEEDS[0]), list[dict[str, Any]](), []
    for number, call in enumerate(calls):
        method, status = "SetMachSpeed", "BadOutOfRange"
        if call.name == "command":
            method, status = call.args[1], "BadInvalidState" if call.args[1] == "Start" else "Good"
        elif call.name == "set_speed" and call.args[1] < 100:
            status = "Good"
        arguments = [call.args[1]] if call.name == "set_speed" else []
        log += [
            {"op": "mark", "call": number, "edge": "begin"},
            {
                "op": "call",
                "protocol": "opcua",
                "method": f"ns=2;s=x.{method}",
                "arguments": arguments,
                "status": status,
            },
            {"op": "mark", "call": number, "edge": "end"},
        ]
        answers.append(Answer(ok=True, value=status if said is None else said))
    assert checks.judge(calls, answers, PlantLog(calls=log))["command"] == (points, hint)


def test_the_model_serves_and_can_be_handed_over(
    solution: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`serve` is the trainee's to try, so grading never runs it: every node gets in, and each station obeys for itself."""
    monkeypatch.chdir(tmp_path)
    example = solution["EXAMPLE"]
    server: Server = solution["serve"](example, solution["nodes_of"](example), port=0)
    try:
        assert "✔ 39 / 39" in capsys.readouterr().out
        with Client(f"opc.tcp://127.0.0.1:{server.aio_obj.bserver.port}") as client:
            own, types = (client.get_namespace_index(example[key]) for key in ("line_uri", "type_uri"))
            first, second = client.nodes.objects.get_child(f"{own}:Line3").get_children()
            assert second.call_method(f"{types}:SendCommand", ua.Variant(1, ua.VariantType.Int32)) == 15
            with pytest.raises(ua.uaerrors.BadInvalidState):
                first.call_method(f"{types}:SendCommand", ua.Variant(1, ua.VariantType.Int32))
            assert [station.get_child(f"{types}:State").read_value() for station in (first, second)] == [6, 15]
            unit = first.get_child([f"{types}:Temperature", "0:EngineeringUnits"]).read_value()
            assert (unit.UnitId, unit.DisplayName.Text) == (4408652, "°C")
            assert client.get_node(first.read_type_definition()).read_browse_name().Name == "FillerType"
    finally:
        server.stop()
    assert "FillerType.Temperature.EURange" in Path("Line3.NodeSet2.xml").read_text(encoding="utf-8")
