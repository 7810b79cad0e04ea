# %% [outputs]
# The conveyor runs in EXECUTE, filling or not.
def outputs_of(state, inputs):
    safe = inputs["estop_ok"] and inputs["guard_closed"]
    return {
        "state": state,
        "valve": state == EXECUTE and inputs["bottle"] and not inputs["full"] and safe and inputs["air_ok"],
        "conveyor": state in (EXECUTE, COMPLETING) and safe,
        "horn": state in (STARTING, UNHOLDING, UNSUSPENDING),
    }
