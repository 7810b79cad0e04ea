"""Hidden checks of 报警整定 (alarm-tuning). Runs in the check sandbox only; no trainee ever sees this file.

What is asked: the value of `ALARMS`, replayed here with the plants' own alarm logic on shifts of a pump station that are drawn
from the seed, and `alarm_kpis` on random alarm logs. `record()` wrote the shift that trainees see (assets/), with a seed of its
own: `python checks.py` in the pack's folder, with the graders and plants importable, writes it again.
"""

import csv
import math
import random
from dataclasses import dataclass

from shixun_graders.check.answers import as_number, failure_hint
from shixun_graders.protocol import Call
from shixun_plants.alarms import AlarmSpec, events

STEP, HOURS = 10.0, 8.0  # s between samples, and a shift
SAMPLES = int(HOURS * 3600 / STEP)
SHIFTS, LOGS = 3, 5
KPI_POINTS = {"per_hour": 6.0, "peak": 6.0, "chattering": 7.0, "standing": 6.0}
CONFIG_POINTS = {"events": 20.0, "rate": 10.0, "false": 10.0, "chattering": 8.0, "standing": 8.0, "priority": 4.0}
MAX_FALSE = 1.0  # alarms a shift with nothing behind them
MAX_PER_HOUR, MAX_PEAK = 6.0, 10  # EEMUA 191: at most one alarm in ten minutes on average; more than ten are a flood
MAX_STANDING = 3600.0  # s
CHATTER_COUNT, CHATTER_SECONDS = 3, 60.0  # ISA-18.2: comes and goes three times within a minute


@dataclass(frozen=True)
class Point:
    """One alarm of the station: what normal is, what disturbs, and what happens without anybody's response.

    Values in the tag's unit; `rates` per minute (slowest, fastest) of an event; `response` minutes that an operator needs.
    """

    tag: str
    kind: str
    normal: float
    noise: float
    swing: float  # of a slow wave of two to four hours
    spike: tuple  # (per hour, lowest, highest, samples at most)
    rates: tuple
    consequence: float
    response: float
    severity: str

    @property
    def id(self):
        return f"{self.tag}:{self.kind}"

    @property
    def sign(self):
        """+1 where high is bad."""
        return 1.0 if self.kind == "H" else -1.0

    @property
    def reach(self):
        """How far from `normal` it comes on a good day; the level goes to and fro between two marks."""
        return 170.0 if self.tag == "lit101.level" else 1.5 * self.swing + 3.0 * self.noise


POINTS = (
    Point("lit101.level", "H", 650.0, 6.0, 0.0, (0.0, 0.0, 0.0, 0), (20.0, 28.0), 1600.0, 15.0, "major"),
    Point("lit101.level", "L", 650.0, 6.0, 0.0, (0.0, 0.0, 0.0, 0), (-27.0, -18.0), 250.0, 5.0, "severe"),
    Point("p101.current", "H", 24.0, 0.5, 0.4, (0.0, 0.0, 0.0, 0), (0.6, 1.2), 34.0, 4.0, "major"),
    Point("p101.bearing", "H", 55.0, 0.4, 4.0, (0.0, 0.0, 0.0, 0), (0.3, 0.6), 95.0, 15.0, "major"),
    Point("pit201.pressure", "L", 420.0, 6.0, 20.0, (2.0, 270.0, 320.0, 3), (-10.0, -6.0), 250.0, 5.0, "severe"),
    Point("ait201.turbidity", "H", 2.0, 0.12, 0.3, (4.0, 5.0, 18.0, 4), (0.35, 0.6), 8.0, 4.0, "severe"),
    Point("ait202.chlorine", "L", 0.6, 0.012, 0.05, (0.0, 0.0, 0.0, 0), (-0.012, -0.008), 0.2, 15.0, "minor"),
)
STANDBY = "p102.current:L"  # the standby pump stands still: its current is no alarm
IDS = (*(point.id for point in POINTS), STANDBY)
TAGS = tuple(dict.fromkeys(name.split(":")[0] for name in IDS))
# Severity and minutes to respond give the priority (the table in the notebook): 1 is the most urgent.
PRIORITIES = {point.id: {"severe": 1, "major": 2, "minor": 3}[point.severity] + (point.response > 10.0) for point in POINTS}
PRIORITIES = {name: min(3, priority) for name, priority in PRIORITIES.items()}


def calls(seed):
    """The configuration, then figures of random logs."""
    rng = random.Random(seed)
    return [Call(name="ALARMS", seconds=2)] + [Call(name="alarm_kpis", args=[_log(rng), hours], seconds=3) for hours in _hours(rng)]


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    rng = random.Random(f"shifts {[call.args for call in calls[1:]]}")  # what is asked is drawn from the seed, and so are these
    shifts = [shift(random.Random(rng.random())) for _ in range(SHIFTS)]
    return {"config": _judge_config(answers[0], shifts), "kpis": _judge_kpis(list(zip(calls, answers, strict=True))[1:])}


# -- the station ---------------------------------------------------------------------------------------------------------


def shift(rng):
    """One shift: ({tag: values}, [(alarm id, when it began, when an alarm is too late)]), times in s from the start."""
    pumping = _pumping(rng)
    values = {point.tag: _normal(rng, point) for point in POINTS[2:]}
    values["lit101.level"] = _level(rng)
    values["p102.current"] = [abs(rng.gauss(0.0, 0.02)) for _ in range(SAMPLES)]
    for start in pumping:  # the other motors of the station are started: inrush, and a dip of the pressure
        values["p101.current"][start : start + 2] = [rng.uniform(80.0, 95.0), rng.uniform(32.0, 45.0)]
    happened = []
    # Five of the seven events in each shift, one after the other.
    chosen = rng.sample(POINTS, 5)
    slow = next((place for place, point in enumerate(chosen) if point.tag == "p101.bearing"), 0)
    early = min(slow, rng.randrange(3))  # the slowest has to be over before the shift is
    chosen[slow], chosen[early] = chosen[early], chosen[slow]
    slots = [int(SAMPLES * (0.04 + 0.19 * number)) for number in range(5)]
    for point, slot in zip(chosen, slots, strict=True):
        happened.append(_event(rng, point, slot + rng.randrange(100), values[point.tag]))
    return values, sorted(happened, key=lambda event: event[1])


def _normal(rng, point):
    phase, period = rng.uniform(0.0, 6.3), rng.uniform(2.0, 4.0) * 3600.0
    level, swing = point.normal + rng.uniform(-0.5, 0.5) * point.swing, rng.uniform(0.4, 1.0) * point.swing
    values = [
        level + swing * math.sin(phase + 6.283 * STEP * number / period) + rng.gauss(0.0, point.noise)
        for number in range(SAMPLES)
    ]
    per_hour, low, high, longest = point.spike
    free = 0  # two of them never make one long one
    for number in range(SAMPLES):
        if per_hour and number >= free and rng.random() < per_hour * STEP / 3600.0:
            free = number + 20
            for place in range(number, min(SAMPLES, number + rng.randint(1, longest))):
                values[place] = rng.uniform(low, high)
    return values


def _level(rng):
    """The on/off control between 500 and 800 mm, with waves."""
    level, rising, values = rng.uniform(520.0, 780.0), rng.random() < 0.5, []
    for _ in range(SAMPLES):
        level += (rng.uniform(3.0, 4.2) if rising else -rng.uniform(2.5, 4.0)) * STEP / 10.0
        rising = (rising or level <= 500.0) and level < 800.0
        values.append(level + rng.gauss(0.0, 6.0))
    return values


def _pumping(rng):
    found, number = [], 0
    while (number := number + rng.randint(60, 160)) < SAMPLES - 2:
        found.append(number)
    return found


def _event(rng, point, start, values):
    """A ramp from what was to the consequence, held a while, then set right. An alarm is in time until `response` before it."""
    rate = rng.uniform(*point.rates) * STEP / 60.0
    value, number, margin = sorted(values[start - 7 : start])[3], start, point.response * 60.0
    latest = start * STEP + (point.consequence - value) / rate * STEP - margin
    reached = None
    while number < SAMPLES - 1 and (reached is None or number < reached + 12):
        if reached is None and (value - point.consequence) * point.sign >= 0:
            reached = number
        values[number] = value + rng.gauss(0.0, point.noise)
        value += rate if reached is None else 0.0
        number += 1
    return point.id, start * STEP, latest


# -- the configuration ---------------------------------------------------------------------------------------------------


def _judge_config(answer, shifts):
    if not answer.ok:
        return 0.0, failure_hint(answer)
    claimed = answer.value
    if type(claimed) is not dict or any(name not in claimed for name in IDS[:-1]):
        return 0.0, "shape"
    specs = {name: _spec(name, claimed.get(name)) for name in IDS}
    if any(spec is None for name, spec in specs.items() if name != STANDBY) or (
        claimed.get(STANDBY) is not None and specs[STANDBY] is None
    ):
        return 0.0, "shape"
    if _is_default(specs):
        return 0.0, "untouched"
    found = _replayed({name: spec for name, spec in specs.items() if spec is not None}, shifts)
    parts = {
        "events": found["in_time"] / found["events"],
        "rate": float(found["per_hour"] <= MAX_PER_HOUR and found["peak"] <= MAX_PEAK),
        "false": float(found["false"] <= MAX_FALSE * len(shifts)),
        "chattering": float(not found["chattering"]),
        "standing": float(not found["standing"]),
        "priority": float(all(specs[name].priority == PRIORITIES[name] for name in PRIORITIES)),
    }
    if parts["events"] < 0.5:  # a quiet list that misses what matters is worth nothing
        parts = dict.fromkeys(parts, 0.0) | {"events": parts["events"]}
    points = round(sum(CONFIG_POINTS[name] * share for name, share in parts.items()), 1)
    return points, None if points == sum(CONFIG_POINTS.values()) else _config_mistake(specs, found, parts)


def _spec(name, row):
    """A trainee's row as an alarm, or None if it is none."""
    if type(row) is not dict:
        return None
    numbers = [as_number(row.get(key)) for key in ("limit", "deadband", "on_delay", "off_delay", "priority")]
    if any(number is None for number in numbers) or int(numbers[4]) != numbers[4]:
        return None
    limit, deadband, on_delay, off_delay, priority = numbers
    tag, kind = name.split(":")
    try:
        return AlarmSpec(tag, kind, "", "", limit, int(priority), deadband, on_delay, off_delay)
    except ValueError:
        return None


DEFAULT = {"lit101.level:H": 800.0, "p101.current:H": 26.0, "ait201.turbidity:H": 3.0, "pit201.pressure:L": 400.0}


def _is_default(specs):
    return all(specs[name].limit == limit and specs[name].on_delay == 0 == specs[name].deadband for name, limit in DEFAULT.items())


def _replayed(specs, shifts):
    """What the alarms would have done: figures over all shifts, and by alarm what was missed, chattered, stood or came too often."""
    found = {"events": 0, "in_time": 0, "peak": 0, "count": 0, "false": 0, "missed": [], "late": [], "chattering": set(), "standing": set()}
    counts = dict.fromkeys(specs, 0)
    times = [number * STEP for number in range(SAMPLES)]
    for values, happened in shifts:
        came = {}
        for name, spec in specs.items():
            changes = list(events(spec, times, values[spec.tag]))
            came[name] = [time for time, active in changes if active]
            counts[name] += len(came[name])
            if _chatters(came[name]):
                found["chattering"].add(name)
            own = [event for event in happened if event[0] == name]
            found["false"] += sum(not any(start <= time <= latest + 3600.0 for _, start, latest in own) for time in came[name])
            if _stands(changes, own):
                found["standing"].add(name)
        for name, begin, latest in happened:
            found["events"] += 1
            # One that stood before it began tells nobody anything: it has to come during the event.
            if any(begin <= time <= latest for time in came[name]):
                found["in_time"] += 1
            else:
                found["late" if any(begin <= time <= latest + 3600.0 for time in came[name]) else "missed"].append(name)
        everything = sorted(time for times_of in came.values() for time in times_of)
        found["count"] += len(everything)
        found["peak"] = max(found["peak"], _peak(everything))
    found["per_hour"] = found["count"] / (HOURS * len(shifts))
    found["counts"] = counts
    return found


def _chatters(came):
    return any(after - before <= CHATTER_SECONDS for before, after in zip(came, came[CHATTER_COUNT - 1 :], strict=False))


def _stands(changes, happened):
    """Whether it stood for an hour with no event to show for it."""
    ends = [time for time, active in changes if not active] + [SAMPLES * STEP]
    for begin, end in zip((time for time, active in changes if active), ends, strict=False):
        if end - begin >= MAX_STANDING and not any(start <= begin <= latest + 3600.0 for _, start, latest in happened):
            return True
    return False


def _peak(came):
    """Most alarms within ten minutes."""
    return max((sum(first <= time < first + 600.0 for time in came) for first in came), default=0)


def _config_mistake(specs, found, parts):
    by_id = {point.id: point for point in POINTS}
    if specs[STANDBY] is not None and STANDBY in found["standing"]:
        return "standby"
    missed = [*found["missed"], *found["late"]]
    near = [name for name in by_id if (specs[name].limit - by_id[name].normal) * by_id[name].sign < by_id[name].reach]
    if near and not found["chattering"]:
        return "limit-in-normal"
    for name in missed:
        if specs[name].on_delay >= 240.0:
            return "delay-long"
        point = by_id[name]
        if (specs[name].limit - point.consequence) * point.sign >= -abs(point.rates[1]) * 0.5:
            return "limit-at-consequence"
    if missed:
        return "missed" if len(found["missed"]) > len(found["late"]) else "late"
    if found["chattering"]:
        return "chattering"
    if parts["rate"] < 1.0 or parts["false"] < 1.0:
        often = max(found["counts"], key=found["counts"].__getitem__)
        spiky = often == "p101.current:H" or (often in by_id and by_id[often].spike[0] > 0.0)
        if spiky and specs[often].on_delay < 60.0:
            return "no-delay"
        return "limit-in-normal"
    return "limit-in-normal" if found["standing"] else "priority"


# -- the figures ---------------------------------------------------------------------------------------------------------


def _hours(rng):
    return [rng.choice((4.0, 8.0, 12.0)) for _ in range(LOGS)]


def _log(rng):
    """A random alarm log, [[seconds, id, came or gone]], with some that chatter and some that stay to the end."""
    rows, end = [], 4 * 3600.0
    for name in ("a", "b", "c", "d"):
        time, gap = rng.uniform(0.0, 1200.0), rng.choice((8.0, 900.0, 2400.0))
        left = rng.randint(2, 9)
        while left and time < end:
            stay = rng.choice((5.0, 12.0, 400.0, 4000.0)) if gap > 10 else rng.uniform(3.0, 12.0)
            rows.append([round(time, 1), name, True])
            if left > 1 or rng.random() < 0.5:
                rows.append([round(time + stay, 1), name, False])
            time, left = time + stay + gap * rng.uniform(0.6, 1.4), left - 1
    burst = rng.uniform(0.0, end - 700.0)
    for number in range(rng.randint(3, 14)):
        rows.append([round(burst + 40.0 * number, 1), f"e{number}", True])
        rows.append([round(burst + 40.0 * number + 20.0, 1), f"e{number}", False])
    return sorted(row for row in rows if row[0] < end)


def _kpis(log, hours, mistake=None):
    came = [(time, name) for time, name, active in log if active]
    times = [time for time, _ in came]
    rows = log if mistake == "both-edges" else came
    chattering = set()
    for name in {name for _, name in came}:
        own = times if mistake == "any-alarm" else [time for time, other in came if other == name]
        if _chatters(own):
            chattering.add(name)
    standing, since = set(), {}
    for time, name, active in log:
        if active:
            since[name] = time
        elif time - since.pop(name, time) >= MAX_STANDING:
            standing.add(name)
    if mistake != "open-end":
        standing |= {name for name, time in since.items() if hours * 3600.0 - time >= MAX_STANDING}
    fixed = [sum(start <= time < start + 600.0 for time in times) for start in range(0, int(hours * 3600), 600)]
    return {
        "per_hour": len(rows) / hours,
        "peak": max(fixed, default=0) if mistake == "fixed-windows" else _peak(times),
        "chattering": sorted(chattering),
        "standing": sorted(standing),
    }


def _judge_kpis(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    if failed:
        return 0.0, failed
    right, hints = dict.fromkeys(KPI_POINTS, True), []
    for call, answer in pairs:
        expected = _kpis(*call.args)
        found = answer.value if type(answer.value) is dict else {}
        for name, value in expected.items():
            if not _agree(found.get(name), value):
                right[name] = False
                hints += [
                    mistake
                    for mistake in ("both-edges", "fixed-windows", "any-alarm", "open-end")
                    if _agree(found.get(name), _kpis(*call.args, mistake)[name])
                ]
    points = sum(KPI_POINTS[name] for name, good in right.items() if good)
    wrong = next((name for name, good in right.items() if not good), None)
    return points, None if wrong is None else max(hints, key=hints.count, default=f"kpi-{wrong.replace('_', '-')}")


def _agree(found, expected):
    if isinstance(expected, list):
        return type(found) in (list, tuple) and list(map(str, found)) == expected
    number = as_number(found)
    return number is not None and abs(number - expected) <= 1e-6 * max(1.0, expected)


# -- common --------------------------------------------------------------------------------------------------------------


def record():
    """Write the shift that trainees see: a mild one (cool weather, steady demand), so that limits fitted to it fail on others."""
    values, happened = shift(random.Random("alarm-tuning, visible shift 122"))
    with open("assets/shift.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["t", *TAGS])
        for number in range(SAMPLES):
            rows.writerow([int(number * STEP), *(f"{values[tag][number]:.4g}" for tag in TAGS)])
    with open("assets/events.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["alarm", "begin", "latest"])
        rows.writerows([name, int(begin), int(latest)] for name, begin, latest in happened)


if __name__ == "__main__":
    record()
