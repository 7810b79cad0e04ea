# Long because a notebook is one file. What stands before the first cell is part of none.

# %% [markdown]
# # OPC UA 建模：读懂一台机器，再给一台机器写出模型
#
# 你的灌装线有 OPC UA 服务器，上面有一个 PackML 实例：先按浏览路径去读它、去指挥它。然后换个位置：一家包装机厂要交货，合同写着“提供 OPC UA 信息模型”。你要由一份机器说明写出类型和实例，再写出它的命令方法。
#
# 做完这个实验，你会：
#
# 1. 由命名空间 URI 查下标，写出浏览路径，不把 `ns=3` 写死；
# 2. 从三层嵌套的状态机里读出 PackML 状态，调用方法，看懂状态码；
# 3. 写出对象类型和它的实例：成员、特性、数据类型、量程、工程单位、必备与可选；
# 4. 写出一个在每个状态下都回答正确的命令方法。
#
# > **English.** Read and command the PackML instance of your bottling line by browse paths. Then change sides: from the description of
# > a machine write its information model, an ObjectType with instances, and the method that takes its commands.

# %% [markdown]
# ## 谁在哪里运行
#
# ![浏览器里的笔记本和画面，实验容器里的函数和你的模型，灌装线的 OPC UA 服务器和日志；评分用新的线和没见过的机器](assets/who.svg)
#
# > **English.** Code runs in the lab container. For grading your client functions meet a fresh line on port 4841, whose own log is looked
# > at; your model functions get the descriptions of three machines that nobody has seen.

# %% nbgrader={"grade_id": "tools", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 工具（不用改）/ Tools, ready to use
import logging
import os

from asyncua import ua
from asyncua.sync import Client, Server, XmlExporter

logging.getLogger("asyncua").setLevel(logging.ERROR)
URL = os.environ.get("SHIXUN_PLANT_OPCUA", "opc.tcp://127.0.0.1:4840")
BASE = "http://opcfoundation.org/UA/"
PACKML = "http://opcfoundation.org/UA/PackML/"
PLANTS = "urn:shixun:plants"
# 从 Objects 起的路径 / the path from Objects
LINE = [(PACKML, "PackMLObjects"), (PLANTS, "BottlingLine")]
STATES = [
    "", "CLEARING", "STOPPED", "STARTING", "IDLE", "SUSPENDED", "EXECUTE", "STOPPING", "ABORTING",
    "ABORTED", "HOLDING", "HELD", "UNHOLDING", "SUSPENDING", "UNSUSPENDING", "RESETTING",
    "COMPLETING", "COMPLETE",
]


def check(title, found, expected):
    wish = "" if found == expected else f"(应为 / expected {expected})"
    print("✘" if wish else "✔", title, "→", found, wish)


# %% [markdown]
# ## 第一步 浏览路径
#
# 客户端拿到的命名空间数组，次序由服务器决定。所以程序里只存 **URI 和名字**，连上以后再换成“下标:名字”：
#
# ```text
#   下标   命名空间数组
#   0      http://opcfoundation.org/UA/
#   1      urn:shixun:plant:bottling
#   2      urn:shixun:plants
#   3      http://opcfoundation.org/UA/PackML/
#
#   [(PACKML, "PackMLObjects"), (PLANTS, "BottlingLine")]   ──>   ["3:PackMLObjects", "2:BottlingLine"]
# ```
#
# 注意一条路径里可以有几个命名空间：`BottlingLine` 是本厂起的名字，它下面的 `Status` 是 PackML 规范的名字。`EURange`、`CurrentState` 这些属于 0 号。
#
# 写出 `qualified(namespaces, steps)`：返回“下标:名字”的列表；有一个 URI 在这台服务器上没有，就返回 `None`，不要猜。
#
# > **English.** `qualified(namespaces, steps)` turns (URI, name) pairs into "index:name" with the server's namespace array; None where a
# > URI isn't there.

# %% nbgrader={"grade_id": "browse-path", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "code"}
def qualified(namespaces, steps):
    """[(URI, 名字)] → ["下标:名字"] / (URI, name) pairs as "index:name"."""
    ### BEGIN SOLUTION
    if any(uri not in namespaces for uri, _ in steps):
        return None
    return [f"{namespaces.index(uri)}:{name}" for uri, name in steps]
    ### END SOLUTION


# %% nbgrader={"grade_id": "browse-path-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
_there = [BASE, "urn:shixun:plant:bottling", PLANTS, PACKML]
check("本线 / this line", qualified(_there, LINE), ["3:PackMLObjects", "2:BottlingLine"])
_later = [*_there[:2], "urn:di", PACKML, PLANTS]
check("固件升级以后 / after an update", qualified(_later, LINE), ["3:PackMLObjects", "4:BottlingLine"])
check("没有 PackML 的服务器 / without PackML", qualified(_there[:3], LINE), None)

# %% [markdown]
# ## 第二步 读 PackML 实例
#
# 先看看这台服务器长什么样：0 号命名空间以外的节点，两层。
#
# > **English.** First a look around: what is not of namespace 0, two levels deep.

# %% nbgrader={"grade_id": "look", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 两件工具（不用改）/ Two tools, ready to use
def show(node, depth=2, indent=0):
    """打印一个节点下面的树 / Print the tree below a node."""
    for one in node.get_children():
        name = one.read_browse_name()
        if indent or name.NamespaceIndex:
            kind = one.read_node_class().name
            print("  " * indent + name.to_string(), f"({kind})", one.nodeid.to_string())
            if indent + 1 < depth:
                show(one, depth, indent + 1)


def child(client, node, *steps):
    """从 node 按 (URI, 名字) 往下走，用你的 qualified / Down from a node, by your `qualified`."""
    return node.get_child(qualified(client.get_namespace_array(), steps))


with Client(URL) as _client:
    print(_client.get_namespace_array())
    show(_client.nodes.objects)

# %% [markdown]
# 下面一格是你的工作台，不计分：往里看。例如 `show(child(client, client.nodes.objects, *LINE), depth=4)`。
#
# > **English.** Your workbench, no points: look further in.

# %% nbgrader={"grade_id": "explore", "grade": false, "solution": true, "locked": false, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
with Client(URL) as client:
    show(child(client, client.nodes.objects, *LINE), depth=3)
### END SOLUTION

# %% [markdown]
# PackML 的状态是**三层嵌套的状态机**，每层各有自己的 `CurrentState`，里面的 `Number` 是编号：
#
# ```text
#   3:BaseStateMachine                    8 正在中止、9 已中止、19 已清除（不在中止组，状态在里面一层）
#     └─ 3:MachineState                   1 正在清除、2 停止、7 正在停止、18 运行（状态在最里面一层）
#          └─ 3:ExecuteState              3…6、10…17：空闲、执行、保持、挂起……
# ```
#
# **里面一层有效时，状态以里面一层为准**；无效的一层读出来是坏质量 `BadStateNotActive`。18 和 19 不是 PackML 的状态，只是外层的说法。
#
# 写出 `read_line(url)`：连上服务器，按浏览路径读 PackML 实例（不是 `ns=2;s=line.state` 那样的测点），返回字典：
#
# | 键 | 来自 | 类型 |
# |---|---|---|
# | `state` | 三层状态机 | PackML 状态号 1…17 |
# | `speed` | `Status/CurMachSpeed` | 浮点数，瓶/分 |
# | `setpoint` | `Status/MachSpeed` | 浮点数，瓶/分 |
# | `starved` | `Status/EquipmentStarved` | 布尔 |
# | `blocked` | `Status/EquipmentBlocked` | 布尔 |
#
# 质量不好的值记 `None`。有用的几样：`node.get_child(["2:A", "3:B"])`；`node.read_data_value(raise_on_bad_status=False)` 给出`.StatusCode.is_good()` 和 `.Value.Value`。评分时连的是**另一条新开的线**，看那条线自己的日志：节点确实被读过，数值与日志相符，才得分。
#
# > **English.** `read_line(url)` reads the PackML instance by browse paths (not the plain tags): the state from three nested machines,
# > where the innermost active one counts; 18 and 19 are no PackML states. Bad values become None. The fresh line's own log must show the reads.

# %% nbgrader={"grade_id": "read-line", "grade": true, "solution": true, "locked": false, "points": 20, "schema_version": 3, "cell_type": "code"}
def read_line(url):
    """灌装线此刻的状态和速度 / State and speed of the line now."""
    ### BEGIN SOLUTION
    machines = [(PACKML, "BaseStateMachine"), (PACKML, "MachineState"), (PACKML, "ExecuteState")]

    def value(node):
        """好的值；质量不好是 None。"""
        found = node.read_data_value(raise_on_bad_status=False)
        return found.Value.Value if found.StatusCode.is_good() else None

    with Client(url) as client:
        line = child(client, client.nodes.objects, *LINE)
        status = child(client, line, (PACKML, "Status"))
        numbers = [
            value(child(client, line, *machines[:depth], (BASE, "CurrentState"), (BASE, "Number"))) for depth in (3, 2, 1)
        ]
        return {
            "state": next((number for number in numbers if number is not None), None),
            "speed": value(child(client, status, (PACKML, "CurMachSpeed"))),
            "setpoint": value(child(client, status, (PACKML, "MachSpeed"))),
            "starved": value(child(client, status, (PACKML, "EquipmentStarved"))),
            "blocked": value(child(client, status, (PACKML, "EquipmentBlocked"))),
        }
    ### END SOLUTION


# %% nbgrader={"grade_id": "read-line-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：与 HMI 并排看 / Beside the screen (no points)
_now = read_line(URL) or {}
print(_now)
_state = _now.get("state")
_known = _state in range(1, 18)
print("✔" if _known else "✘", "状态 / state:", STATES[_state] if _known else _state)

# %% [markdown]
# ## 第三步 调用方法
#
# 命令不是“写 1 再写 0”，是方法：`object.call_method(method)`，成与不成由**状态码**回答。不成时 asyncua 抛出 `ua.UaStatusCodeError`，异常的类名就是状态码的名字（`BadInvalidState`……）。
#
# 方法挂在不同的对象上：
#
# | 对象 | 方法 |
# |---|---|
# | `BaseStateMachine` | `Abort`、`Clear` |
# | `BaseStateMachine/MachineState` | `Stop`、`Reset` |
# | `BaseStateMachine/MachineState/ExecuteState` | `Start`、`Reset`、`Hold`、`Unhold` |
# | `BottlingLine` 自己 | `SetMachSpeed`（参数 Float，瓶/分）、`SetUnitMode` |
#
# 写出两个函数，都返回状态码的名字，成功是 `"Good"`：
#
# - `command(url, name)`：发一条命令。状态不允许时，服务器答 `BadInvalidState`：**照实返回，既不要吞掉，也不要抛出去**；
# - `set_speed(url, speed)`：设定速度。参数是 **Float**，Python 的小数会按 Double 发出，服务器不认：`ua.Variant(speed, ua.VariantType.Float)`。
#
# > **English.** Commands are methods; status codes answer. `command(url, name)` calls one on the object that has it, `set_speed(url, speed)`
# > calls SetMachSpeed with a Float. Both return the status code's name, "Good" or what the server said; they neither hide nor raise it.

# %% nbgrader={"grade_id": "command", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def command(url, name):
    """发一条 PackML 命令，返回状态码的名字 / Send a command; the name of the status code."""
    ### BEGIN SOLUTION
    machines = [(PACKML, "BaseStateMachine"), (PACKML, "MachineState"), (PACKML, "ExecuteState")]
    depth = {"Abort": 1, "Clear": 1, "Stop": 2, "Reset": 2, "Start": 3, "Hold": 3, "Unhold": 3}[name]
    with Client(url) as client:
        machine = child(client, client.nodes.objects, *LINE, *machines[:depth])
        try:
            machine.call_method(child(client, machine, (PACKML, name)))
        except ua.UaStatusCodeError as error:
            return type(error).__name__
        return "Good"
    ### END SOLUTION


def set_speed(url, speed):
    """设定速度，瓶/分 / Set the speed in bottles per minute; the name of the status code."""
    ### BEGIN SOLUTION
    with Client(url) as client:
        line = child(client, client.nodes.objects, *LINE)
        try:
            line.call_method(child(client, line, (PACKML, "SetMachSpeed")), ua.Variant(speed, ua.VariantType.Float))
        except ua.UaStatusCodeError as error:
            return type(error).__name__
        return "Good"
    ### END SOLUTION


# %% nbgrader={"grade_id": "command-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：线在执行时 Start 不允许 / Start isn't allowed while the line executes (no points)
print("Start →", command(URL, "Start"))
check("速度 50 瓶/分 / 50 bottles a minute", set_speed(URL, 50.0), "Good")
check("速度 500 瓶/分 / 500 bottles a minute", set_speed(URL, 500.0), "BadOutOfRange")
check("恢复 54 / back to 54", set_speed(URL, 54.0), "Good")

# %% [markdown]
# ## 第四步 给一台机器建模
#
# 现在你是包装机厂的工程师。`EXAMPLE` 是一份机器说明：一条线、一个工位类型、几台工位。写出 `nodes_of(machine)`，返回**节点表**：一个节点一个字典，键就是 NodeSet2 里的那些词。评分用三份没见过的说明：名字、成员、数据类型、命名空间的次序都不一样。
#
# | 键 | 含义 |
# |---|---|
# | `NodeClass` | `"ObjectType"`、`"Object"`、`"Variable"`、`"Method"` |
# | `NodeId` | `"ns=下标;s=文本"`，各不相同；下标是 URI 在 `machine["namespaces"]` 里的位置 |
# | `BrowseName` | `"下标:名字"` |
# | `Parent`、`Reference` | 父节点的 NodeId，以及父节点指向它的引用：`"HasComponent"`、`"HasProperty"`、`"Organizes"`、`"HasSubtype"` |
# | `TypeDefinition` | 对象和变量才有：类型的 NodeId，或标准类型的名字 |
# | `ModellingRule` | 类型的成员才有：`"Mandatory"` 或 `"Optional"` |
# | `DataType`、`Value` | 变量才有 |
#
# 标准节点直接写名字：
#
# - 作父节点：`"ObjectsFolder"`、`"BaseObjectType"`
# - 作对象的类型：`"FolderType"`
# - 作变量的类型：`"BaseDataVariableType"`、`"AnalogItemType"`、`"PropertyType"`

# %% nbgrader={"grade_id": "example", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 一份机器说明（不用改）/ The description of a machine
EXAMPLE = {
    "namespaces": [BASE, "http://shixun.example/line3", "http://shixun.example/stations"],
    "type_uri": "http://shixun.example/stations",  # 类型的命名空间 / of the type and its members
    "line_uri": "http://shixun.example/line3",  # 实例的命名空间 / of the instances
    "line": "Line3",
    "type": "FillerType",
    "members": [
        {"name": "SerialNumber", "kind": "property",
         "data_type": "String", "rule": "Mandatory"},
        {"name": "State", "kind": "variable", "data_type": "Int32", "rule": "Mandatory"},
        {"name": "Count", "kind": "variable", "data_type": "UInt32", "rule": "Mandatory"},
        {"name": "Starved", "kind": "variable", "data_type": "Boolean", "rule": "Optional"},
        {"name": "Temperature", "kind": "analog", "data_type": "Double", "rule": "Mandatory",
         "low": -40.0, "high": 120.0, "unit": "CEL", "symbol": "°C"},
        {"name": "BowlLevel", "kind": "analog", "data_type": "Float", "rule": "Optional",
         "low": 0.0, "high": 1500.0, "unit": "MMT", "symbol": "mm"},
    ],
    "command": "SendCommand",
    "stations": [
        {"name": "Filler1", "values": {
            "SerialNumber": "F-0907", "State": 6, "Count": 20713, "Temperature": 8.2, "BowlLevel": 910.5,
        }},
        {"name": "Filler2", "values": {
            "SerialNumber": "F-0911", "State": 2, "Count": 118, "Starved": False, "Temperature": 21.4,
        }},
    ],
}
# 工程单位的 NamespaceUri / of UNECE units
UNITS = "http://www.opcfoundation.org/UA/units/un/cefact"

# %% [markdown]
# 规则，对每一份说明都一样：
#
# 1. **类型**：`ObjectType`，是 `BaseObjectType` 的子类型（`HasSubtype`）。成员都挂在它下面，`ModellingRule` 按说明的 `rule`。
# 2. **变量**（`variable`）：`HasComponent`，类型 `BaseDataVariableType`。**特性**（`property`）：`HasProperty`，类型 `PropertyType`。
# 3. **模拟量**（`analog`）：`HasComponent`，类型 `AnalogItemType`，下面有两个**特性**，浏览名都属于 **0 号**命名空间：
#    - `0:EURange`：`DataType` 是 `"Range"`，`Value` 是 `{"Low": …, "High": …}`；
#    - `0:EngineeringUnits`：`"EUInformation"`，`{"NamespaceUri": UNITS, "UnitId": …, "DisplayName": 符号}`。`UnitId` 由 UNECE 代码的字节拼成，高字节在前：`CEL` → 0x43454C = 4408652。
# 4. **方法**：`Method`，名字是说明的 `command`，`HasComponent`，`Mandatory`。下面有两个特性 `0:InputArguments`、`0:OutputArguments`，`DataType` 是`"Argument"`，`Value` 分别是 `[{"Name": "Command", "DataType": "Int32"}]` 和 `[{"Name": "State", "DataType": "Int32"}]`。
# 5. **实例**：`ObjectsFolder` 下用 `Organizes` 放一个文件夹（`FolderType`），名字是 `line`；文件夹里用 `Organizes` 放各工位，`TypeDefinition` **指向你的类型**。
# 6. 工位照着类型造：成员、特性、方法一个不少，引用、类型、数据类型与类型里的一样；可选的成员，`values` 里有才造。变量的 `Value` 取自 `values`；量程和单位的值也要给。实例上没有 `ModellingRule`。
# 7. 类型里变量的 `Value` 可以不写，但特性 `EURange`、`EngineeringUnits` 和方法的参数在类型里也要有（`Mandatory`）。
#
# 命名空间的规则最容易错：**节点号**属于造它的一方（类型的在 `type_uri`，文件夹、工位和工位的成员在 `line_uri`）；**浏览名**属于给它起名的一方：工位叫什么由本线定（`line_uri`），工位里的成员叫什么由类型定（`type_uri`），与灌装线上 `2:BottlingLine/3:Status` 一样。
#
# > **English.** `nodes_of(machine)` returns the node table, one dict a node, with NodeSet2's words as keys, by the seven rules above. Node ids
# > belong to who makes the node (type: `type_uri`; folder, stations and their members: `line_uri`). Browse names belong to who names it: members
# > keep the type's namespace on instances too, and EURange, EngineeringUnits and the arguments belong to namespace 0. Optional members exist on
# > a station only where its `values` have them. Three unseen descriptions are graded.

# %% nbgrader={"grade_id": "nodes", "grade": true, "solution": true, "locked": false, "points": 30, "schema_version": 3, "cell_type": "code"}
def nodes_of(machine):
    """机器说明 → 节点表 / The node table of a machine's description."""
    ### BEGIN SOLUTION
    types, own = (machine["namespaces"].index(machine[key]) for key in ("type_uri", "line_uri"))
    nodes = []

    def add(node_class, node_id, name, parent, reference, **more):
        nodes.append({
            "NodeClass": node_class, "NodeId": node_id, "BrowseName": name, "Parent": parent, "Reference": reference, **more,
        })
        return node_id

    def add_property(parent, name, data_type, rule, value=None):
        add("Variable", f"{parent}.{name.split(':')[1]}", name, parent, "HasProperty", TypeDefinition="PropertyType",
            DataType=data_type, **rule, **({} if value is None else {"Value": value}))

    def add_members(parent, values=None):
        """类型的成员（values 是 None），或一个工位的。"""
        fixed = {"ModellingRule": "Mandatory"} if values is None else {}
        for member in machine["members"]:
            name = member["name"]
            if values is not None and name not in values:
                continue
            rule = {"ModellingRule": member["rule"]} if values is None else {}
            if member["kind"] == "property":
                add_property(parent, f"{types}:{name}", member["data_type"], rule, values and values[name])
                continue
            analog = member["kind"] == "analog"
            more = {} if values is None else {"Value": values[name]}
            node = add("Variable", f"{parent}.{name}", f"{types}:{name}", parent, "HasComponent", DataType=member["data_type"],
                       TypeDefinition="AnalogItemType" if analog else "BaseDataVariableType", **rule, **more)
            if analog:
                add_property(node, "0:EURange", "Range", fixed, {"Low": member["low"], "High": member["high"]})
                unit = int.from_bytes(member["unit"].encode(), "big")
                unit = {"NamespaceUri": UNITS, "UnitId": unit, "DisplayName": member["symbol"]}
                add_property(node, "0:EngineeringUnits", "EUInformation", fixed, unit)
        method = add("Method", f"{parent}.{machine['command']}", f"{types}:{machine['command']}", parent, "HasComponent", **fixed)
        add_property(method, "0:InputArguments", "Argument", fixed, [{"Name": "Command", "DataType": "Int32"}])
        add_property(method, "0:OutputArguments", "Argument", fixed, [{"Name": "State", "DataType": "Int32"}])

    kind = add("ObjectType", f"ns={types};s={machine['type']}", f"{types}:{machine['type']}", "BaseObjectType", "HasSubtype")
    add_members(kind)
    name = machine["line"]
    folder = add("Object", f"ns={own};s={name}", f"{own}:{name}", "ObjectsFolder", "Organizes", TypeDefinition="FolderType")
    for station in machine["stations"]:
        name = station["name"]
        node = add("Object", f"{folder}.{name}", f"{own}:{name}", folder, "Organizes", TypeDefinition=kind)
        add_members(node, station["values"])
    return nodes
    ### END SOLUTION


# %% nbgrader={"grade_id": "nodes-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：例子里的几处；评分还要看别的 / A few places of the example (no points)
def paths(nodes):
    """{"FillerType/State": 节点} / Nodes by path of names."""
    by_id, found = {node["NodeId"]: node for node in nodes or []}, {}
    for node in nodes or []:
        names, at = [], node
        while at is not None and len(names) < 10:
            names.append(at["BrowseName"].partition(":")[2])
            at = by_id.get(at["Parent"])
        found["/".join(reversed(names))] = node
    return found


_nodes = paths(nodes_of(EXAMPLE))


def _of(path, key):
    return _nodes.get(path, {}).get(key)


_temperature = "Line3/Filler1/Temperature"
_unit = _of(f"{_temperature}/EngineeringUnits", "Value") or {}
check("节点个数 / number of nodes", len(_nodes), 39)
check("类型是谁的子类型 / subtype of", _of("FillerType", "Parent"), "BaseObjectType")
check("类型的可选成员 / optional member", _of("FillerType/BowlLevel", "ModellingRule"), "Optional")
check("工位的类型 / station's type", _of("Line3/Filler1", "TypeDefinition"), _of("FillerType", "NodeId"))
check("成员的浏览名 / a member's browse name", _of(_temperature, "BrowseName"), "2:Temperature")
check("数据类型 / data type", _of("Line3/Filler1/BowlLevel", "DataType"), "Float")
check("量程的引用 / EURange's reference", _of(f"{_temperature}/EURange", "Reference"), "HasProperty")
check("工程单位 / unit", _unit.get("UnitId"), 4408652)
check("没有的可选成员 / absent on Filler2", "Line3/Filler2/BowlLevel" in _nodes, False)

# %% [markdown]
# ## 第五步 命令方法
#
# 写出 `make_command(transitions, memory)`，返回一台工位的**方法回调**，写法与 asyncua 服务器要的一样：`callback(parent, *arguments)`，`arguments` 是 `ua.Variant`。`transitions` 是 `{(状态, 命令): 新状态}`，各种机器不一样；`memory["State"]` 是**这台工位**此刻的状态号。
#
# | 情形 | 返回 |
# |---|---|
# | 没有参数 | `ua.StatusCode(ua.StatusCodes.BadArgumentsMissing)` |
# | 不止一个参数 | `BadTooManyArguments` |
# | 参数不是 Int32，或命令号不在 1…10 | `BadInvalidArgument` |
# | 命令号对，此刻的状态不允许 | `BadInvalidState`，**状态不变** |
# | 允许 | 更新 `memory["State"]`，返回 `[ua.Variant(新状态, ua.VariantType.Int32)]` |
#
# 从上往下，第一条成立的生效。回调里抛出的异常，客户端看到的是 `BadUnexpectedError`，等于什么也没说。每台工位有自己的回调和自己的 `memory`：给一台发命令，别的不能跟着动。
#
# > **English.** `make_command(transitions, memory)` returns one station's method callback as asyncua wants it. Check the arguments, then the
# > state; answer with the status codes of the table, or change `memory["State"]` and return the new state as an Int32. Stations are independent.

# %% nbgrader={"grade_id": "method", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def make_command(transitions, memory):
    """一台工位的命令方法 / The command method of one station."""
    ### BEGIN SOLUTION
    def send_command(parent, *arguments):
        if not arguments:
            return ua.StatusCode(ua.StatusCodes.BadArgumentsMissing)
        if len(arguments) > 1:
            return ua.StatusCode(ua.StatusCodes.BadTooManyArguments)
        number = arguments[0]
        if number.VariantType != ua.VariantType.Int32 or number.Value not in range(1, 11):
            return ua.StatusCode(ua.StatusCodes.BadInvalidArgument)
        target = transitions.get((memory["State"], number.Value))
        if target is None:
            return ua.StatusCode(ua.StatusCodes.BadInvalidState)
        memory["State"] = target
        return [ua.Variant(target, ua.VariantType.Int32)]

    return send_command
    ### END SOLUTION


# %% nbgrader={"grade_id": "replay", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 评分和自查都这样调用你的方法（不用改）/ How your method is called, here and for grading
def answered(callback, arguments):
    """(状态码的名字, [(类型, 值)])：服务器会怎样回答 / What an asyncua server would answer."""
    sent = [ua.Variant(value, ua.VariantType[kind]) for kind, value in arguments]
    try:
        result = callback(ua.NodeId("Station", 2), *sent)
    except Exception:
        return "BadUnexpectedError", []
    status = "Good"
    if isinstance(result, ua.CallMethodResult):
        status, result = result.StatusCode.name, result.OutputArguments
    if isinstance(result, ua.StatusCode):
        return result.name, []
    if not isinstance(result, (list, tuple)):
        result = [] if result is None else [result]

    def plain(one):
        variant = isinstance(one, ua.Variant)
        return (one.VariantType.name, one.Value) if variant else (type(one).__name__, one)

    return status, [plain(one) for one in result]


def replay(transitions, states, calls):
    """几台工位，从 states 起；calls：[(第几台, [(类型, 值)])]。每次的回答和之后的状态。

    Stations from their states; each call's answer and the state after it.
    """
    memories = [{"State": state} for state in states]
    callbacks = [make_command(transitions, memory) for memory in memories]
    return [(*answered(callbacks[which], sent), memories[which].get("State")) for which, sent in calls]


# %% nbgrader={"grade_id": "method-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：两台工位，停止（2）和执行（6） / Two stations, stopped and executing (no points)
RESET, START, STOP, HOLD = 1, 2, 3, 4
TABLE = {(2, RESET): 15, (4, START): 3, (6, HOLD): 10, (6, STOP): 7}
_calls = [
    (0, [("Int32", START)]), (0, [("Int32", RESET)]), (1, [("Int32", HOLD)]),
    (0, []), (1, [("Double", 4.0)]),
]
_seen = replay(TABLE, [2, 6], _calls)
check("停止时 START / START while stopped", _seen[0], ("BadInvalidState", [], 2))
check("停止时 RESET / RESET while stopped", _seen[1], ("Good", [("Int32", 15)], 15))
check("另一台 HOLD / HOLD, the other one", _seen[2], ("Good", [("Int32", 10)], 10))
check("没有参数 / no argument", _seen[3], ("BadArgumentsMissing", [], 15))
check("参数是 Double / a Double", _seen[4], ("BadInvalidArgument", [], 10))

# %% [markdown]
# ## 第六步 把模型装进服务器
#
# 下面的 `serve` 把节点表装进一台真的 asyncua 服务器（端口 4850），接上你的方法，并把模型导出成 `Line3.NodeSet2.xml`：这就是交给客户的文件，UaModeler、Prosys 一类的工具都能打开。没装进去的节点会列出来，连同服务器的理由。
#
# > **English.** `serve` puts your node table into a real asyncua server on port 4850, links your method, and exports the NodeSet2 file that a
# > customer would get. What the server refuses is listed with its reason.

# %% nbgrader={"grade_id": "serve", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 把节点表变成服务器（不用改）/ From the node table to a server
def _standard(name, prefix=""):
    return ua.NodeId(getattr(ua.ObjectIds, prefix + name))


def _value(kind, value):
    if kind == "Range":
        return ua.Variant(ua.Range(**value))
    if kind == "EUInformation":
        text = ua.LocalizedText(value["DisplayName"])
        return ua.Variant(ua.EUInformation(value["NamespaceUri"], value["UnitId"], text, text))
    if kind == "Argument":
        return ua.Variant([ua.Argument(Name=one["Name"], DataType=_standard(one["DataType"]), ValueRank=-1) for one in value])
    return ua.Variant(value, ua.VariantType[kind])


def _item(node, node_id, qualified_name):
    """节点表的一行，成为 AddNodes 服务的一项 / A row of the table as an item of the AddNodes service."""
    item = ua.AddNodesItem()
    item.NodeClass = ua.NodeClass[node["NodeClass"]]
    item.RequestedNewNodeId, item.ParentNodeId = node_id(node["NodeId"]), node_id(node["Parent"])
    item.BrowseName, item.ReferenceTypeId = qualified_name(node["BrowseName"]), _standard(node["Reference"])
    item.NodeAttributes = getattr(ua, node["NodeClass"] + "Attributes")()
    item.NodeAttributes.DisplayName = ua.LocalizedText(item.BrowseName.Name)
    if node["NodeClass"] == "ObjectType":
        item.NodeAttributes.IsAbstract = False
    if "TypeDefinition" in node:
        item.TypeDefinition = node_id(node["TypeDefinition"])
    if node["NodeClass"] == "Variable":
        item.NodeAttributes.DataType = _standard(node["DataType"])
        item.NodeAttributes.ValueRank = 1 if node["DataType"] == "Argument" else -1
        item.NodeAttributes.Value = _value(node["DataType"], node["Value"]) if "Value" in node else ua.Variant()
    return item


def _link(server, method, state, transitions, memory):
    """接上一台工位的方法，状态变量跟着走 / Link one station's method; its State variable follows."""
    callback = make_command(transitions, memory)

    def run(parent, *arguments):
        result = callback(parent, *arguments)
        state.write_value(memory["State"], ua.VariantType.Int32)
        return result

    server.link_method(method, run)


def serve(machine, nodes, transitions=TABLE, port=4850):
    """开一台有你的模型的服务器，用完 .stop() / Start a server with your model; stop it with .stop()."""
    server, made = Server(), []
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    index = [server.register_namespace(uri) for uri in machine["namespaces"]]  # 下标在这台服务器上重排 / renumbered here

    def node_id(text):
        found = ua.NodeId.from_string(text) if text.startswith("ns=") else _standard(text)
        return ua.NodeId(found.Identifier, index[found.NamespaceIndex])

    def qualified_name(text):
        place, _, name = text.partition(":")
        return ua.QualifiedName(name, index[int(place)])

    for node in nodes:
        item = _item(node, node_id, qualified_name)
        (result,) = server.tloop.post(server.aio_obj.iserver.isession.add_nodes([item]))
        if not result.StatusCode.is_good():
            print("✘", node["NodeId"], result.StatusCode.name)
            continue
        made.append(server.get_node(item.RequestedNewNodeId))
        if "ModellingRule" in node:
            rule = _standard(node["ModellingRule"], "ModellingRule_")
            made[-1].add_reference(rule, ua.ObjectIds.HasModellingRule, True, False)
    there = paths(nodes)
    for station in machine["stations"]:
        below = f"{machine['line']}/{station['name']}/"
        method, state = (server.get_node(node_id(there[below + name]["NodeId"])) for name in (machine["command"], "State"))
        _link(server, method, state, transitions, {"State": station["values"]["State"]})
    exporter = XmlExporter(server)
    exporter.build_etree(made)
    exporter.write_xml(f"{machine['line']}.NodeSet2.xml")
    server.start()
    print("✔", len(made), "/", len(nodes), f"opc.tcp://127.0.0.1:{port}")
    return server


def try_model():
    """开服务器，浏览它，给每台工位发 RESET / Serve the example, browse it, send RESET to each station."""
    server = serve(EXAMPLE, nodes_of(EXAMPLE))
    try:
        with Client("opc.tcp://127.0.0.1:4850") as client:
            line = child(client, client.nodes.objects, (EXAMPLE["line_uri"], EXAMPLE["line"]))
            show(line)
            for station in line.get_children():
                method = child(client, station, (EXAMPLE["type_uri"], EXAMPLE["command"]))
                try:
                    answer = station.call_method(method, ua.Variant(RESET, ua.VariantType.Int32))
                except ua.UaStatusCodeError as error:
                    answer = type(error).__name__
                state = child(client, station, (EXAMPLE["type_uri"], "State")).read_value()
                print(station.read_browse_name().Name, "RESET →", answer, "State =", state)
    finally:
        server.stop()


# %% [markdown]
# 下面一格是你的，不计分：运行 `try_model()`，看树、看两台工位各自怎样回答（停止的 `Filler2` 应进入 15，执行的 `Filler1` 不动）。启动服务器要几秒。
#
# > **English.** Yours, no points: run `try_model()`. The stopped `Filler2` goes to 15, the executing `Filler1` stays. It takes a few seconds.

# %% nbgrader={"grade_id": "serve-try", "grade": false, "solution": true, "locked": false, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
# try_model()
### END SOLUTION

# %% [markdown]
# ## 第七步 写给集成商
#
# 用自己的话回答（教师评阅）：
#
# 1. 集成商的画面里写着 `ns=3;s=…`，你的服务器明年要加一个配套规范。会出什么事？请他怎样改？
# 2. 20 台工位用一个类型，比 20 份各自的节点，对画面和验收各有什么好处？举出你的模型里的一处。
# 3. 命令为什么做成方法，而不是一个可写的变量？以“保持时按启动”为例，说明两种做法里操作员各看到什么。
#
# > **English.** In your own words, for the instructor: what happens to a stored `ns=3;s=…` when a companion specification is added and what to
# > do instead; what one type for 20 stations gives to screens and acceptance; and why commands are methods rather than writable variables.

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "markdown"}
# ### BEGIN SOLUTION
# 1. 下标按服务器启动时登记的次序排，加一个规范，3 号可能变成别的命名空间：画面找不到节点，或指到别的节点。存 URI 加标识，每次连上以后用命名空间数组查出下标；重连也要重查。
# 2. 画面按类型做一次，20 台都能用；验收用程序拿实例跟类型比：缺必备成员、数据类型不同都查得出来。例如 `BowlLevel` 是可选的，`Filler2` 没有它，画面看类型就知道要先问有没有。
# 3. 变量只能“写进去”，写成了不等于做成了，也不知道是谁写的。保持时按启动：方法当场答 `BadInvalidState`，操作员知道要按解除保持；变量写 1 成功，机器不动，操作员只会再按一次。
# ### END SOLUTION
