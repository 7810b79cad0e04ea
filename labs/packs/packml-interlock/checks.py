"""Hidden checks of 联锁与 PackML 状态机 (packml-interlock). Runs in the check sandbox only; no trainee ever sees this file.

What is asked: `next_state` on every combination, `outputs_of` on cases drawn from the seed, `replay` on random sequences of
inputs (each kind of sequence tests one rule and earns its own points), and `plc` scan by scan, in a closed loop with a machine.
A reference program says what is right. The same program with one mistake in it says which mistake a wrong trace looks like.

Long because a pack's checks are one file: the sandbox gets no other.
"""

import random

from shixun_graders.check.answers import failure_hint
from shixun_graders.protocol import Call
from shixun_plants.bottling.packml import NEXT, TRANSITIONS

(CLEARING, STOPPED, STARTING, IDLE, SUSPENDED, EXECUTE, STOPPING, ABORTING, ABORTED, HOLDING, HELD, UNHOLDING, SUSPENDING,
 UNSUSPENDING, RESETTING, COMPLETING, COMPLETE) = range(1, 18)  # fmt: skip
NONE, RESET, START, STOP, HOLD, UNHOLD, SUSPEND, UNSUSPEND, ABORT, CLEAR, FINISH = range(11)
STATES, COMMANDS = range(1, 18), range(11)
ABORTED_STATES = (ABORTING, ABORTED)
MOVING = (STARTING, EXECUTE, HOLDING, UNHOLDING, SUSPENDING, SUSPENDED, UNSUSPENDING, COMPLETING)
CALM = {
    "cmd": NONE,
    "done": False,
    "estop_ok": True,
    "guard_closed": True,
    "air_ok": True,
    "supply_ok": True,
    "bottle": False,
    "full": False,
}
TRANSITION_POINTS = {"commands": 8.0, "stop": 4.0, "abort": 4.0, "done": 4.0}
OUTPUT_POINTS = {"valve": 8.0, "conveyor": 8.0, "horn": 4.0}
# How often (per scan) an input changes in a kind of sequence, and what the kind is worth.
KINDS = {
    "edge": (8.0, {"press": 0.5, "long": 0.8}),
    "latch": (10.0, {"press": 0.35, "estop_ok": 0.08}),
    "guard": (8.0, {"press": 0.3, "guard_closed": 0.12}),
    "permit": (6.0, {"press": 0.6, "guard_closed": 0.25, "air_ok": 0.25}),
    "causes": (8.0, {"press": 0.25, "air_ok": 0.1, "supply_ok": 0.2}),
    "order": (6.0, {"press": 0.4, "estop_ok": 0.05, "guard_closed": 0.1, "air_ok": 0.1, "supply_ok": 0.15, "long": 0.2}),
}
MACHINE_POINTS, MACHINE_SCANS = 4.0, 240
SCAN_POINTS = sum(worth for worth, _rates in KINDS.values()) + MACHINE_POINTS
SEQUENCES, SCANS = 2, 200
UNSAFE_POINTS = 20.0  # at most, for a program whose emergency stop fails
SINGLE = {*((int(a), int(b)) for (a, _), b in TRANSITIONS.items()), *((int(a), int(b)) for a, b in NEXT.items())}
RUN = []  # what the machine of the closed loop counted with the trainee's program, and with the reference


def calls(seed):
    """Everything that needs no machine in one round, then the machine scan by scan."""
    rng = random.Random(seed)
    cases = [[state, cmd, done] for state in STATES for cmd in COMMANDS for done in (False, True)]
    asked = [Call(name="next_state", args=case, seconds=2) for case in cases]
    asked += [Call(name="outputs_of", args=case, seconds=2) for case in _output_cases(rng)]
    asked += [
        Call(name="replay", args=[_sequence(rng, rates)], seconds=5)
        for _points, rates in KINDS.values()
        for _ in range(SEQUENCES)
    ]
    yield asked
    seed = rng.randbytes(16)
    machine = Machine(seed)
    for _ in range(MACHINE_SCANS):
        answer = yield Call(name="plc", args=["graded", dict(machine.inputs)], seconds=2)
        outputs = _outputs(answer.value) if answer.ok else None
        if outputs is None:
            return
        machine.scan(outputs)
    RUN.append((machine.seen, _reference_run(seed)))


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    pairs = list(zip(calls, answers, strict=True))
    named = {
        name: [pair for pair in pairs if pair[0].name == name] for name in ("next_state", "outputs_of", "replay", "plc")
    }
    return {
        "transitions": _judge_transitions(named["next_state"]),
        "outputs": _judge_outputs(named["outputs_of"]),
        "scan": _judge_scan(named["replay"], named["plc"]),
    }


# -- the state model -----------------------------------------------------------------------------------------------------


def _after(state, cmd, done, mistake=None):
    """The PackML model, by the standard's table; `mistake` names one that it has."""
    target = TRANSITIONS.get((state, cmd))
    if mistake == "stop-everywhere" and cmd == STOP and state != STOPPED:
        target = STOPPING
    elif mistake == "abort-missing" and cmd == ABORT and state == CLEARING:
        target = None
    elif mistake == "busy" and state in NEXT and cmd != ABORT:
        target = None
    if target is not None:
        return int(target)
    if mistake == "done-lost" and cmd != NONE:
        return state
    if mistake == "execute-ends" and state == EXECUTE and done:
        return COMPLETING
    return int(NEXT[state]) if done and state in NEXT else state


def _judge_transitions(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    right = dict.fromkeys(TRANSITION_POINTS, True)
    for call, answer in pairs:
        good = answer.ok and type(answer.value) is int and answer.value == _after(*call.args)
        right[{STOP: "stop", ABORT: "abort", NONE: "done"}.get(call.args[1], "commands")] &= good
    points = sum(TRANSITION_POINTS[group] for group, good in right.items() if good)
    if failed or all(right.values()):
        return points, failed
    for mistake in ("stop-everywhere", "abort-missing", "busy", "done-lost", "execute-ends"):
        if all(type(answer.value) is int and answer.value == _after(*call.args, mistake) for call, answer in pairs):
            return points, mistake
    return points, "transitions"


# -- the outputs ---------------------------------------------------------------------------------------------------------


def _expected(state, inputs):
    safe = inputs["estop_ok"] and inputs["guard_closed"]
    filling = inputs["bottle"] and not inputs["full"]
    return {
        "state": state,
        "valve": state == EXECUTE and filling and safe and inputs["air_ok"],
        "conveyor": safe and (state == COMPLETING or (state == EXECUTE and not filling)),
        "horn": state in (STARTING, UNHOLDING, UNSUSPENDING),
    }


def _output_cases(rng):
    """Every combination of what matters in EXECUTE and COMPLETING, and a few of each other state."""
    names = ("estop_ok", "guard_closed", "air_ok", "bottle", "full")
    cases = [
        [state, CALM | {name: bool(bits >> place & 1) for place, name in enumerate(names)}]
        for state in (EXECUTE, COMPLETING)
        for bits in range(32)
    ]
    others = [
        [state, CALM | {name: rng.random() < 0.7 for name in names}]
        for state in STATES
        if state not in (EXECUTE, COMPLETING)
        for _ in range(4)
    ]
    return cases + others


def _outputs(value):
    """A trainee's outputs as {"state": int, and three bools}, or None for what is none."""
    if type(value) is not dict or type(value.get("state")) is not int:
        return None
    found = {name: value.get(name) for name in ("valve", "conveyor", "horn")}
    if any(type(bit) is not bool and not (type(bit) is int and bit in (0, 1)) for bit in found.values()):
        return None
    return {"state": value["state"], **{name: bool(bit) for name, bit in found.items()}}


def _judge_outputs(pairs):
    right, hints = dict.fromkeys(OUTPUT_POINTS, True), []
    for call, answer in pairs:
        found, expected = _outputs(answer.value) if answer.ok else None, _expected(*call.args)
        if found is None or found["state"] != expected["state"]:
            right = dict.fromkeys(right, False)
            hints.append(failure_hint(answer) if not answer.ok else "shape")
            continue
        for name in right:
            if found[name] != expected[name]:
                right[name] = False
                hints.append(_output_mistake(name, *call.args))
    points = sum(OUTPUT_POINTS[name] for name, good in right.items() if good)
    return points, next((hint for hint in OUTPUT_HINTS if hint in hints), None)


OUTPUT_HINTS = ("died", "too-slow", "raised", "missing", "not-data", "shape", "both", "interlock", "conveyor", "valve", "horn")


def _output_mistake(name, state, inputs):
    filling = inputs["bottle"] and not inputs["full"]
    if name == "conveyor" and state == EXECUTE and filling and inputs["estop_ok"] and inputs["guard_closed"]:
        return "both"
    if name != "horn" and state in (EXECUTE, COMPLETING) and not (inputs["estop_ok"] and inputs["guard_closed"]):
        return "interlock"
    return name


# -- the scan ------------------------------------------------------------------------------------------------------------


class Program:
    """The reference program, or one with a mistake of the kind that people make."""

    def __init__(self, mistake=None):
        self.mistake, self.state, self.cmd, self.hidden, self.pending = mistake, STOPPED, None, None, NONE

    def scan(self, inputs):
        """One scan; the outputs."""
        inputs = {**inputs, "estop_ok": not inputs["estop_ok"]} if self.mistake == "polarity" else inputs
        pressed = self._pressed(inputs["cmd"])
        if self.mistake == "latch" and self.hidden is not None and inputs["estop_ok"]:
            self.state, self.hidden = self.hidden, None  # goes on where it was
        elif self.mistake == "latch" and not inputs["estop_ok"]:
            self.hidden = self.state if self.hidden is None else self.hidden
            self.state = ABORTING
            return _expected(self.state, inputs)
        before = self.state
        self.state = self._step(self.state, pressed, inputs)
        return _expected(before if self.mistake == "late" else self.state, inputs)

    def _pressed(self, cmd):
        before = cmd if self.cmd is None and self.mistake != "power-up" else self.cmd
        self.cmd = cmd
        if self.mistake == "edge":
            return cmd
        return cmd if cmd != before else NONE

    def _step(self, state, cmd, inputs):
        mistake = self.mistake
        if mistake == "done-first" and inputs["done"] and state in NEXT:
            return int(NEXT[state])
        if not inputs["estop_ok"] and state not in ABORTED_STATES:
            return ABORTING
        if cmd == ABORT and state not in ABORTED_STATES:
            return ABORTING
        if not inputs["guard_closed"] and (state in MOVING or (mistake == "held-door" and state == HELD)):
            return STOPPING
        target = TRANSITIONS.get((state, cmd))
        if target is not None and (mistake == "permit" or self._permitted(cmd, inputs)):
            return int(target)
        if mistake == "unlatched" and state == ABORTED and inputs["estop_ok"]:
            return STOPPED  # the release of the button is taken for the reset
        holding, suspending = (SUSPENDING, HOLDING) if mistake == "hold-suspend" else (HOLDING, SUSPENDING)
        if state == EXECUTE and not inputs["air_ok"]:
            return holding
        if state == EXECUTE and not inputs["supply_ok"]:
            return suspending
        if state == SUSPENDED and inputs["supply_ok"] and mistake != "no-return":
            return UNSUSPENDING
        return _after(state, NONE, inputs["done"])

    @staticmethod
    def _permitted(cmd, inputs):
        if cmd in (RESET, START, UNHOLD) and not inputs["guard_closed"]:
            return False
        return inputs["air_ok"] if cmd in (START, UNHOLD) else cmd != CLEAR or inputs["estop_ok"]


MISTAKES = {
    "edge": "edge",
    "power-up": "power-up",
    "latch": "latch",
    "unlatched": "latch",
    "polarity": "polarity",
    "late": "late",
    "done-first": "order",
    "held-door": "held-door",
    "permit": "permit",
    "hold-suspend": "hold-suspend",
    "no-return": "no-return",
}


def _sequence(rng, rates):
    """Inputs of many scans. What an operator would press next is likelier than nonsense, so that every state is reached."""
    program, inputs, held, rows = Program(), {**CALM, "cmd": rng.choice((NONE, RESET, START))}, rng.randint(1, 4), []
    for _ in range(SCANS):
        rows.append(dict(inputs))
        state = program.scan(inputs)["state"]
        held -= 1
        if held <= 0:
            inputs["cmd"] = NONE if inputs["cmd"] and rng.random() < 0.6 else _press(rng, state, rates["press"])
            held = rng.randint(3, 12) if rng.random() < rates.get("long", 0.0) else rng.randint(2, 5)
        inputs["done"] = rng.random() < 0.4
        inputs["bottle"], inputs["full"] = rng.random() < 0.6, rng.random() < 0.3
        for name in ("estop_ok", "guard_closed", "air_ok", "supply_ok"):
            rate = rates.get(name, 0.0)
            if rate:  # what is broken is mended sooner than the sound breaks
                inputs[name] = rng.random() >= rate if inputs[name] else rng.random() < 0.4
    return rows


def _press(rng, state, rate):
    if rng.random() >= rate:
        return NONE
    useful = [int(cmd) for (at, cmd) in TRANSITIONS if at == state and cmd not in (STOP, ABORT)]
    return rng.choice(useful) if useful and rng.random() < 0.8 else rng.choice(COMMANDS)


def _judge_scan(replays, machine):
    points, limit, traces, hints = 0.0, SCAN_POINTS, [], []
    for number, (kind, (worth, _rates)) in enumerate(KINDS.items()):
        good = True
        for call, answer in replays[number * SEQUENCES : (number + 1) * SEQUENCES]:
            rows = answer.value if answer.ok and type(answer.value) is list else []
            found = [_outputs(row) for row in rows]
            if len(found) != SCANS or None in found:
                good = False
                hints.append(failure_hint(answer) if not answer.ok else "shape")
                continue
            traces.append((call.args[0], found))
            good &= _same(call.args[0], found)
        points += worth if good else 0.0
        if not good:
            hints.append({"causes": "hold-suspend"}.get(kind, kind))
            limit = UNSAFE_POINTS if kind == "latch" else limit
    ran = _machine_ran_well()
    points += MACHINE_POINTS if ran else 0.0
    if points == SCAN_POINTS:
        return points, None
    errors = [failure_hint(answer) for _, answer in machine if not answer.ok]
    plain = next((hint for hint in (*hints, *errors) if hint in ("died", "too-slow", "raised", "missing", "not-data", "shape")), None)
    jumps = sum(_jumps(found) for _, found in traces) > len(traces)
    return min(points, limit), plain or ("two-steps" if jumps else _behaves_like(traces)) or next(iter(hints), "machine")


def _jumps(found):
    """How often a trace goes in one scan where the model needs two."""
    pairs = {(before["state"], after["state"]) for before, after in zip(found, found[1:], strict=False)} - SINGLE
    return sum(any((a, b) in SINGLE and (b, c) in SINGLE for b in STATES) for a, c in pairs if a != c)


def _same(sequence, found):
    """Whether the states are right and nothing ever moves while the emergency stop or the guard is open."""
    program = Program()
    for inputs, outputs in zip(sequence, found, strict=True):
        if outputs["state"] != program.scan(inputs)["state"]:
            return False
        if not (inputs["estop_ok"] and inputs["guard_closed"]) and (outputs["valve"] or outputs["conveyor"]):
            return False
    return True


def _behaves_like(traces):
    """The hint of the mistake that explains the states best; None where none explains nearly all of them."""
    if not traces:
        return None
    shares = {}
    for mistake in (None, *MISTAKES):
        agree = total = 0
        for sequence, found in traces:
            program = Program(mistake)
            agree += sum(outputs["state"] == program.scan(inputs)["state"] for inputs, outputs in zip(sequence, found, strict=True))
            total += len(found)
        shares[mistake] = agree / total
    best = max(shares, key=shares.__getitem__)
    return MISTAKES[best] if best is not None and shares[best] >= 0.95 and shares[best] > shares[None] else None


# -- the machine ---------------------------------------------------------------------------------------------------------


class Machine:
    """A filler that does what the outputs say, an operator who wants bottles, and what goes wrong in a shift."""

    def __init__(self, seed):
        self._rng = random.Random(seed)
        self._size, self._way, self._acting = self._rng.randint(4, 7), self._rng.randint(2, 4), self._rng.randint(2, 4)
        troubles = ["estop_ok", "guard_closed", "supply_ok", "air_ok", "estop_ok", "supply_ok"]
        self._rng.shuffle(troubles)
        self._troubles = {40 + 36 * number + self._rng.randrange(12): name for number, name in enumerate(troubles)}
        self._mended = {at + self._rng.randint(5, 9): name for at, name in self._troubles.items()}
        self._number = self._level = self._spent = 0
        self._left, self._last = self._way, 0
        self.inputs = dict(CALM)
        self.seen = {"good": 0, "half": 0, "spilled": 0, "unsafe": 0}

    def scan(self, outputs):
        """Act on the outputs, then make the next scan's inputs."""
        state, inputs = outputs["state"], self.inputs
        blocked = not (inputs["estop_ok"] and inputs["guard_closed"])
        self.seen["unsafe"] += blocked and (outputs["valve"] or outputs["conveyor"])
        if outputs["valve"]:
            self._level += 1
            self.seen["spilled"] += not inputs["bottle"] or self._level > self._size + 1 or outputs["conveyor"]
        if outputs["conveyor"] and inputs["bottle"]:
            self.seen["good" if self._level >= self._size else "half"] += 1
            inputs["bottle"], self._level, self._left = False, 0, self._way
        elif outputs["conveyor"] and inputs["supply_ok"]:
            self._left -= 1
            inputs["bottle"] = self._left <= 0
        self._spent = self._spent + 1 if state == self._last else 0
        self._last = state
        self._number += 1
        if name := self._troubles.get(self._number):
            inputs[name] = False
        if name := self._mended.get(self._number):
            inputs[name] = True
        wish = {STOPPED: RESET, COMPLETE: RESET, IDLE: START, HELD: UNHOLD, ABORTED: CLEAR}.get(state, NONE)
        inputs["cmd"] = wish if self._number % 3 else NONE
        inputs["full"], inputs["done"] = self._level >= self._size, self._spent >= self._acting


def _reference_run(seed):
    program, machine = Program(), Machine(seed)
    for _ in range(MACHINE_SCANS):
        machine.scan(program.scan(machine.inputs))
    return machine.seen


def _machine_ran_well():
    """Whether it filled as many bottles as with the reference program, without a spill or an unsafe move."""
    if not RUN:
        return False
    seen, wanted = RUN[0]
    return seen["good"] >= wanted["good"] - 1 and not (seen["half"] or seen["spilled"] or seen["unsafe"])


# -- common --------------------------------------------------------------------------------------------------------------
