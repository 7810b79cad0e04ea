"""Hidden checks of 水箱PID (tank-pid). Runs in the check sandbox only; no trainee ever sees this file.

What is asked: `identify` on step tests drawn from the seed, and `loop`, sample by sample, in closed loop with five runs of the
four-tank plant. When what happens in a run is drawn from the seed, so nothing can be prepared for it: the controller sees
measured values only. The same runs with a controller of our own set the scale.
"""

import math
import random

from shixun_graders.check.answers import as_number, failure_hint
from shixun_graders.protocol import Call
from shixun_plants.faults import Fault
from shixun_plants.headless import Replay

DT, SAMPLES = 2.0, 125  # s, and samples of a run
HH, VOLTS = 18.0, 10.0  # cm, V
STEP_TESTS = 6
IDENTIFY_POINTS = {"gain": 8.0, "tau": 6.0, "delay": 6.0}
CONTROL_POINTS = {"track": 12.0, "drain": 10.0, "neighbour": 8.0, "windup": 12.0, "bump": 8.0, "travel": 8.0, "alarm": 7.0}
RUNS = ("track", "drain", "neighbour", "windup", "bump")
REFERENCE_GAIN, REFERENCE_RESET = 0.8, 50.0  # V/cm, s: about SIMC with a closed-loop time constant of 15 s
MAX_BUMP, MAX_OFFSET = 0.8, 0.45  # V, cm
FINISHED = []  # the runs, once all of them are over


def calls(seed):
    """The step tests in one round, then all runs side by side, one sample a round."""
    rng = random.Random(seed)
    yield [Call(name="identify", args=_step_test(rng)[0], seconds=3) for _ in range(STEP_TESTS)]
    runs = [Run(kind, rng.randbytes(16)) for kind in RUNS]
    for _ in range(SAMPLES):
        answers = yield [Call(name="loop", args=[run.kind, *run.question()], seconds=5) for run in runs]
        outputs = [as_number(answer.value) if answer.ok else None for answer in answers]
        if None in outputs:
            return
        for run, output in zip(runs, outputs, strict=True):
            run.act(output)
    FINISHED.extend(runs)


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    pairs = list(zip(calls, answers, strict=True))
    return {"identify": _judge_identify(pairs[:STEP_TESTS]), "control": _judge_control(pairs[STEP_TESTS:])}


# -- identification ------------------------------------------------------------------------------------------------------


def _step_test(rng):
    """([times, inputs, outputs], truth) of a first-order process with dead time; the step comes at some time, up or down."""
    gain, tau, delay = rng.choice((1, 1, -1)) * rng.uniform(1.5, 6.0), rng.uniform(30.0, 90.0), rng.choice((0, 4, 8, 12))
    begin, size, base = rng.randint(10, 30) * 2, rng.choice((-1, 1)) * rng.uniform(0.4, 1.0), rng.uniform(2.0, 5.0)
    level = rng.uniform(8.0, 13.0)
    times = [2.0 * number for number in range(int((begin + delay + 6.0 * tau) / 2.0))]
    inputs = [base + (size if time >= begin else 0.0) for time in times]
    gone = [max(0.0, time - begin - delay) for time in times]
    outputs = [round(level + gain * size * (1.0 - math.exp(-t / tau)) + rng.gauss(0.0, 0.02), 3) for t in gone]
    return [times, [round(u, 3) for u in inputs], outputs], {"gain": gain, "tau": tau, "delay": float(delay)}


def _truths(pairs):
    """What was asked, measured again from the question: the noise-free ends, and a search for time constant and dead time."""
    for call, _ in pairs:
        times, inputs, outputs = call.args
        begin = next(number for number, value in enumerate(inputs) if value != inputs[0])
        first, last = sum(outputs[:begin]) / begin, sum(outputs[-20:]) / 20
        size, rise = inputs[-1] - inputs[0], last - first
        best = (math.inf, 0.0, 0.0)
        for delay in range(0, 16, 2):
            for tau in range(24, 100, 3):
                error = sum(
                    (first + rise * (1.0 - math.exp(-max(0.0, times[n] - times[begin] - delay) / tau)) - outputs[n]) ** 2
                    for n in range(begin, len(times), 4)
                )
                best = min(best, (error, float(tau), float(delay)))
        yield {"gain": rise / size, "tau": best[1], "delay": best[2]}


def _judge_identify(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    if failed:
        return 0.0, failed
    right, hints = dict.fromkeys(IDENTIFY_POINTS, 0), []
    for (_, answer), truth in zip(pairs, _truths(pairs), strict=True):
        found = answer.value if type(answer.value) is dict else {}
        numbers = {name: as_number(found.get(name)) for name in truth}
        if None in numbers.values():
            hints.append("shape")
            continue
        allowed = {"gain": 0.06 * abs(truth["gain"]), "tau": 0.15 * truth["tau"] + 2.0, "delay": 3.5}
        for name, value in truth.items():
            good = abs(numbers[name] - value) <= allowed[name]
            right[name] += good
            if not good:
                hints.append(_identify_mistake(name, numbers, truth))
    points = round(sum(IDENTIFY_POINTS[name] * count / STEP_TESTS for name, count in right.items()), 1)
    return points, max(hints, key=hints.count, default=None)


def _identify_mistake(name, found, truth):
    if name == "gain":
        return "gain-sign" if abs(found["gain"] + truth["gain"]) <= 0.06 * abs(truth["gain"]) else "gain"
    if abs(found["tau"] - (truth["tau"] + truth["delay"])) <= 3.0 and truth["delay"] > 3.0 and found["delay"] < 2.0:
        return "no-delay"
    if name == "tau" and (3.0 * truth["tau"] < found["tau"] < 6.0 * truth["tau"]):
        return "settling"
    return name


# -- the loop ------------------------------------------------------------------------------------------------------------


class Run:
    """One run of the plant: what happens in it, and what was seen and done at each sample."""

    def __init__(self, kind, seed):
        self.kind, self.seed = kind, seed
        rng = random.Random(seed)
        self.event = rng.randint(20, 40)  # the sample in which something happens
        start = rng.uniform(2.7, 3.3)
        setpoint, faults, self.inputs = 12.4, [], {}
        self.steps = {}  # set points by sample
        self.auto_from = 0
        if kind == "track":
            self.steps = {self.event: setpoint + rng.choice((-1, 1)) * rng.uniform(1.5, 2.5)}
        elif kind == "drain":
            self.inputs = {self.event: ("tank1.drain", rng.uniform(25.0, 45.0))}
        elif kind == "neighbour":
            self.inputs = {self.event: ("tank2.setpoint", rng.choice((8.0, 9.0, 15.5)))}
            faults = [Fault("pump1.voltage", "fouled", DT * (self.event + 35), size=rng.uniform(0.15, 0.25))]
        elif kind == "windup":
            self.until = self.event + rng.randint(46, 54)
            faults = [Fault("pump1.voltage", "fouled", DT * self.event, DT * self.until, size=rng.uniform(0.87, 0.9))]
        else:
            self.auto_from, start = self.event, rng.choice((2.5, 3.5)) + rng.uniform(-0.1, 0.1)
        self.plant = Replay("four-tank", seed, faults=faults)
        self.plant.advance(DT, {"loop1.auto": 0, "pump1.command": start, "loop2.gain": 0.6})
        self.start = self.output = start
        self.setpoint = setpoint
        self.levels, self.outputs, self.setpoints, self.seen = [], [], [], []

    def question(self):
        """[set point, measured level, automatic or not, the pump's present voltage] of this sample."""
        number = len(self.seen)
        self.setpoint = self.steps.get(number, self.setpoint)
        self.seen.append(self.plant.measured["tank1.level"])
        return [self.setpoint, round(self.seen[-1], 3), number >= self.auto_from, round(self.output, 3)]

    def act(self, output):
        """Give the pump the controller's output (in automatic) and let the sample pass."""
        number = len(self.levels)
        if number >= self.auto_from:
            self.output = min(max(output, 0.0), VOLTS)
        changes = {"pump1.command": self.output}
        if number in self.inputs:
            changes |= [self.inputs[number]]
        self.plant.advance(DT, changes)
        self.levels.append(self.plant.true["tank1.level"])
        self.outputs.append(output)
        self.setpoints.append(self.setpoint)

    @property
    def applied(self):
        """What the pump got."""
        return [min(max(value, 0.0), VOLTS) for value in self.outputs]

    def iae(self, begin=0):
        """The integral of the absolute error from sample `begin` on, cm s."""
        pairs = zip(self.setpoints[begin:], self.levels[begin:], strict=True)
        return DT * sum(abs(wanted - level) for wanted, level in pairs)

    def offset(self):
        """The mean error of the last 20 s, cm."""
        return sum(wanted - level for wanted, level in zip(self.setpoints[-10:], self.levels[-10:], strict=True)) / 10

    def travel(self):
        """How far the pump's voltage was moved, V."""
        used = self.applied[self.auto_from :]
        return sum(abs(b - a) for a, b in zip(used, used[1:], strict=False))

    def overshoot(self):
        """Beyond the new set point, as a share of its step."""
        step = self.setpoints[-1] - self.setpoints[0]
        return max((level - self.setpoints[-1]) * math.copysign(1.0, step) for level in self.levels[self.event :]) / abs(step)


def _reference(run):
    """The same run with our controller."""
    other, total = Run(run.kind, run.seed), None
    for _ in range(SAMPLES):
        setpoint, level, auto, output = other.question()
        error = setpoint - level
        if not auto or total is None:
            total = output - REFERENCE_GAIN * error
        growth = REFERENCE_GAIN * error * DT / REFERENCE_RESET
        wish = REFERENCE_GAIN * error + total + growth
        if 0.0 < wish < VOLTS or wish * growth < 0.0 or (wish >= VOLTS and growth < 0.0):
            total += growth
        other.act(min(max(wish, 0.0), VOLTS))
    return other


def _share(value, good, bad):
    """1 up to `good`, 0 from `bad` on."""
    return min(1.0, max(0.0, (bad - value) / (bad - good)))


def _worse(run, other, begin, good, bad):
    """The share for an IAE that is so many times that of our controller."""
    scale = other.iae(begin)
    return _share(run.iae(begin), good * scale, bad * scale)


def _judge_control(pairs):
    if not FINISHED:
        failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), "shape")
        return 0.0, failed
    runs = {run.kind: run for run in FINISHED}
    best = {kind: _reference(run) for kind, run in runs.items()}
    shares = {
        kind: _worse(runs[kind], best[kind], runs[kind].event, 1.6, 3.5)
        for kind in ("track", "drain", "neighbour")
    }
    if abs(runs["drain"].offset()) > MAX_OFFSET:  # one that stays is no control
        shares |= {"drain": 0.0, "neighbour": 0.0}
    shares["track"] *= _share(runs["track"].overshoot(), 0.25, 0.6)
    after = runs["windup"].until
    shares["windup"] = _worse(runs["windup"], best["windup"], after, 2.0, 4.0)
    shares["windup"] *= float(max(runs["windup"].levels[after:]) < HH)
    shares["bump"] = float(_bump(runs["bump"]) <= MAX_BUMP) * _worse(runs["bump"], best["bump"], runs["bump"].event, 1.8, 4.0)
    usual = sum(run.travel() for run in best.values())
    shares["travel"] = _share(sum(run.travel() for run in FINISHED), 3.0 * usual, 6.0 * usual)
    shares["alarm"] = float(max(max(run.levels) for run in FINISHED) < HH)
    restless = shares["travel"] < 1.0
    holds = (shares["track"] + shares["drain"] + shares["neighbour"]) / 3.0
    if holds < 0.3:  # a pump that hardly moves makes neither travel nor bumps: that is no control
        shares |= dict.fromkeys(("windup", "bump", "travel", "alarm"), 0.0)
    points = round(sum(CONTROL_POINTS[name] * share for name, share in shares.items()), 1)
    return points, None if points >= sum(CONTROL_POINTS.values()) - 0.05 else _control_mistake(runs, shares, restless)


def _bump(run):
    """How far the output jumps in the first automatic sample, V."""
    return abs(run.applied[run.auto_from] - run.start)


def _control_mistake(runs, shares, restless):
    """What the traces look like."""
    if _timed(FINISHED):
        return "timed"
    drain, track = runs["drain"], runs["track"]
    if _backwards(drain) + _backwards(track) > 0.5 * SAMPLES:
        return "sign"
    errors = [wanted - level for wanted, level in zip(drain.setpoints[-24:], drain.levels[-24:], strict=True)]
    early, late = sum(errors[:12]) / 12, sum(errors[12:]) / 12
    if min(errors) > 0.2 and max(drain.outputs) - min(drain.outputs) < 0.3:
        return "weak"
    if min(errors) > 0.3 and drain.offset() > MAX_OFFSET and abs(early - late) < 0.08:
        return "no-integral"
    if restless:
        return "noise" if _reversals(FINISHED) > 0.45 else "oscillates"
    if _wound_up(runs["windup"]):
        return "windup"
    if shares["bump"] < 1.0 and _bump(runs["bump"]) > MAX_BUMP:
        return "bump"
    return "sluggish" if min(shares["drain"], shares["neighbour"], shares["track"], shares["bump"]) < 1.0 else "alarm"


def _wound_up(run):
    """Whether the pump ran on although the level had long been above the set point."""
    rows = zip(run.applied[run.until :], run.levels[run.until :], run.setpoints[run.until :], strict=True)
    return sum(output > 0.6 * VOLTS and level > wanted + 1.0 for output, level, wanted in rows) >= 2


def _backwards(run):
    """In how many samples the pump did its utmost for the wrong side."""
    rows = zip(run.applied, run.levels, run.setpoints, strict=True)
    return sum((output < 0.3 and level < wanted - 1.0) or (output > 9.7 and level > wanted + 1.0) for output, level, wanted in rows)


def _reversals(runs):
    """How often the pump turns round: the share of samples. Noise makes it turn at nearly each, an oscillation now and then."""
    turns = samples = 0
    for run in runs:
        moves = [b - a for a, b in zip(run.applied, run.applied[1:], strict=False) if a != b]
        turns += sum(a * b < 0 for a, b in zip(moves, moves[1:], strict=False))
        samples += len(moves)
    return turns / max(1, samples)


def _timed(runs):
    """Whether the output jumps in the same sample of several runs, where nothing happens in all of them at once."""
    jumps = [abs(b - a) > 0.8 for run in runs for a, b in zip(run.applied, run.applied[1:], strict=False)]
    if sum(jumps) > 8 * len(runs):
        return False
    for number in range(3, SAMPLES):
        if sum(run.auto_from + 3 < number and abs(run.outputs[number] - run.outputs[number - 1]) > 0.8 for run in runs) >= 4:
            return all(abs(run.seen[number] - run.seen[number - 1]) < 0.5 for run in runs)
    return False


# -- common --------------------------------------------------------------------------------------------------------------
