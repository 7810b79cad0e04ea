"""The PackML state model: ISA-TR88.00.02 (machine and unit states), base state model with all 17 states.

State and command numbers are those of the report's `StateCurrent` and `CntrlCmd` tags, so that what a trainee reads in
a register is what any PackML machine would show.
"""

from enum import IntEnum


class State(IntEnum):
    """ISA-TR88.00.02 states. Names in -ing are acting states, which end by themselves; the others wait."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    HOLDING = 10
    HELD = 11
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETE = 17


class Command(IntEnum):
    """ISA-TR88.00.02 control commands."""

    RESET = 1
    START = 2
    STOP = 3
    HOLD = 4
    UNHOLD = 5
    SUSPEND = 6
    UNSUSPEND = 7
    ABORT = 8
    CLEAR = 9
    COMPLETE = 10


# Where an acting state ends ("state complete" in the report).
NEXT: dict[State, State] = {
    State.CLEARING: State.STOPPED,
    State.STARTING: State.EXECUTE,
    State.STOPPING: State.STOPPED,
    State.ABORTING: State.ABORTED,
    State.HOLDING: State.HELD,
    State.UNHOLDING: State.EXECUTE,
    State.SUSPENDING: State.SUSPENDED,
    State.UNSUSPENDING: State.EXECUTE,
    State.RESETTING: State.IDLE,
    State.COMPLETING: State.COMPLETE,
}

# How long a station or the line takes for it, s. Ours: the report leaves durations to the machine.
DURATION: dict[State, float] = {
    State.CLEARING: 2.0,
    State.STARTING: 3.0,
    State.STOPPING: 2.0,
    State.ABORTING: 1.0,
    State.HOLDING: 1.0,
    State.UNHOLDING: 1.0,
    State.SUSPENDING: 0.5,
    State.UNSUSPENDING: 0.5,
    State.RESETTING: 2.0,
    State.COMPLETING: 2.0,
}

_ABORT_CHAIN = {State.ABORTING, State.ABORTED, State.CLEARING}
_STOPPABLE = set(State) - _ABORT_CHAIN - {State.STOPPING, State.STOPPED}

TRANSITIONS: dict[tuple[State, Command], State] = {
    (State.STOPPED, Command.RESET): State.RESETTING,
    (State.COMPLETE, Command.RESET): State.RESETTING,
    (State.IDLE, Command.START): State.STARTING,
    (State.EXECUTE, Command.HOLD): State.HOLDING,
    (State.HELD, Command.UNHOLD): State.UNHOLDING,
    (State.EXECUTE, Command.SUSPEND): State.SUSPENDING,
    (State.SUSPENDED, Command.UNSUSPEND): State.UNSUSPENDING,
    (State.EXECUTE, Command.COMPLETE): State.COMPLETING,
    (State.ABORTED, Command.CLEAR): State.CLEARING,
    **{(state, Command.STOP): State.STOPPING for state in _STOPPABLE},
    **{(state, Command.ABORT): State.ABORTING for state in set(State) - {State.ABORTING, State.ABORTED}},
}


def obey(state: State, command: Command) -> State:
    """The state after a command; the same state where the model has no such transition."""
    return TRANSITIONS.get((state, command), state)
