"""Hidden checks of TSN门控 (tsn-gates). Runs in the check sandbox only; no trainee ever sees this file.

What is asked: frame times and hyperperiods, the reservations of single streams, the gate control list of single ports, and
`schedule` on five networks drawn from the seed, each of another kind. A plan is replayed by the same simulator that trainees
have (`assets/tsn.py`, from the pack and not from the submission). A network is only asked where a plain first-fit, the most
urgent stream first, solves it whole; that also sets what is left for best effort.

A known mistake is named where the answers are those of the right function with that mistake in it, or by what the replay shows.

Long because a pack's checks are one file: the sandbox gets no other.
"""

import math
import random
import runpy
from pathlib import Path

from shixun_graders.check.answers import as_number, failure_hint
from shixun_graders.protocol import Call

SIMULATOR = runpy.run_path(str(Path(__file__).parent / "assets" / "tsn.py"))
simulate, ports, whole, read_plan = (SIMULATOR[name] for name in ("simulate", "ports", "whole", "read_plan"))
CONTROL, REST = SIMULATOR["CONTROL"], SIMULATOR["REST"]
WIRE_POINTS, HYPER_POINTS, JOURNEY_POINTS, GATES_POINTS, SCHEDULE_POINTS = 9.0, 6.0, 15.0, 20.0, 40.0
WIRE_CASES, JOURNEYS = 9, 8
KINDS = ("line", "harmonic", "odd", "long", "tight")
GATE_KINDS = ("plain", "zero", "wrap", "close", "touching")
STEP = 1000  # ns between the offsets that the first-fit tries


def calls(seed):
    """All questions in one round."""
    rng = random.Random(seed)
    asked = [Call(name="wire_ns", args=list(case), seconds=2) for case in _wire_cases(rng)]
    asked += [Call(name="hyperperiod", args=[case], seconds=2) for case in _hyper_cases(rng)]
    asked += [Call(name="journey", args=list(_journey_case(rng)), seconds=2) for _ in range(JOURNEYS)]
    asked += [Call(name="gate_list", args=list(_gates_case(kind, rng)), seconds=2) for kind in GATE_KINDS for _ in range(2)]
    return asked + [Call(name="schedule", args=list(instance(kind, rng)), seconds=10) for kind in KINDS]


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    pairs = list(zip(calls, answers, strict=True))
    named = {call.name: [pair for pair in pairs if pair[0].name == call.name] for call in calls}
    times = [_judge_wire(named["wire_ns"]), _judge_hyper(named["hyperperiod"])]
    return {
        "times": (sum(points for points, _ in times), next((hint for _, hint in times if hint), None)),
        "journey": _judge_journey(named["journey"]),
        "gates": _judge_gates(named["gate_list"]),
        "schedule": _judge_schedule(named["schedule"]),
    }


# -- frame times and hyperperiods ------------------------------------------------------------------------------------------


def _wire_cases(rng):
    sizes = [rng.randint(20, 63), 64, *(rng.randint(65, 1521) for _ in range(5)), 1522, 9018]
    return [(size, mbps) for size, mbps in zip(sizes, [100, 1000, 10, *(rng.choice((10, 100, 1000, 2500)) for _ in range(6))])]


def _wire(size, mbps, mistake=None):
    """Nanoseconds on the line: preamble 8, gap 12, at least 64 bytes (IEEE 802.3); whole, rounded up."""
    if mistake != "short-frame":
        size = max(64, size)
    bits = (size + (0 if mistake == "overhead" else 20)) * (1 if mistake == "bits-bytes" else 8)
    return bits / mbps if mistake == "microseconds" else -(-bits * 1000 // mbps)


def _judge_wire(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    if failed:
        return 0.0, failed
    right = sum(_close(answer.value, _wire(*call.args)) for call, answer in pairs)
    if right == len(pairs):
        return WIRE_POINTS, None
    for mistake in ("overhead", "bits-bytes", "short-frame", "microseconds"):
        if all(_close(answer.value, _wire(*call.args, mistake)) for call, answer in pairs):
            return _part(WIRE_POINTS, right, len(pairs)), mistake
    return _part(WIRE_POINTS, right, len(pairs)), "wire"


def _hyper_cases(rng):
    odd = [[400, 600], [400, 1000], [600, 800, 1200], [250, 400]]
    cases = [
        [500, 1000, 250],
        [rng.choice((125, 250, 500))] * 3,
        rng.choice(odd),
        [rng.choice((300, 700, 900)), 1000],
        rng.choice(odd) + [150],
    ]
    return [[1000 * period for period in rng.sample(case, len(case))] for case in cases]


def _judge_hyper(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    if failed:
        return 0.0, failed
    if all(whole(answer.value) == math.lcm(*call.args[0]) for call, answer in pairs):
        return HYPER_POINTS, None
    for mistake, rule in (("hyper-max", max), ("hyper-product", math.prod), ("hyper-gcd", lambda periods: math.gcd(*periods))):
        if all(as_number(answer.value) == rule(call.args[0]) for call, answer in pairs):
            return 0.0, mistake
    return 0.0, "hyperperiod"


# -- the reservations of one stream ----------------------------------------------------------------------------------------


def _journey_case(rng):
    network = {"mbps": {}, "cable_ns": rng.randrange(200, 900, 50), "switch_ns": rng.randrange(1500, 9000, 100)}
    network |= {"margin_ns": rng.randrange(200, 1500, 100), "largest": 1522, "best_effort": 0.3}
    route = ["talker", *(f"sw{number}" for number in range(1, rng.randint(2, 6))), "listener"]
    for port in ports(route):
        network["mbps"][port] = rng.choice((100, 1000))
    if len(set(network["mbps"].values())) == 1:  # both speeds on each way, else a forgotten change would not show
        network["mbps"][ports(route)[0]] = 1100 - network["mbps"][ports(route)[0]]
    period = rng.choice((500_000, 1_000_000, 2_000_000))
    stream = {"id": "s", "route": route, "bytes": rng.randint(64, 600), "period": period, "deadline": period, "jitter": 5000}
    return network, stream, rng.choice((0, rng.randrange(0, period // 2, 1000)))


def _journey(network, stream, offset, mistake=None):
    """[port, open, close] for each hop: sent whole, carried, processed, sent again."""
    way, start, found = ports(stream["route"]), offset, []
    margin = 0 if mistake == "no-margin" else network["margin_ns"]
    for port in way:
        mbps = network["mbps"][way[0] if mistake == "one-speed" else port]
        size = _wire(stream["bytes"], mbps, mistake)
        found.append([port, start - margin, start + size + margin])
        start += 0 if mistake == "no-hops" else 0 if mistake == "cut-through" else size
        start += 0 if mistake in ("no-cable", "no-delays", "no-hops") else network["cable_ns"]
        start += 0 if mistake in ("no-switch", "no-delays", "no-hops") else network["switch_ns"]
    return found


JOURNEY_MISTAKES = ("no-delays", "no-switch", "no-cable", "no-hops", "cut-through", "no-margin", "one-speed")


def _judge_journey(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    if failed:
        return 0.0, failed
    for carried in (None, "overhead", "bits-bytes", "short-frame"):  # a wrong wire_ns has cost its points already
        right = [_same_ways(answer.value, _journey(*call.args, carried)) for call, answer in pairs]
        if all(right):
            return JOURNEY_POINTS, None
    right = [_same_ways(answer.value, _journey(*call.args)) for call, answer in pairs]
    points = _part(JOURNEY_POINTS, sum(right), len(right))
    for mistake in JOURNEY_MISTAKES:
        if all(_same_ways(answer.value, _journey(*call.args, mistake)) for call, answer in pairs):
            return points, mistake
    shaped = all(_same_ways(answer.value, _journey(*call.args), math.inf) for call, answer in pairs)
    return points, "journey" if shaped else "journey-shape"


def _same_ways(found, expected, tolerance=2.0):
    """Whether a list of [port, open, close] is the expected one, to 2 ns (somebody may round at each hop)."""
    if type(found) not in (list, tuple) or len(found) != len(expected):
        return False
    for row, (port, begin, end) in zip(found, expected, strict=True):
        if type(row) not in (list, tuple) or len(row) != 3 or type(row[0]) is not str or row[0] != port:
            return False
        if not (_close(row[1], begin, tolerance) and _close(row[2], end, tolerance)):
            return False
    return True


# -- the gate control list of one port -------------------------------------------------------------------------------------


def _gates_case(kind, rng):
    """(windows, cycle, guard) in ns; windows may be unsorted, touch, overlap, or lie across the cycle's ends."""
    guard, cycle = rng.choice(((12_336, 250_000), (123_360, 1_000_000), (123_360, 1_500_000), (72_304, 600_000)))
    size = rng.randrange(5_000, 24_000, 10)
    first = rng.randrange(guard + 2_000, cycle // 3, 10)
    if kind == "zero":
        return [[0, size]], cycle, guard
    if kind == "wrap":
        early = rng.randrange(300, 3_000, 10)
        return [rng.choice(([-early, size], [cycle - early, cycle + size]))], cycle, guard
    if kind == "close":  # no room for anything but the guard band between these
        second = first + size + rng.randrange(500, guard, 10)
        return [[second, second + size], [first, first + size]], cycle, guard
    if kind == "touching":
        return ([[first + size, first + 2 * size], [first + size // 2, first + size], [first, first + size]], cycle, guard)
    return [[first, first + size], [2 * cycle // 3, 2 * cycle // 3 + size]], cycle, guard


def _gate_states(windows, cycle, guard, mistake=None):
    """The right list as (state, ns) with neighbours merged, from 0 to the cycle; states C(ontrol), G(uard), R(est)."""

    def inside(time, ranges):
        return any((time - begin) % cycle < end - begin for begin, end in ranges)

    bands = [(begin - guard, begin) for begin, _ in windows]
    if mistake == "no-guard":
        bands = []
    elif mistake == "guard-after":
        bands = [(end, end + guard) for _, end in windows]
    elif mistake == "guard-wrap":  # what belongs into the end of the cycle before is forgotten
        bands = [(max(0, begin), end) for begin, end in bands if end > 0]
    if mistake == "window-wrap":
        windows = [(max(0, begin), min(cycle, end)) for begin, end in windows]
        bands = [(max(0, begin), max(0, end)) for begin, end in bands]
    edges = sorted({0, cycle, *(edge % cycle for pair in [*windows, *bands] for edge in pair)})
    found = []
    for begin, end in zip(edges, edges[1:], strict=False):
        state = "C" if inside(begin, windows) else "G" if inside(begin, bands) else "R"
        _extend(found, state, end - begin)
    return found


def _extend(found, state, ns):
    if found and found[-1][0] == state:
        found[-1] = (state, found[-1][1] + ns)
    elif ns:
        found.append((state, ns))


def _found_states(rows):
    """A trainee's list in the same form, or the hint that says why it is none; X is a state that no row should have."""
    if type(rows) not in (list, tuple) or not 0 < len(rows) <= 1000:
        return "gates-shape"
    found = []
    for row in rows:
        pair = [whole(value) for value in row] if type(row) in (list, tuple) and len(row) == 2 else [None]
        if None in pair or not 0 <= pair[0] <= 255:
            return "gates-shape"
        if pair[1] <= 0:
            return "row-length"
        gates = pair[0]
        state = "G" if gates == 0 else "C" if gates == CONTROL else "R" if gates & 1 and not gates & CONTROL else "X"
        _extend(found, state, pair[1])
    return found


def _judge_gates(pairs):
    failed = next((failure_hint(answer) for _, answer in pairs if not answer.ok), None)
    if failed:
        return 0.0, failed
    rows = [_found_states(answer.value) for _, answer in pairs]
    right = [found == _gate_states(*call.args) for found, (call, _) in zip(rows, pairs, strict=True)]
    groups = [all(right[2 * number : 2 * number + 2]) for number in range(len(GATE_KINDS))]
    points = _part(GATES_POINTS, sum(groups), len(groups))
    return points, None if all(right) else _gates_mistake(rows, pairs, right)


def _gates_mistake(rows, pairs, right):
    shapes = [found for found in rows if isinstance(found, str)]
    if len(shapes) > len(rows) / 2:
        return shapes[0]
    wrong = [(found, call.args) for found, (call, _), good in zip(rows, pairs, right, strict=True) if not good]
    for mistake in ("no-guard", "guard-after", "guard-wrap", "window-wrap"):
        if all(found == _gate_states(*args, mistake) for found, args in wrong):
            return mistake
    if any(found == [({"C": "R", "R": "C"}.get(state, state), ns) for state, ns in _gate_states(*args)] for found, args in wrong):
        return "bits"
    if shapes:
        return shapes[0]
    if any(sum(ns for _, ns in found) != cycle for found, (_, cycle, _) in wrong):
        return "sum"
    if all(any(state == "X" for state, _ in found) for found, _ in wrong):
        return "both-open"
    return "gates"


# -- networks --------------------------------------------------------------------------------------------------------------

STATIONS = ("plc", "robot", "servo", "labeler", "palletizer", "encoder", "safety", "scale", "io", "drive", "printer", "checker")
PERIODS = {
    "line": ((500,), (1000,)),
    "harmonic": ((500, 1000), (500, 1000, 2000), (1000, 2000)),
    "odd": ((400, 600), (400, 1000), (600, 800), (500, 750)),
    "long": ((1000,), (1000, 2000)),
    "tight": ((1000,), (2000,)),
}


def instance(kind, rng):
    """(network, streams) that the reference schedules whole, and that is no instance of its kind without the kind's difficulty."""
    while True:
        network, streams = _drawn(kind, rng)
        plan = _first_fit(network, streams, sorted(streams, key=lambda stream: stream["deadline"]))
        found = simulate(network, streams, plan)
        share = math.floor(15 * found["best_effort"]) / 20  # three quarters of what the reference leaves
        if not all(verdict["ok"] for verdict in found["streams"].values()) or share < 0.2:
            continue
        if kind == "tight":
            listed = simulate(network, streams, _first_fit(network, streams, streams))
            if sum(verdict["ok"] for verdict in listed["streams"].values()) > len(streams) - 2:
                continue
        return network | {"best_effort": min(0.6, share)}, streams


def _drawn(kind, rng):
    count = {"line": 3, "harmonic": 3, "odd": 2, "long": 5, "tight": 2}[kind]
    switches = [f"sw{number}" for number in range(1, count + 1)]
    links = [(switches[number if kind == "long" else rng.randint(0, number)], other) for number, other in enumerate(switches[1:])]
    trunk = {"line": 100, "tight": 100}.get(kind, 1000)
    speeds = dict.fromkeys(links, trunk)
    stations = rng.sample(STATIONS, 7 if kind == "tight" else 6)
    for number, station in enumerate(stations):
        at = switches[number % count] if kind != "tight" else switches[0 if number else 1]
        speeds[(at, station)] = 100
    network = {
        "mbps": {f"{a}>{b}": mbps for pair, mbps in speeds.items() for a, b in (pair, pair[::-1])},
        "cable_ns": rng.randrange(300, 700, 50),
        "switch_ns": rng.randrange(5000, 9000, 500) if kind == "long" else rng.randrange(1500, 4000, 250),
        "margin_ns": rng.randrange(400, 1000, 100),
        "largest": rng.choice((1600, 2000)) if kind == "line" else rng.choice((1518, 1522)),  # not always the lesson's
        "best_effort": 0.0,
    }
    periods = rng.choice(PERIODS[kind])
    if kind == "tight":
        return network, _tight(network, rng, stations, 1000 * periods[0])
    streams = []
    for number in range(rng.randint(5, 6)):
        talker, listener = (stations[0], stations[-1]) if not number and kind == "long" else rng.sample(stations, 2)
        period = 1000 * periods[number % len(periods)]
        stream = {"id": f"{talker}-{listener}-{number}", "route": _route(network, talker, listener)}
        stream |= {"bytes": rng.randint(64, 220), "period": period, "deadline": period, "jitter": rng.choice((3000, 4000, 5000))}
        slack = rng.uniform(0.35, 0.6) * period
        stream["deadline"] = min(period, 1000 * round((_shortest(network, stream) + slack) / 1000))
        streams.append(stream)
    return network, streams


def _tight(network, rng, stations, period):
    """Six talkers want one listener's line at the same time; the streams are listed with the most patient first."""
    size, streams = rng.randint(100, 240), []
    slot = _wire(size, 100) + 2 * network["margin_ns"] + STEP
    for number, talker in enumerate(stations[1:]):
        stream = {"id": f"{talker}-{stations[0]}-{number}", "route": _route(network, talker, stations[0])}
        stream |= {"bytes": size, "period": period, "deadline": period, "jitter": 4000}
        stream["deadline"] = 1000 * math.ceil((_shortest(network, stream) + 1500 + number * slot * rng.uniform(1.0, 1.08)) / 1000)
        streams.append(stream)
    return streams[::-1]


def _route(network, talker, listener):
    """The only way through a tree."""
    ways = [[talker]]
    for way in ways:
        if way[-1] == listener:
            return way
        ways += [
            [*way, port.split(">")[1]]
            for port in network["mbps"]
            if port.startswith(f"{way[-1]}>") and port.split(">")[1] not in way
        ]
    raise ValueError("no way")


def _shortest(network, stream):
    """Nanoseconds from talker to listener without any waiting, margins included."""
    return _journey(network, stream, 0)[-1][2] + network["cable_ns"]


def _first_fit(network, streams, order):
    """A plan: one stream after the other at the first offset where all its reservations are free."""
    cycle = math.lcm(*(stream["period"] for stream in streams))
    taken, offsets = {port: [] for port in network["mbps"]}, {}
    for stream in order:
        latest = stream["deadline"] - _shortest(network, stream)
        for offset in range(0, max(STEP, min(stream["period"], latest)), STEP):
            way = [
                (port, begin + turn * stream["period"], end - begin)
                for port, begin, end in _journey(network, stream, offset)
                for turn in range(cycle // stream["period"])
            ]
            if all((a - b) % cycle >= had and (b - a) % cycle >= ns for port, a, ns in way for b, had in taken[port]):
                offsets[stream["id"]] = offset
                for port, begin, ns in way:
                    taken[port].append((begin, ns))
                break
    gates = {}
    for port in {port for stream in streams for port in ports(stream["route"])[1:]}:
        guard = _wire(network["largest"], network["mbps"][port])
        states = _gate_states([(begin, begin + ns) for begin, ns in taken[port]], cycle, guard)
        gates[port] = [[{"C": CONTROL, "G": 0, "R": REST}[state], ns] for state, ns in states]
    return {"cycle": cycle, "offsets": offsets, "gates": gates}


# -- the whole schedule ----------------------------------------------------------------------------------------------------


def _judge_schedule(pairs):
    if not any(answer.ok for _, answer in pairs):
        return 0.0, failure_hint(pairs[0][1])
    found, points = [], 0.0
    for call, answer in pairs:
        network, streams = call.args
        result = simulate(network, streams, answer.value if answer.ok else None)
        accepted = sum(verdict["ok"] for verdict in result["streams"].values()) / len(streams)
        left = min(1.0, result["best_effort"] / network["best_effort"])
        points += SCHEDULE_POINTS / len(pairs) * accepted * left
        found.append((accepted, left, result))
    points = round(points, 1)
    return points, None if points >= SCHEDULE_POINTS else _schedule_mistake(pairs, found)


def _schedule_mistake(pairs, found):
    """What the plans or their replays look like."""
    plans = [answer.value for _, answer in pairs if answer.ok]
    if len(plans) < len(pairs):
        return failure_hint(next(answer for _, answer in pairs if not answer.ok))
    table_faults = [fault for _, _, result in found for fault in result["tables"].values()]
    if "plan" in table_faults:
        return "plan-shape"
    if all(
        type(plan["offsets"]) is dict and not any(stream["id"] in plan["offsets"] for stream in call.args[1])
        for (call, _), plan in zip(pairs, plans, strict=True)
    ):
        return "fitted" if any(plan["offsets"] for plan in plans) else "unscheduled"
    cycles = [
        (whole(plan["cycle"]), [stream["period"] for stream in call.args[1]])
        for (call, _), plan in zip(pairs, plans, strict=True)
    ]
    if all(cycle * 1000 == math.lcm(*periods) for cycle, periods in cycles):
        return "microseconds"
    if any(cycle == max(periods) != math.lcm(*periods) for cycle, periods in cycles):
        return "hyper-max"
    if "cycle" in table_faults:
        return "hyperperiod"
    for fault, hint in (("missing", "table-missing"), ("rows", "gates-shape"), ("sum", "sum")):
        if table_faults.count(fault) > len(table_faults) / 2:
            return hint
    tables = [table for (call, _), plan in zip(pairs, plans, strict=True) for table in _tables(*call.args, plan)]
    if all(gates & CONTROL and gates & REST for _, rows in tables for gates, _ in rows):
        return "all-open"
    if not any(gates & 1 for _, rows in tables for gates, _ in rows):
        return "starved"
    return _replay_mistake(pairs, plans, found, tables)


def _tables(network, streams, plan):
    """(guard band that the port needs, rows) of every usable table."""
    _, _, tables, _ = read_plan(network, streams, plan)
    return [(_wire(network["largest"], network["mbps"][port]), rows) for port, rows in tables.items()]


REPLAY_HINTS = {
    "missed": "hop-delay", "late": "order", "unscheduled": "unscheduled", "offset": "offset", "table": "table-missing",
    "collision": "collision", "overrun": "overrun", "jitter": "jitter",
}  # fmt: skip


def _replay_mistake(pairs, plans, found, tables):
    faults = [verdict["fault"] for _, _, result in found for verdict in result["streams"].values() if not verdict["ok"]]
    ok = {kind: accepted == 1.0 for kind, (accepted, _, _) in zip(KINDS, found, strict=True)}
    if not faults:
        return "best-effort"
    exact = [simulate(call.args[0] | {"margin_ns": 0}, call.args[1], plan) for (call, _), plan in zip(pairs, plans, strict=True)]
    if all(verdict["ok"] for result in exact for verdict in result["streams"].values()):
        return "no-margin"
    common = max(sorted(set(faults)), key=faults.count)
    if common == "blocked":
        return _guard_mistake(tables)
    if ok["line"] and ok["tight"] and not (ok["harmonic"] and ok["odd"]):
        return "repeats"
    if not ok["tight"] and all(ok[kind] for kind in ok if kind != "tight"):
        return "order"
    return REPLAY_HINTS[common]


def _guard_mistake(tables):
    """What is wrong with the guard bands: none, those before the cycle's start cut off, or too short."""
    for _, rows in tables:
        if any(a[0] & REST and b[0] & CONTROL for a, b in zip(rows, [*rows[1:], rows[0]], strict=True)):
            return "no-guard"
    for guard, rows in tables:
        if not rows[0][0] and rows[0][1] < guard and rows[-1][0] & REST:
            return "guard-wrap"
    return "guard-short"


# -- common ----------------------------------------------------------------------------------------------------------------


def _part(points, right, asked):
    return round(points * right / asked, 1)


def _close(value, expected, tolerance=1.0):
    found = as_number(value)
    return found is not None and abs(found - expected) <= tolerance
