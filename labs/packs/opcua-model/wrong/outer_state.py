# %% [read-line]
# Takes what the outermost machine says for the state.
MACHINES = [(PACKML, "BaseStateMachine"), (PACKML, "MachineState"), (PACKML, "ExecuteState")]


def child(client, node, *steps):
    """按 (URI, 名字) 往下走。"""
    return node.get_child(qualified(client.get_namespace_array(), steps))


def value(node):
    """好的值；质量不好是 None。"""
    found = node.read_data_value(raise_on_bad_status=False)
    return found.Value.Value if found.StatusCode.is_good() else None


def read_line(url):
    with Client(url) as client:
        line = child(client, client.nodes.objects, *LINE)
        current = child(client, line, MACHINES[0], (BASE, "CurrentState"), (BASE, "Number"))
        return {
            "state": value(current),
            "speed": value(child(client, line, (PACKML, "Status"), (PACKML, "CurMachSpeed"))),
            "setpoint": value(child(client, line, (PACKML, "Status"), (PACKML, "MachSpeed"))),
            "starved": value(child(client, line, (PACKML, "Status"), (PACKML, "EquipmentStarved"))),
            "blocked": value(child(client, line, (PACKML, "Status"), (PACKML, "EquipmentBlocked"))),
        }
