"""Hidden checks of OPC UA建模 (opcua-model). Runs in the check sandbox only; no trainee ever sees this file.

The client functions talk to the plant's second life, and the plant's own log says what was read and called there. `nodes_of` gets
descriptions of three machines drawn from the seed; its table is compared, node by node and by path of names, with the one that the
notebook's rules give. `replay` asks the method in every state, for two machines that know different commands.

Long because a pack's checks are one file: the sandbox gets no other.
"""

import random

from shixun_graders.check.answers import failure_hint
from shixun_graders.check.evidence import HOST, OPCUA_PORT
from shixun_graders.protocol import Call
from shixun_plants.bottling.packml import TRANSITIONS

URL = f"opc.tcp://{HOST}:{OPCUA_PORT}"
BASE, PACKML, PLANTS = "http://opcfoundation.org/UA/", "http://opcfoundation.org/UA/PackML/", "urn:shixun:plants"
EXAMPLE_TYPE, EXAMPLE_TYPE_INDEX = "FillerType", 2  # of the notebook's example, and where it has the type's namespace
UNITS = "http://www.opcfoundation.org/UA/units/un/cefact"
INSTANCE = "ns=2;s=PackML.BottlingLine"
VALUES = {
    "speed": ("CurMachSpeed", float),
    "setpoint": ("MachSpeed", float),
    "starved": ("EquipmentStarved", bool),
    "blocked": ("EquipmentBlocked", bool),
}
PATH_POINTS, STATE_POINTS, VALUE_POINTS, COMMAND_POINTS, SPEED_POINTS = 10.0, 8.0, 3.0, 9.0, 6.0
NODE_POINTS = {"type": 6.0, "instances": 6.0, "names": 6.0, "variables": 6.0, "units": 6.0}
METHOD_POINTS = {"allowed": 5.0, "refused": 5.0, "arguments": 3.0, "independent": 2.0}
ERRORS = ("died", "too-slow", "raised", "missing", "not-data")


def calls(seed):
    """Everything, in one round: paths, the dialogue with the fresh line, three machines, the method."""
    rng = random.Random(seed)
    asked = [Call(name="qualified", args=[list(array), list(steps)], seconds=2) for array, steps, _ in _paths(rng)]
    speeds = [float(rng.randrange(38, 54)), float(rng.randrange(200, 900))]
    for name, *arguments in (
        ("read_line",), ("set_speed", speeds[0]), ("command", "Hold"), ("command", "Start"), ("read_line",),
        ("command", "Stop"), ("set_speed", speeds[1]), ("command", "Unhold"), ("read_line",),
        ("command", "Abort"), ("command", "Stop"), ("read_line",),
    ):  # fmt: skip
        asked.append(Call(name=name, args=[URL, *arguments], mode="lockstep", seconds=10))
    asked += [Call(name="nodes_of", args=[machine], seconds=4) for machine in _machines(rng)]
    asked += [Call(name="replay", args=list(case), seconds=4) for case in _replays(rng)]
    return asked


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    pairs = list(enumerate(zip(calls, answers, strict=True)))
    named = {}
    for number, (call, answer) in pairs:
        named.setdefault(call.name, []).append((number, call, answer))
    return {
        "browse-path": _judge_paths(named["qualified"]),
        "read-line": _judge_reads(named["read_line"], plant_log),
        "command": _judge_commands(named["command"], named["set_speed"], plant_log),
        "nodes": _judge_nodes(named["nodes_of"]),
        "method": _judge_method(named["replay"]),
    }


def _first(hints, order):
    return next((hint for hint in (*ERRORS, *order) if hint in hints), None)


# -- browse paths --------------------------------------------------------------------------------------------------------


def _paths(rng):
    """(namespace array, steps, right answer): in the line's own order, in others, and on a server that lacks one URI."""
    cases = []
    for number in range(8):
        others = ["urn:vendor:gateway", "http://opcfoundation.org/UA/DI/", PLANTS, PACKML]
        array = [BASE, "urn:server", *others[2:]]
        if number:
            rng.shuffle(others)
            array = [BASE, "urn:server", *others]
        steps = [
            (PACKML, "PackMLObjects"),
            (PLANTS, "BottlingLine"),
            (PACKML, "Status"),
            (PACKML, "MachSpeed"),
            (BASE, "EURange"),
        ]
        steps = steps[: rng.randint(2, 5)]
        if number > 5:
            array.remove(PLANTS if number == 6 else PACKML)
        there = all(uri in array for uri, _ in steps)
        cases.append((array, steps, [f"{array.index(uri)}:{name}" for uri, name in steps] if there else None))
    return cases


def _judge_paths(asked):
    right, hints = [], set()
    for _, call, answer in asked:
        array, steps = call.args
        there = all(uri in array for uri, _ in steps)
        wanted = [f"{array.index(uri)}:{name}" for uri, name in steps] if there else None
        found = list(answer.value) if type(answer.value) in (list, tuple) else answer.value
        good = answer.ok and type(found) is type(wanted) and found == wanted
        right.append(good)
        if not good and not answer.ok:
            hints.add(failure_hint(answer))
        elif not good and wanted is None:
            hints.add("guessed")
        elif not good:
            same = type(found) is list and [str(step).partition(":")[2] for step in found] == [
                name for _, name in steps
            ]
            hints.add("hard-index" if same else "path-shape")
    there = [
        good
        for good, (_, call, _) in zip(right, asked, strict=True)
        if all(uri in call.args[0] for uri, _ in call.args[1])
    ]
    points = (0.8 * all(there) + 0.2 * all(right)) * PATH_POINTS
    return round(points, 1), _first(hints, ("hard-index", "guessed", "path-shape"))


# -- reading the line ----------------------------------------------------------------------------------------------------


def _seen(plant_log, number):
    """{node: values} of all good reads over OPC UA in one call, as the plant's log has them."""
    seen = {}
    for entry in plant_log.requests("opcua", number):
        for item in entry["items"] if entry["op"] in ("read", "subscribe") else []:
            if "attribute" not in item and item.get("status", "Good") == "Good":
                seen.setdefault(item["node"], []).append(item.get("value"))
    return seen


def _judge_reads(asked, plant_log):
    states, values, hints = [], dict.fromkeys(VALUES, True), set()
    for number, _, answer in asked:
        found = answer.value if answer.ok and type(answer.value) is dict else None
        if found is None:
            hints.add("read-shape" if answer.ok else failure_hint(answer))
            states.append(False)
            values = dict.fromkeys(VALUES, False)
            continue
        seen = _seen(plant_log, number)
        for key, (name, kind) in VALUES.items():
            read = seen.get(f"{INSTANCE}.Status.{name}")
            good = bool(read) and type(found.get(key)) is kind and any(_close(found[key], value) for value in read)
            values[key] &= good
            if not good:
                hints.add("read-value" if read else _unread(found.get(key), seen))
        verdict, hint = _state(found.get("state"), seen, plant_log.measured(number))
        states.append(verdict)
        hints |= {hint} - {None}
    judged = [good for good in states if good is not None]
    points = STATE_POINTS * (bool(judged) and all(judged)) + VALUE_POINTS * sum(values.values())
    order = ("not-read", "plain-tags", "outer-state", "inactive", "read-value", "read-state", "read-shape")
    return points, _first(hints, order)


def _close(found, logged):
    """Whether a value is the log's: a Float lost its last digits on the way."""
    return type(logged) in (bool, float, int) and abs(found - logged) <= 1e-6 * max(1.0, abs(logged))


def _unread(value, seen):
    """Why a node of the instance was not read: other nodes were, or none at all."""
    if seen and not any(node.startswith(INSTANCE) for node in seen):
        return "plain-tags"
    return "read-value" if value is None else "not-read"


def _state(found, seen, measured):
    """(right, hint); right is None where the line changed its state meanwhile, so that two answers are right."""
    wanted = {int(values["line.state"]) for values in measured if "line.state" in values}
    machines = [node for node in seen if node.startswith(f"{INSTANCE}.BaseStateMachine")]
    if not machines:
        return False, _unread(found, seen)
    if type(found) is int and found in wanted:
        return True, None
    if len(wanted) > 1:
        return None, None
    if found is None:
        return False, "inactive"
    return False, "outer-state" if type(found) is int and found in (18, 19) else "read-state"


# -- commands ------------------------------------------------------------------------------------------------------------


def _judge_commands(commands, speeds, plant_log):
    right, hints = {"command": True, "set_speed": True}, set()
    for number, call, answer in (*commands, *speeds):
        method = call.args[1] if call.name == "command" else "SetMachSpeed"
        done = [entry for entry in plant_log.called(number) if entry["method"].endswith(f".{method}")]
        hint = _command_mistake(call, answer, done[-1] if done else None)
        right[call.name] &= hint is None
        hints |= {hint} - {None}
    points = COMMAND_POINTS * right["command"] + SPEED_POINTS * right["set_speed"]
    return points, _first(hints, ("not-called", "double", "swallowed", "status-name", "speed-value"))


def _command_mistake(call, answer, entry):
    """None where the method was called as asked and its status came back, else the hint."""
    if not answer.ok:
        return failure_hint(answer)
    if entry is None:
        return "not-called"
    speed = call.args[1] if call.name == "set_speed" else None
    if speed is not None and entry["status"] == "BadInvalidArgument":
        return "double"
    if speed is not None and entry["arguments"] != [speed]:
        return "speed-value"
    if type(answer.value) is str and answer.value == entry["status"]:
        return None
    return "swallowed" if type(answer.value) is str and answer.value == "Good" else "status-name"


# -- the model -----------------------------------------------------------------------------------------------------------

QUANTITIES = (
    ("Temperature", "CEL", "°C", -40.0, 150.0), ("Torque", "NU", "N·m", 0.0, 5.0), ("Pressure", "KPA", "kPa", 0.0, 600.0),
    ("Level", "MMT", "mm", 0.0, 1500.0), ("Power", "KWT", "kW", 0.0, 40.0), ("Speed", "RPM", "r/min", 0.0, 3000.0),
    ("Opening", "P1", "%", 0.0, 100.0), ("Weight", "KGM", "kg", 0.0, 60.0), ("Length", "MTR", "m", 0.0, 12.0),
)  # fmt: skip
COUNTS = (
    ("Count", "UInt32", 4_000_000_000),
    ("Rejects", "UInt16", 60_000),
    ("Offset", "Int16", 300),
    ("Recipe", "Int32", 900),
)
FLAGS = ("Starved", "Blocked", "DoorOpen", "AirOk")
KINDS, LINES = ("CapperType", "LabellerType", "PackerType", "SealerType"), ("Line7", "NorthHall", "CellA", "Packing2")
COMMANDS = ("Execute", "DoCommand", "ControlUnit")
NAMESPACES = (("types", "line"), ("vendor", "line", "types"), ("types", "vendor", "line"))


def _machines(rng):
    """Three descriptions. Names, members, types, units and the namespaces' order differ from the example's and each other's."""
    kinds, lines, commands = rng.sample(KINDS, 3), rng.sample(LINES, 3), rng.sample(COMMANDS, 3)
    return [_machine(rng, *chosen) for chosen in zip(NAMESPACES, kinds, lines, commands, strict=True)]


def _machine(rng, order, kind, line, command):
    uris = {
        name: f"http://{rng.choice(('acme', 'beta', 'north'))}.example/{name}/{rng.randrange(100)}" for name in order
    }
    members = [
        {"name": "SerialNumber", "kind": "property", "data_type": "String", "rule": "Mandatory"},
        {"name": "YearOfConstruction", "kind": "property", "data_type": "UInt16", "rule": "Optional"},
        {"name": "State", "kind": "variable", "data_type": "Int32", "rule": "Mandatory"},
    ]
    plain = [(name, data_type) for name, data_type, _ in rng.sample(COUNTS, 2)] + [(rng.choice(FLAGS), "Boolean")]
    for (name, data_type), rule in zip(
        plain, ("Mandatory", "Optional", rng.choice(("Mandatory", "Optional"))), strict=True
    ):
        members.append({"name": name, "kind": "variable", "data_type": data_type, "rule": rule})
    for place, (name, unit, symbol, low, high) in enumerate(rng.sample(QUANTITIES, 3)):
        members.append(
            {"name": name, "kind": "analog", "data_type": ("Float", "Double", rng.choice(("Float", "Double")))[place],
             "rule": ("Mandatory", "Mandatory", "Optional")[place], "low": low, "high": high, "unit": unit, "symbol": symbol}
        )  # fmt: skip
    rng.shuffle(members)
    optional = [member["name"] for member in members if member["rule"] == "Optional"]
    stations = []
    for place in range(rng.randint(2, 3)):
        # The first has all optional members, the second none of them.
        left_out = set() if place == 0 else set(optional) if place == 1 else set(optional[1:])
        values = {member["name"]: _drawn(rng, member) for member in members if member["name"] not in left_out}
        stations.append({"name": f"{kind.removesuffix('Type')}{place + 1}", "values": values})
    return {
        "namespaces": [BASE, *(uris[name] for name in order)],
        "type_uri": uris["types"], "line_uri": uris["line"], "line": line, "type": kind, "members": members,
        "command": command, "stations": stations,
    }  # fmt: skip


def _drawn(rng, member):
    """A value of a member's data type."""
    if member["kind"] == "analog":
        return round(rng.uniform(member["low"], member["high"]), 1) + 0.0
    if member["data_type"] == "Boolean":
        return rng.random() < 0.5
    if member["data_type"] == "String":
        return f"S-{rng.randrange(1000, 9999)}"
    ranges = {name: limit for name, _, limit in COUNTS} | {"State": 17, "YearOfConstruction": 2026}
    return rng.randrange(1, ranges[member["name"]])


def _expected(machine):
    """{path of names: what stands there}, by the notebook's rules. `whose` is the namespace of the browse name, `home` of the id."""
    nodes = {}

    def add(path, node_class, reference, whose, home, **more):
        nodes[path] = {"NodeClass": node_class, "Reference": reference, "whose": whose, "home": home, **more}

    def members(top, home, values):
        fixed = "Mandatory" if values is None else None
        for member in machine["members"]:
            name, analog, plain = member["name"], member["kind"] == "analog", member["kind"] == "property"
            if values is not None and name not in values:
                continue
            add(
                (*top, name), "Variable", "HasProperty" if plain else "HasComponent", machine["type_uri"], home,
                rule=member["rule"] if values is None else None, data_type=member["data_type"],
                kind="PropertyType" if plain else "AnalogItemType" if analog else "BaseDataVariableType",
                value=None if values is None else values[name],
            )  # fmt: skip
            if analog:
                number = int.from_bytes(member["unit"].encode(), "big")
                span = {"Low": member["low"], "High": member["high"]}
                unit = {"NamespaceUri": UNITS, "UnitId": number, "DisplayName": member["symbol"]}
                for leaf, data_type, value in (("EURange", "Range", span), ("EngineeringUnits", "EUInformation", unit)):
                    add(
                        (*top, name, leaf), "Variable", "HasProperty", BASE, home, rule=fixed, data_type=data_type,
                        kind="PropertyType", value=None if values is None else value, unit=True,
                    )  # fmt: skip
        command = machine["command"]
        add((*top, command), "Method", "HasComponent", machine["type_uri"], home, rule=fixed)
        for leaf, name in (("InputArguments", "Command"), ("OutputArguments", "State")):
            value = None if values is None else [{"Name": name, "DataType": "Int32"}]
            add(
                (*top, command, leaf), "Variable", "HasProperty", BASE, home, rule=fixed, data_type="Argument",
                kind="PropertyType", value=value,
            )  # fmt: skip

    types, own, top = machine["type_uri"], machine["line_uri"], ("Objects", machine["line"])
    add(("Types", machine["type"]), "ObjectType", "HasSubtype", types, types)
    members(("Types", machine["type"]), types, None)
    add(top, "Object", "Organizes", own, own, kind="FolderType")
    for station in machine["stations"]:
        at = (*top, station["name"])
        add(at, "Object", "Organizes", own, own, kind=("Types", machine["type"]))
        members(at, own, station["values"])
    return nodes


ROOTS = {"ObjectsFolder": "Objects", "BaseObjectType": "Types"}
TEXTS = ("NodeClass", "NodeId", "BrowseName", "Parent", "Reference")


def _table(value):
    """({path: node}, {id: node}, how many ids are there twice) of an answer, or None for what is no node table."""
    if type(value) is not list or not value or len(value) > 2000:
        return None
    by_id, twice = {}, 0
    for node in value:
        if type(node) is not dict or any(type(node.get(key)) is not str for key in TEXTS):
            return None
        twice += node["NodeId"] in by_id
        by_id[node["NodeId"]] = node
    found = {}
    for node in value:
        path = _path(node, by_id)
        if path is not None:
            found[path] = node
    return found, by_id, twice


def _path(node, by_id):
    names = []
    for _ in range(10):
        names.append(node["BrowseName"].partition(":")[2] or node["BrowseName"])
        if node["Parent"] in ROOTS:
            return (ROOTS[node["Parent"]], *reversed(names))
        if node["Parent"] not in by_id:
            return None
        node = by_id[node["Parent"]]
    return None


def _index(text, prefix=""):
    """The namespace index that a BrowseName ("2:State") or a NodeId ("ns=2;s=x") begins with, 0 where it has none."""
    digits = text.removeprefix(prefix).partition(":" if not prefix else ";")[0]
    return int(digits) if text.startswith(prefix) and digits.isascii() and digits.isdigit() and len(digits) < 6 else 0


def _judge_nodes(asked):
    right, hints = dict.fromkeys(NODE_POINTS, True), set()
    for _, call, answer in asked:
        table = _table(answer.value) if answer.ok else None
        if table is None:
            right = dict.fromkeys(right, False)
            hints.add("table-shape" if answer.ok else failure_hint(answer))
            continue
        for group, hint in _problems(call.args[0], *table):
            right[group] = False
            hints.add(hint)
    points = sum(NODE_POINTS[group] for group, good in right.items() if good)
    return points, _first(hints, NODE_HINTS)


NODE_HINTS = (
    "table-shape", "overfit", "hard-index", "duplicate", "no-type", "plain-objects", "node-class", "modelling-rule", "reference", "data-type",
    "variable-type", "unit-missing", "unit-code", "range", "node-missing", "node-extra", "browse-name", "node-id", "method-arguments", "value",
)  # fmt: skip


def _problems(machine, found, by_id, twice):
    """(group, hint) of everything that is wrong with a table."""
    expected = _expected(machine)
    if not set(found) & set(expected):
        hint = "overfit" if EXAMPLE_TYPE in {path[-1] for path in found} else "table-shape"
        yield from ((group, hint) for group in NODE_POINTS)
        return
    if twice:
        yield "instances", "duplicate"
    if len(found) > len(expected.keys() & found.keys()):
        yield "instances", "node-extra"
    for path, wanted in expected.items():
        where = "units" if wanted.get("unit") else "type" if path[0] == "Types" else "instances"
        node = found.get(path)
        if node is None:
            missing = "no-type" if path == ("Types", machine["type"]) else "node-missing"
            yield where, "unit-missing" if where == "units" else missing
            if where != "units":  # who leaves nodes out has not got the others right
                yield "variables", missing
            continue
        yield from _structure(where, path, node, wanted, by_id)
        yield from _names(machine, path, node, wanted)
        if wanted["NodeClass"] == "Variable":
            yield from _variable("units" if wanted.get("unit") else "variables", node, wanted)


def _structure(where, path, node, wanted, by_id):
    if node["NodeClass"] != wanted["NodeClass"]:
        yield where, {"ObjectType": "no-type", "Object": "plain-objects"}.get(wanted["NodeClass"], "node-class")
    if node["Reference"] != wanted["Reference"]:
        yield where, "reference"
    if path[0] == "Types" and wanted.get("rule") != node.get("ModellingRule"):
        yield where, "modelling-rule"
    if wanted["NodeClass"] == "Object":
        kind = node.get("TypeDefinition")
        pointed = _path(by_id[kind], by_id) if type(kind) is str and kind in by_id else kind
        if pointed != wanted["kind"]:
            yield where, "plain-objects"


def _names(machine, path, node, wanted):
    namespaces = machine["namespaces"]
    named, home = _index(node["BrowseName"]), _index(node["NodeId"], "ns=")
    if named != namespaces.index(wanted["whose"]):
        fixed = path == ("Types", machine["type"]) and named == EXAMPLE_TYPE_INDEX
        yield "names", "hard-index" if fixed else "browse-name"
    if home != namespaces.index(wanted["home"]):
        yield "names", "node-id"


def _variable(group, node, wanted):
    if node.get("TypeDefinition") != wanted["kind"]:
        yield group, "variable-type"
    if node.get("DataType") != wanted["data_type"]:
        yield group, "data-type"
    value = wanted["value"]
    if value is None or _same(node.get("Value"), value):
        return
    found = node.get("Value")
    if wanted["data_type"] == "Argument":
        yield group, "method-arguments"
    elif wanted["data_type"] == "Range":
        yield group, "range"
    elif wanted["data_type"] == "EUInformation":
        yield group, "unit-missing" if type(found) is not dict or not found else "unit-code"
    else:
        yield group, "value"


def _same(found, wanted):
    """Equal, and of the same plain type all the way down; a whole number will do for a float."""
    if type(wanted) is dict:
        return (
            type(found) is dict
            and found.keys() == wanted.keys()
            and all(_same(found[key], wanted[key]) for key in wanted)
        )
    if type(wanted) is list:
        return type(found) is list and len(found) == len(wanted) and all(map(_same, found, wanted))
    if type(wanted) is float:
        return type(found) in (int, float) and found == wanted
    return type(found) is type(wanted) and found == wanted


# -- the method ----------------------------------------------------------------------------------------------------------


def _replays(rng):
    """(transitions, states, calls): every state and command of two machines, odd arguments, two stations in turn."""
    full = {(int(state), int(command)): int(after) for (state, command), after in TRANSITIONS.items()}
    shown = {(2, 1): 15, (4, 2): 3, (6, 4): 10, (6, 3): 7}  # the notebook's table
    cases = []
    for without in (rng.choice(((6, 7), (10,))), (4, 5)):
        table = {pair: after for pair, after in full.items() if pair[1] not in without}
        table |= {pair: rng.choice((1, 12, 16)) for pair in rng.sample(sorted(shown.keys() & table.keys()), 2)}
        pairs = [(state, command) for state in range(1, 18) for command in range(1, 11)]
        rng.shuffle(pairs)
        asked = [(number, [("Int32", command)]) for number, (_, command) in enumerate(pairs)]
        cases.append((table, [state for state, _ in pairs], asked))
    odd = [
        [], [("Int32", 1), ("Int32", 1)], [("Double", 1.0)], [("Int64", 1)], [("String", "1")], [("Boolean", True)],
        [("Int32", 0)], [("Int32", rng.randint(11, 99))], [("Int32", -rng.randint(1, 9))],
    ]  # fmt: skip
    states = [rng.choice((2, 4, 6)) for _ in odd]
    cases.append((full, states, list(enumerate(odd))))
    turns = [
        (which, [("Int32", command)])
        for which, command in ((0, 1), (1, 4), (0, 8), (1, 3), (2, 2), (0, 9), (1, 8), (2, 4))
    ]
    cases.append((full, [2, 6, 4], turns))
    return cases


def _right_replay(transitions, states, calls, shared=False):
    """What a right method answers: [(status, outputs, state after it)]; or one whose stations all move the last one."""
    now, found = list(states), []
    for asked, arguments in calls:
        which = len(states) - 1 if shared else asked
        status, outputs = "Good", []
        if not arguments:
            status = "BadArgumentsMissing"
        elif len(arguments) > 1:
            status = "BadTooManyArguments"
        elif arguments[0][0] != "Int32" or arguments[0][1] not in range(1, 11):
            status = "BadInvalidArgument"
        elif (now[which], arguments[0][1]) not in transitions:
            status = "BadInvalidState"
        else:
            now[which] = transitions[now[which], arguments[0][1]]
            outputs = [("Int32", now[which])]
        found.append((status, outputs, now[asked]))
    return found


METHOD_HINTS = (
    "method-raised", "table-fixed", "output-type", "no-check", "state-lost", "state-moved", "shared", "bad-arguments", "method-status",
)  # fmt: skip


def _judge_method(asked):
    right, hints, obeys, shared = dict.fromkeys(METHOD_POINTS, True), set(), True, True
    for (_, call, answer), odd in zip(asked, ("", "", "arguments", "independent"), strict=True):
        wanted = _right_replay(*call.args)
        rows = answer.value if answer.ok and type(answer.value) is list else []
        if len(rows) != len(wanted) or not all(map(_is_row, rows)):
            return 0.0, "raised" if answer.ok else failure_hint(answer)
        rows = [(status, _plain(outputs), after) for status, outputs, after in rows]
        shared &= [row[0] for row in rows] == [row[0] for row in _right_replay(*call.args, shared=True)]
        for row, good in zip(rows, wanted, strict=True):
            if row == good:
                continue
            group = odd or ("allowed" if good[0] == "Good" else "refused")
            right[group] = False
            obeys &= group != "allowed" or row[0] == "Good"
            hints.add(_method_mistake(group, row, good))
    if shared and not right["independent"]:
        return 0.0, "shared"
    if not obeys:  # to refuse what is allowed is no skill
        return 0.0, _first(hints, METHOD_HINTS)
    return sum(METHOD_POINTS[group] for group, good in right.items() if good), _first(hints, METHOD_HINTS)


def _is_row(row):
    return type(row) is tuple and len(row) == 3 and type(row[0]) is str and type(row[1]) is list and type(row[2]) is int


def _plain(outputs):
    """[(type, whole number)], or None for outputs of another kind."""
    plain = all(type(one) is tuple and len(one) == 2 and type(one[0]) is str and type(one[1]) is int for one in outputs)
    return outputs if plain else None


def _method_mistake(group, row, good):
    """The hint for one wrong row."""
    status, outputs, after = row
    kept = after == good[2]
    if status == "BadUnexpectedError":
        return "method-raised"
    if group == "arguments":
        return "bad-arguments"
    if group == "independent" and not kept:
        return "shared"
    if status != "Good":
        return "table-fixed" if good[0] == "Good" else "method-status" if kept else "state-moved"
    if good[0] != "Good":
        return "no-check"
    if kept:
        return "output-type"
    return "state-lost" if outputs == good[1] else "table-fixed"
