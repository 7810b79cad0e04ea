# %% [scan]
# A chain of ifs instead of one choice: several transitions within one scan.
MOVING = (STARTING, EXECUTE, HOLDING, UNHOLDING, SUSPENDING, SUSPENDED, UNSUSPENDING, COMPLETING)


def scan(inputs, memory):
    cmd = inputs["cmd"] if inputs["cmd"] != memory.get("cmd", inputs["cmd"]) else NONE
    memory["cmd"] = inputs["cmd"]
    state = memory.get("state", STOPPED)
    if cmd == RESET and inputs["guard_closed"] or cmd == CLEAR and inputs["estop_ok"]:
        state = next_state(state, cmd, False)
    if cmd in (START, UNHOLD) and inputs["guard_closed"] and inputs["air_ok"]:
        state = next_state(state, cmd, False)
    if cmd in (STOP, HOLD, SUSPEND, UNSUSPEND, COMPLETE_CMD):
        state = next_state(state, cmd, False)
    if inputs["done"]:
        state = next_state(state, NONE, True)
    if state == SUSPENDED and inputs["supply_ok"]:
        state = UNSUSPENDING
    if state == EXECUTE and not inputs["supply_ok"]:
        state = SUSPENDING
    if state == EXECUTE and not inputs["air_ok"]:
        state = HOLDING
    if state in MOVING and not inputs["guard_closed"]:
        state = STOPPING
    if cmd == ABORT:
        state = next_state(state, ABORT, False)
    if not inputs["estop_ok"] and state not in (ABORTING, ABORTED):
        state = ABORTING
    memory["state"] = state
    return outputs_of(state, inputs)
