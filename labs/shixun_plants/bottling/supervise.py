"""How the line's unit state leads the machines, and when it moves on itself.

ISA-TR88.00.02 leaves to the designer how a unit orders its machines about; these tables are our choice. A machine that
breaks down aborts alone: the line stays in Execute as long as another machine moves, which is what buffers are for.
"""

from collections.abc import Collection

from shixun_plants.bottling.packml import DURATION, NEXT, Command, State, obey

_S, _C = State, Command

# The line wants bottles: in these states machines are brought to Execute.
PRODUCING = frozenset(
    {_S.STARTING, _S.EXECUTE, _S.UNHOLDING, _S.SUSPENDING, _S.SUSPENDED, _S.UNSUSPENDING},
)
# With the line in these, nobody plans to produce: that time counts for no figure.
UNPLANNED = frozenset({_S.RESETTING, _S.IDLE, _S.COMPLETING, _S.COMPLETE})
# A machine in these is down for the availability of OEE. Suspended is not: waiting for bottles is lost speed (Nakajima's
# "idling and minor stops").
DOWN = frozenset(
    {
        _S.ABORTING, _S.ABORTED, _S.CLEARING, _S.STOPPING, _S.STOPPED, _S.HOLDING, _S.HELD, _S.UNHOLDING,
        _S.STARTING, _S.IDLE, _S.RESETTING,
    },
)  # fmt: skip

_UP = {_S.STOPPED: _C.RESET, _S.COMPLETE: _C.RESET, _S.IDLE: _C.START, _S.HELD: _C.UNHOLD}
_STOP = {state: _C.STOP for state in State if obey(state, _C.STOP) is not state}
_ABORT = {state: _C.ABORT for state in State if obey(state, _C.ABORT) is not state}
_HOLD = {_S.EXECUTE: _C.HOLD}
_END = {_S.EXECUTE: _C.COMPLETE, _S.SUSPENDED: _C.STOP}
_READY = {_S.STOPPED: _C.RESET, _S.COMPLETE: _C.RESET, _S.SUSPENDED: _C.STOP, _S.HELD: _C.STOP, _S.EXECUTE: _C.STOP}

_FOLLOW: dict[State, dict[State, Command]] = {
    **dict.fromkeys(PRODUCING, _UP),
    **dict.fromkeys((_S.HOLDING, _S.HELD), _HOLD),
    **dict.fromkeys((_S.STOPPING, _S.STOPPED, _S.CLEARING), _STOP),
    **dict.fromkeys((_S.ABORTING, _S.ABORTED), _ABORT),
    **dict.fromkeys((_S.COMPLETING, _S.COMPLETE), _END),
    **dict.fromkeys((_S.RESETTING, _S.IDLE), _READY),
}

# The line stays in an acting state while a machine is still in one of these.
_ON_THE_WAY: dict[State, frozenset[State]] = {
    _S.STARTING: frozenset({_S.IDLE, _S.STARTING}),
    _S.HOLDING: frozenset({_S.EXECUTE, _S.HOLDING, _S.UNHOLDING}),
    _S.UNHOLDING: frozenset({_S.HELD, _S.UNHOLDING}),
    _S.STOPPING: frozenset(set(State) - {_S.STOPPED, _S.ABORTING, _S.ABORTED, _S.CLEARING}),
    _S.RESETTING: frozenset({_S.STOPPING, _S.STOPPED, _S.RESETTING, _S.COMPLETE}),
    _S.COMPLETING: frozenset({_S.EXECUTE, _S.COMPLETING}),
}
_MOVING = frozenset({_S.EXECUTE, _S.SUSPENDING, _S.UNSUSPENDING, _S.STARTING})


def line_state(
    state: State, elapsed: float, command: Command | None, machines: Collection[State], order_done: bool
) -> State:
    """The line's next unit state; `elapsed` is s in the present one. A command outside the model changes nothing."""
    if command is not None and (after := obey(state, command)) is not state:
        return after
    if state in NEXT:
        waits = _ON_THE_WAY.get(state, frozenset())
        return NEXT[state] if elapsed >= DURATION[state] and waits.isdisjoint(machines) else state
    if state is _S.EXECUTE:
        if order_done:
            return _S.COMPLETING
        if _MOVING.isdisjoint(machines):
            return _S.SUSPENDING
    if state is _S.SUSPENDED and not _MOVING.isdisjoint(machines):
        return _S.UNSUSPENDING
    return state


def station_command(line: State, state: State, *, repaired: bool, waits: bool, can_move: bool) -> Command | None:
    """What the line tells a machine in `state`, or None."""
    if state is _S.ABORTED:
        return _C.CLEAR if repaired and line not in (_S.ABORTING, _S.ABORTED) else None
    if line in PRODUCING:
        if state is _S.EXECUTE:
            return _C.SUSPEND if waits else None
        if state is _S.SUSPENDED:
            return _C.UNSUSPEND if can_move else None
    return _FOLLOW[line].get(state)
