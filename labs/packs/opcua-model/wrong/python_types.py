# %% [command]
# Python's own types: float goes out as Double, int as Int64.
def command(url, name):
    machines = [(PACKML, "BaseStateMachine"), (PACKML, "MachineState"), (PACKML, "ExecuteState")]
    depth = {"Abort": 1, "Clear": 1, "Stop": 2, "Reset": 2, "Start": 3, "Hold": 3, "Unhold": 3}[name]
    with Client(url) as client:
        machine = child(client, client.nodes.objects, *LINE, *machines[:depth])
        try:
            machine.call_method(child(client, machine, (PACKML, name)))
        except ua.UaStatusCodeError as error:
            return type(error).__name__
        return "Good"


def set_speed(url, speed):
    with Client(url) as client:
        line = child(client, client.nodes.objects, *LINE)
        try:
            line.call_method(child(client, line, (PACKML, "SetMachSpeed")), speed)
        except ua.UaStatusCodeError as error:
            return type(error).__name__
        return "Good"

# %% [nodes]
PYTHON = {"Float": "Double", "Int16": "Int64", "Int32": "Int64", "UInt16": "Int64", "UInt32": "Int64"}


def nodes_of(machine):
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
            node = add("Variable", f"{parent}.{name}", f"{types}:{name}", parent, "HasComponent", DataType=PYTHON.get(member["data_type"], member["data_type"]),
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

# %% [method]
def make_command(transitions, memory):
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
        return [ua.Variant(target)]

    return send_command
