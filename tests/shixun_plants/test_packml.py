"""The state model of ISA-TR88.00.02, as a machine and as a line with machines."""

import pytest

from shixun_plants.bottling.core import Inputs, LineState, initial, step
from shixun_plants.bottling.packml import DURATION, NEXT, Command, State, obey
from shixun_plants.bottling.params import Params
from shixun_plants.seeds import process_rng

S, C = State, Command


def test_numbers_are_those_of_the_report() -> None:
    names = [
        "CLEARING", "STOPPED", "STARTING", "IDLE", "SUSPENDED", "EXECUTE", "STOPPING", "ABORTING", "ABORTED", "HOLDING",
        "HELD", "UNHOLDING", "SUSPENDING", "UNSUSPENDING", "RESETTING", "COMPLETING", "COMPLETE",
    ]  # fmt: skip
    assert [state.name for state in State] == names
    assert [int(state) for state in State] == list(range(1, 18))
    assert set(DURATION) == set(NEXT) == {state for state in State if state.name.endswith("ING")}


@pytest.mark.parametrize(
    ("state", "command", "after"),
    [
        (S.STOPPED, C.RESET, S.RESETTING),
        (S.COMPLETE, C.RESET, S.RESETTING),
        (S.IDLE, C.START, S.STARTING),
        (S.EXECUTE, C.HOLD, S.HOLDING),
        (S.HELD, C.UNHOLD, S.UNHOLDING),
        (S.EXECUTE, C.SUSPEND, S.SUSPENDING),
        (S.SUSPENDED, C.UNSUSPEND, S.UNSUSPENDING),
        (S.ABORTED, C.CLEAR, S.CLEARING),
        (S.HELD, C.STOP, S.STOPPING),
        (S.CLEARING, C.ABORT, S.ABORTING),
        # and what the model forbids
        (S.STOPPED, C.START, S.STOPPED),
        (S.EXECUTE, C.RESET, S.EXECUTE),
        (S.ABORTED, C.RESET, S.ABORTED),
        (S.ABORTED, C.STOP, S.ABORTED),
        (S.IDLE, C.HOLD, S.IDLE),
        (S.HELD, C.START, S.HELD),
    ],
)
def test_transitions(state: State, command: Command, after: State) -> None:
    assert obey(state, command) is after


class Operator:
    """Someone at the panel."""

    def __init__(self, **params: object) -> None:
        self.rng = process_rng(b"operator")
        self.line = initial(Params(**params), self.rng)  # type: ignore[arg-type]
        self.seen: list[State] = []

    def press(self, command: Command | None = None, seconds: float = 1.0, order: int = 0) -> LineState:
        for number in range(round(seconds)):
            self.line = step(self.line, Inputs(command if number == 0 else None, 1.0, order), 1.0, self.rng)
            if not self.seen or self.seen[-1] is not self.line.state:
                self.seen.append(self.line.state)
        return self.line


def test_stop_reset_start() -> None:
    operator = Operator()
    operator.press(seconds=120)
    line = operator.press(Command.STOP, 10)
    assert line.state is State.STOPPED
    assert all(machine.state in (State.STOPPED, State.ABORTED) for machine in line.stations)
    made = line.stations[1].made
    assert operator.press(Command.START, 10).state is State.STOPPED, "PackML wants a reset before a start"
    assert operator.press(Command.RESET, 15).state is State.IDLE
    assert operator.press(Command.START, 15).state is State.EXECUTE
    assert operator.press(seconds=60).stations[1].made > made
    states = [State.EXECUTE, State.STOPPING, State.STOPPED, State.RESETTING, State.IDLE, State.STARTING, State.EXECUTE]
    assert operator.seen == states


def test_hold_keeps_bottles_where_they_are() -> None:
    operator = Operator()
    before = operator.press(seconds=120)
    held = operator.press(Command.HOLD, 60)
    assert held.state is State.HELD
    assert sum(held.buffers) == pytest.approx(sum(before.buffers), abs=4)
    assert held.delivered <= before.delivered + 3
    assert operator.press(Command.UNHOLD, 10).state is State.EXECUTE
    assert operator.press(seconds=60).delivered > held.delivered + 40


def test_abort_needs_clear_and_reset() -> None:
    operator = Operator()
    operator.press(seconds=60)
    line = operator.press(Command.ABORT, 5)
    assert {machine.state for machine in line.stations} == {State.ABORTED}
    assert operator.press(Command.RESET, 5).state is State.ABORTED
    assert operator.press(Command.CLEAR, 10).state is State.STOPPED
    operator.press(Command.RESET, 10)
    assert operator.press(Command.START, 15).state is State.EXECUTE


def test_an_order_ends_in_complete_and_the_next_one_counts_from_there() -> None:
    operator = Operator()
    line = operator.press(seconds=900, order=100)
    assert line.state is State.COMPLETE
    assert 100 <= line.delivered <= 103
    planned = line.planned
    line = operator.press(seconds=600, order=100)
    assert line.planned == planned, "nobody plans to produce after the order"
    operator.press(Command.RESET, 15, order=100)
    line = operator.press(Command.START, 900, order=100)
    assert line.state is State.COMPLETE
    assert 200 <= line.delivered <= 206


def test_a_failed_machine_aborts_alone_and_comes_back() -> None:
    operator = Operator()
    alone = False
    recovered = False
    for _ in range(20_000):
        line = operator.press()
        states = [machine.state for machine in line.stations]
        if states[1] is State.ABORTED and State.EXECUTE in states and line.state is State.EXECUTE:
            alone = True
        recovered = recovered or (alone and states[1] is State.EXECUTE)
    assert recovered
    assert State.SUSPENDED in operator.seen, "with every machine waiting for the failed one, the line suspends"
