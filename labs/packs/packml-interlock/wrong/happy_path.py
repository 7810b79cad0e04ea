# %% [transitions]
# Only what the self-check shows: the way of a good day.
AFTER = {STARTING: EXECUTE, RESETTING: IDLE, ABORTING: ABORTED, SUSPENDING: SUSPENDED, UNSUSPENDING: EXECUTE}


def next_state(state, cmd, done):
    if cmd == RESET and state == STOPPED:
        return RESETTING
    if cmd == START and state == IDLE:
        return STARTING
    if cmd == STOP and state == HELD:
        return STOPPING
    return AFTER.get(state, state) if done else state
