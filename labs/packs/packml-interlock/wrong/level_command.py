# %% [scan]
# No edge: a command acts for as long as it is held.
MOVING = (STARTING, EXECUTE, HOLDING, UNHOLDING, SUSPENDING, SUSPENDED, UNSUSPENDING, COMPLETING)


def permitted(cmd, inputs):
    if cmd == RESET:
        return inputs["guard_closed"]
    if cmd in (START, UNHOLD):
        return inputs["guard_closed"] and inputs["air_ok"]
    return cmd != CLEAR or inputs["estop_ok"]


def step(state, cmd, inputs):
    if not inputs["estop_ok"] and state not in (ABORTING, ABORTED):
        return ABORTING
    if cmd == ABORT and next_state(state, ABORT, False) != state:
        return ABORTING
    if not inputs["guard_closed"] and state in MOVING:
        return STOPPING
    if next_state(state, cmd, False) != state and permitted(cmd, inputs):
        return next_state(state, cmd, False)
    if state == EXECUTE and not inputs["air_ok"]:
        return HOLDING
    if state == EXECUTE and not inputs["supply_ok"]:
        return SUSPENDING
    if state == SUSPENDED and inputs["supply_ok"]:
        return UNSUSPENDING
    return next_state(state, NONE, inputs["done"])


def scan(inputs, memory):
    memory["state"] = step(memory.get("state", STOPPED), inputs["cmd"], inputs)
    return outputs_of(memory["state"], inputs)
