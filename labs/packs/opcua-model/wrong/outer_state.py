# %% [read-line]
# Takes what the outermost machine says for the state.
def read_line(url):
    machines = [(PACKML, "BaseStateMachine"), (PACKML, "MachineState"), (PACKML, "ExecuteState")]

    def value(node):
        """好的值；质量不好是 None。"""
        found = node.read_data_value(raise_on_bad_status=False)
        return found.Value.Value if found.StatusCode.is_good() else None

    with Client(url) as client:
        line = child(client, client.nodes.objects, *LINE)
        status = child(client, line, (PACKML, "Status"))
        numbers = [
            value(child(client, line, *machines[:depth], (BASE, "CurrentState"), (BASE, "Number"))) for depth in (1,)
        ]
        return {
            "state": next((number for number in numbers if number is not None), None),
            "speed": value(child(client, status, (PACKML, "CurMachSpeed"))),
            "setpoint": value(child(client, status, (PACKML, "MachSpeed"))),
            "starved": value(child(client, status, (PACKML, "EquipmentStarved"))),
            "blocked": value(child(client, status, (PACKML, "EquipmentBlocked"))),
        }
