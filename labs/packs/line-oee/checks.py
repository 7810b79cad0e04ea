"""Hidden checks of 灌装线的OEE (line-oee). Runs in the check sandbox only; no trainee ever sees this file.

`read_line`, `collect` and `publish` talk to the plant's second life: its log says what was read, subscribed to and published.
The other functions get shifts that the bottling core plays for this seed, as a subscriber of MQTT would have seen them: with
retained messages, late and repeated ones, a lost connection, a counter that begins again. All that is asked has one right answer,
so numbers are compared closely; a wrong one is compared with what the usual mistakes give. (Long because checks are one file.)
"""

import csv
import json
import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from paho.mqtt.client import topic_matches_sub

from shixun_graders.check.answers import as_number, failure_hint
from shixun_graders.check.evidence import HOST, MQTT_PORT, OPCUA_PORT
from shixun_graders.protocol import Call
from shixun_plants.bottling.core import Inputs, initial, step
from shixun_plants.bottling.packml import Command, State
from shixun_plants.bottling.params import STATIONS, Params

BASE = "shixun/site1/bottling/line1/"
PRESSURE = "rinser.pressure"  # always changes a little, whatever the line does: so there are always new messages
TAGS = {"filler.state": "filler/state", "filler.count": "filler/count", "line.rejects": "line/rejects", PRESSURE: "rinser/pressure"}
KPI_TOPIC = BASE + "kpi/shift"
SPEED = "ns=2;s=PackML.BottlingLine.Admin.MachDesignSpeed"
SET_SPEED = "ns=2;s=PackML.BottlingLine.Status.MachSpeed"
NODES = {"state": "filler.state", "count": "filler.count", "rejects": "line.rejects"}
DESIGN = min(station.rate for station in STATIONS) * 60.0
SHARES = ("availability", "performance", "quality", "oee")
AMOUNTS = ("planned", "running", "made", "good")
UP = {State.SUSPENDED, State.EXECUTE, State.SUSPENDING, State.UNSUSPENDING}  # the machine is sound: it runs or waits
COLLECTED = 5  # messages: four retained ones, and a new one
MOST = 1000  # bottles between two readings; more is no wrap-around
JAM = 200.0  # s that the capper's jam takes: longer than its buffer lasts
EVERY = 15  # s between two readings of a counter
INTERVAL_POINTS, PRODUCED_POINTS, TOTAL_POINTS = (12.0, 3.0), (8.0, 2.0), 5.0
REPORT_POINTS = {"planned": 3.0, "running": 3.0, "made": 2.0, "good": 2.0} | dict(zip(SHARES, (4.0, 4.0, 4.0, 3.0), strict=True))


def calls(seed):
    """All questions; the first three are put beside the running line."""
    rng = random.Random(seed)
    result = {name: round(rng.uniform(0.6, 0.99), 4) for name in SHARES}
    end = 1_795_900_000 + rng.randrange(10_000_000)
    asked = [
        Call(name="read_line", args=[f"opc.tcp://{HOST}:{OPCUA_PORT}"], mode="lockstep", seconds=30),
        Call(name="collect", args=[HOST, MQTT_PORT, COLLECTED], mode="lockstep", seconds=45),
        Call(name="publish", args=[HOST, MQTT_PORT, result, end], mode="lockstep", seconds=30),
    ]
    shifts = [record(rng, kind) for kind in ("wrap", "reset", "plain")]
    for messages, shift in shifts:
        span = [shift["start"], shift["end"]]
        asked += [Call(name="intervals", args=[messages, tag, *span], seconds=5) for tag in ("filler.state", "capper.state")]
        asked += [Call(name="produced", args=[messages, tag, *span], seconds=5) for tag in ("filler.count", "line.rejects")]
        asked.append(Call(name="shift_report", args=[messages, shift], seconds=5))
    asked += _edges(rng)
    return asked + [Call(name="total", args=_week(rng, length), seconds=5) for length in (2, 5)]


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    pairs = list(zip(calls, answers, strict=True))
    named = {name: [pair for pair in pairs if pair[0].name == name] for name in {call.name for call in calls}}
    return {
        "read-line": _judge_line(answers[0], plant_log.measured(0), plant_log.nodes_read(0)),
        "collect": _judge_collect(answers[1], plant_log.measured(1), plant_log.topics_subscribed(1)),
        "intervals": _judge_parts(named["intervals"], _intervals, _spans, INTERVAL_POINTS),
        "produced": _judge_parts(named["produced"], _produced, as_number, PRODUCED_POINTS),
        "report": _judge_report(named["shift_report"]),
        "total": _judge_total(named["total"]),
        "publish": _judge_publish(calls[2], answers[2], plant_log.published(2)),
    }


# -- what is right, and what people make of it ---------------------------------------------------------------------------


def _readings(messages, tag, mistake=None):
    """[(time, value)] of a tag by the time at which it was measured."""
    own = [one for one in messages if one["tag"] == tag and not (mistake == "retained" and one["retain"])]
    if mistake == "arrival-time":
        return [(one["arrived"], one["value"]) for one in own]
    if mistake == "order":
        return [(one["time"], one["value"]) for one in own]
    return sorted({(one["time"], one["value"]) for one in own})


def _intervals(messages, tag, start, end, mistake=None):
    """[[from, to, state]] within [start, end]; a state lasts until the next one, the last until `end`."""
    rows = _readings(messages, tag, mistake)
    if mistake == "before-start":
        rows = [row for row in rows if row[0] >= start]
    until = [time for time, _ in rows[1:]] + ([] if mistake == "open-end" else [end])
    begins = start if mistake != "unclipped" else -math.inf
    found = [[max(time, begins), min(after, end), value] for (time, value), after in zip(rows, until, strict=False)]
    return [row for row in found if max(row[0], start) < row[1]]


def _produced(messages, tag, start, end, mistake=None):
    """Bottles counted from `start` to `end`: from the last reading before, over zero and wrap-around."""
    rows = _readings(messages, tag, mistake)
    before = [value for time, value in rows if time <= start]
    values = before[-1:] + [value for time, value in rows if start < time <= end]
    if mistake == "whole-record":
        values = [value for _, value in rows]
    if mistake == "baseline":
        values = [value for time, value in rows if start <= time <= end]
    if mistake == "last-minus-first":
        return values[-1] - values[0] if values else 0
    return sum(_growth(was, now, mistake) for was, now in zip(values, values[1:], strict=False))


def _growth(was, now, mistake):
    if now >= was:
        return now - was
    wrapped = now + 2**32 - was
    if mistake == "negative-lost":
        return 0
    if mistake == "always-reset":
        return now
    return wrapped if wrapped <= MOST or mistake == "always-wrap" else now


def _overlap(first, second):
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


def _report(messages, shift, mistake=None):
    """Amounts and shares of one shift.

    OEE as in Nakajima, Introduction to TPM (1988): waiting for neighbours is lost performance, not lost availability.
    """
    span = shift["start"], shift["end"]
    pauses = [] if mistake == "break-not-planned" else shift["breaks"]
    up = {
        "waiting-is-not-down": {State.EXECUTE},
        "only-failures": set(State) - {State.ABORTING, State.ABORTED},
        "held-runs": UP | {State.HOLDING, State.HELD, State.UNHOLDING},
    }.get(mistake, UP)
    planned = span[1] - span[0] - sum(_overlap(span, pause) for pause in pauses)
    down = 0.0
    states, counts = ("retained", None) if mistake == "retained-states" else (mistake, mistake)
    for begin, end, state in _intervals(messages, "filler.state", *span, states):
        if state not in up:
            excused = 0.0 if mistake == "break-is-down" else sum(_overlap((begin, end), pause) for pause in pauses)
            down += end - begin - excused
    running = planned - down
    made = _produced(messages, "filler.count", *span, counts)
    rejects = 0 if mistake == "rejects-are-not-good" else _produced(messages, "line.rejects", *span, counts)
    speed = shift["ideal_rate"] / (1 if mistake == "per-second" else 60)
    ideal = running / shift["ideal_rate"] if mistake == "per-bottle" else speed * running
    ideal = speed * planned if mistake == "planned-for-running" else ideal
    done = made - rejects if mistake == "good-for-made" else made
    availability = _share(down if mistake == "down-share" else running, planned)
    performance, quality = _share(done, ideal), _share(made - rejects, made)
    quality = 1 - quality if mistake == "reject-share" else quality
    oee = availability * performance * quality
    shares = (availability, performance, quality, sum((availability, performance, quality)) / 3 if mistake == "mean" else oee)
    return dict(zip((*AMOUNTS, *SHARES), (planned, running, made, made - rejects, *shares), strict=True))


def _share(part, whole):
    return part / whole if whole else 0.0


def _total(reports, ideal_rate, mistake=None):
    """Shares of several shifts: from the sums of their amounts, never the mean of their shares."""
    if mistake == "average":
        return {name: sum(report[name] for report in reports) / len(reports) for name in SHARES}
    if mistake == "average-oee":
        right = _total(reports, ideal_rate)
        return right | {"oee": sum(report["oee"] for report in reports) / len(reports)}
    planned, running, made, good = (sum(report[name] for report in reports) for name in AMOUNTS)
    speed = ideal_rate / (1 if mistake == "per-second" else 60)
    shares = [_share(running, planned), _share(made, speed * running), _share(good, made)]
    return dict(zip(SHARES, (*shares, math.prod(shares)), strict=True))


MESSAGES = ("retained", "arrival-time", "order")
MISTAKES = {  # by function: those that are tried, the most telling first
    _intervals: ("open-end", "before-start", "unclipped", *MESSAGES),
    _produced: ("always-wrap", "always-reset", "negative-lost", "last-minus-first", "baseline", "whole-record", *MESSAGES),
    _report: (
        "break-not-planned", "break-is-down", "waiting-is-not-down", "only-failures", "held-runs", "per-second", "per-bottle",
        "reject-share", "rejects-are-not-good", "good-for-made", "planned-for-running", "down-share", "mean",
        "open-end", "before-start", "always-wrap", "always-reset", "negative-lost", "last-minus-first", "baseline",
        "retained-states", *MESSAGES,
    ),
    _total: ("average", "average-oee", "per-second"),
}  # fmt: skip
HINTS = {"only-failures": "stopped-is-down", "held-runs": "stopped-is-down", "per-second": "per-minute", "per-bottle": "per-minute"}
HINTS |= {"always-reset": "wrap", "always-wrap": "reset", "negative-lost": "reset", "last-minus-first": "reset", "order": "arrival-time"}
HINTS |= {"unclipped": "clip", "whole-record": "clip", "average-oee": "average", "mean": "product", "baseline": "before-start", "retained-states": "retained"}


# -- shifts that nobody has seen -----------------------------------------------------------------------------------------


def record(rng, kind, start=None, seconds=4800, ideal=None):
    """(messages, shift): what a subscriber got, in the order in which it arrived, and the shift's calendar."""
    before = 600
    ideal = ideal or rng.choice((48.0, 50.0, 52.0, 54.0, 56.0))
    start = start or 1_795_900_000 + rng.randrange(5_000_000)
    origin, end = start - before, start + seconds
    stops, breaks = _plan(rng, kind, seconds, before)
    jam = before + seconds // 5 + rng.randrange(seconds // 20)
    rows = _played(rng, ideal, stops, jam, before + seconds + (90 if kind == "plain" else 0))
    rows = [(origin + at + round(rng.uniform(0.05, 0.6), 3), tag, value) for at, tag, value in rows]
    shift = {"start": start, "end": end, "breaks": [[origin + a, origin + b] for a, b in breaks], "ideal_rate": ideal}
    return _transported(rng, _counted(rng, rows, kind, start, end), start, late=kind == "wrap"), shift


def _plan(rng, kind, seconds, before):
    """What the operator does, [(from, to, command)], and the breaks of the calendar; s since the record began."""
    tenth = seconds // 10
    hold, halt, pause = (before + part * tenth + rng.randrange(tenth // 2) for part in (1, 3, 5))
    pause -= pause % 300  # a calendar has whole minutes
    length = 300 * rng.randint(2, 3) * max(1, seconds // 7200)
    stops = [
        (hold, hold + rng.randint(120, 240), Command.HOLD),
        (halt, halt + rng.randint(150, 300), Command.STOP),
        (pause - rng.randrange(15), pause + length + rng.randint(40, 180), Command.COMPLETE),  # back late
    ]
    breaks = [[pause, pause + length]]
    if kind == "reset":  # cleaning at the end, which the calendar has longer than the shift
        last = before + seconds - 60 * rng.randint(4, 7)
        breaks.append([last, before + seconds + 600])
        stops.append((last + 5, math.inf, Command.COMPLETE))
    if kind == "plain":  # stopped when the shift ends
        stops.append((before + seconds - rng.randint(200, 300), math.inf, Command.STOP))
    return stops, breaks


def _played(rng, ideal, stops, jam, seconds):
    """[(s, tag, value)] as the line's gateway sends them: states when they change, counters every `EVERY` s.

    From `jam` on the capper fails once for so long that the filler is blocked: in every shift somebody waits.
    """
    stations = tuple(
        replace(spec, rate=(ideal if spec.name == "filler" else rng.uniform(62, 68)) / 60, mtbf=spec.mtbf * rng.uniform(0.7, 1.1))
        for spec in STATIONS
    )
    line = initial(Params(stations=stations, buffers=tuple(rng.randint(20, 60) for _ in range(4)), wanders={}), rng)
    place = {spec.name: number for number, spec in enumerate(STATIONS)}
    rows, seen, jammed = [], {}, False
    for second in range(int(seconds)):
        jams = not jammed and second >= jam and all(line.stations[place[name]].state is State.EXECUTE for name in ("filler", "capper"))
        line = _changed(line, place["capper"], life=0.0) if jams else line
        order = next((command for begin, end, command in stops if begin <= second < end), None)
        back = {State.COMPLETE: Command.RESET, State.STOPPED: Command.RESET, State.IDLE: Command.START, State.HELD: Command.UNHOLD}
        line = step(line, Inputs(order or back.get(line.state)), 1.0, rng)
        line = _changed(line, place["capper"], repair=JAM) if jams else line
        jammed = jammed or jams
        filler = line.stations[place["filler"]]
        now = {f"{name}.state": int(line.stations[place[name]].state) for name in ("filler", "capper")}
        if second % EVERY == 0:
            now |= {"filler.count": filler.made, "line.rejects": line.rejects}
        rows += [(second, tag, value) for tag, value in now.items() if seen.get(tag) != value]
        seen |= now
    return rows


def _changed(line, index, **what):
    stations = line.stations
    return line._replace(stations=(*stations[:index], stations[index]._replace(**what), *stations[index + 1 :]))


def _counted(rng, rows, kind, start, end):
    """The same with a counter that wraps around or begins again within the shift."""
    middle = rng.uniform(start + 0.2 * (end - start), start + 0.4 * (end - start))
    then = {tag: value for time, tag, value in rows if time <= middle}
    base = {"filler.count": rng.randint(20_000, 4_000_000), "line.rejects": rng.randint(300, 9_000)}
    if kind == "wrap":  # between two readings that lie apart
        counts = [value for time, tag, value in rows if tag == "filler.count" and time > middle]
        base["filler.count"] = 2**32 - 2 - next(was for was, now in zip(counts, counts[1:], strict=False) if now - was >= 5)
    found = []
    for time, tag, value in rows:
        if tag in base:
            reset = kind == "reset" and time > middle
            value = value - then[tag] if reset else (value + base[tag]) % 2**32
        found.append((time, tag, value))
    return found


def _transported(rng, rows, start, late):
    """What arrived: retained messages at each connection, a batch that a gateway had kept, and repeated ones."""
    begin, end = rows[0][0], rows[-1][0]
    connected = start + rng.uniform(60, 150) if late else start - rng.uniform(100, 300)
    changes = [time for time, tag, _ in rows if tag == "filler.state" and start + 300 < time < end - 300]
    lost = rng.choice(changes)
    gaps = [(begin - 1, connected), (lost - rng.uniform(5, 20), lost + rng.uniform(10, 40))]
    kept = rng.choice([time for time in changes if abs(time - lost) > 200]) - rng.uniform(5, 30)
    batch = (kept, kept + rng.uniform(60, 120))
    messages = []
    for time, tag, value in rows:
        if any(gap[0] <= time < gap[1] for gap in gaps):
            continue
        arrived = batch[1] + rng.uniform(5, 25) if batch[0] <= time < batch[1] else time + rng.uniform(0.02, 0.4)
        messages.append((arrived, tag, value, time, False))
        if rng.random() < 0.06:  # sent again, because the acknowledgement was lost
            messages.append((arrived + rng.uniform(1, 90), tag, value, time, False))
    for _, back in gaps:
        last = {tag: (value, time) for time, tag, value in rows if time < back}
        messages += [(back + rng.uniform(0.01, 0.2), tag, value, time, True) for tag, (value, time) in last.items()]
    return [
        {"tag": tag, "value": value, "time": round(time, 3), "arrived": round(arrived, 3), "retain": retain}
        for arrived, tag, value, time, retain in sorted(messages)
    ]


def _week(rng, length):
    """[reports, ideal rate] of some shifts of very different length."""
    rate, reports = rng.choice((48.0, 54.0, 60.0)), []
    for number in range(length):
        planned = float(rng.randint(1800, 7200) if number % 2 else rng.randint(18_000, 27_000))
        running = round(planned * rng.uniform(0.6, 0.98), 1)
        made = int(running * rate / 60 * rng.uniform(0.6, 0.98))
        good = int(made * rng.uniform(0.9, 0.995))
        shares = [running / planned, made / (running * rate / 60), good / made]
        values = (planned, running, made, good, *shares, math.prod(shares))
        reports.append(dict(zip((*AMOUNTS, *SHARES), values, strict=True)))
    return [reports, rate]


def _edges(rng):
    """Little cases at the edge: nothing at all, one message only, a machine that is down all the time."""
    start = 1000.0 * rng.randint(1, 99)
    one = {"tag": "filler.state", "value": 9, "time": start - 50, "arrived": start - 49, "retain": True}
    count = {**one, "tag": "filler.count", "value": rng.randint(10, 99)}
    shift = {"start": start, "end": start + 1800, "breaks": [], "ideal_rate": 50.0}
    return [
        Call(name="intervals", args=[[], "filler.state", start, start + 600], seconds=5),
        Call(name="intervals", args=[[one], "filler.state", start, start + 600], seconds=5),
        Call(name="produced", args=[[], "filler.count", start, start + 600], seconds=5),
        Call(name="produced", args=[[count], "filler.count", start, start + 600], seconds=5),
        Call(name="shift_report", args=[[one, count, {**count, "tag": "line.rejects"}], shift], seconds=5),
    ]


# -- the functions -------------------------------------------------------------------------------------------------------


def _judge_parts(pairs, truth, read, worth):
    """Recorded shifts first, then the edges, which count only where the shifts are right."""
    main, edges = ([pair for pair in pairs if (len(pair[0].args[0]) <= 1) is edge] for edge in (False, True))
    if not all(_right(*pair, truth, read) for pair in main):
        return 0.0, _mistake(main, truth, read)
    good = all(_right(*pair, truth, read) for pair in edges)
    failed = [failure_hint(answer) for _, answer in edges if not answer.ok]
    return (sum(worth), None) if good else (worth[0], next(iter(failed), "edge"))


def _right(call, answer, truth, read):
    return answer.ok and _same(read(answer.value), read(truth(*call.args)))


def _mistake(pairs, truth, read):
    """The hint: why there is no value, or the mistake that gives most of what was answered."""
    none = [failure_hint(answer) if not answer.ok else "shape" for _, answer in pairs if not answer.ok or read(answer.value) is None]
    if none:
        return _most(none)
    found = [(call, read(answer.value)) for call, answer in pairs]

    def like(*mistake):
        return sum(_alike(value, read(truth(*call.args, *mistake))) for call, value in found)

    scores = {mistake: like(mistake) for mistake in MISTAKES[truth]}
    best = max(scores, key=scores.__getitem__)
    return HINTS.get(best, best) if scores[best] > like() else "value"


def _alike(found, expected):
    """How many parts of an answer agree: of a dict each figure for itself, anything else as a whole."""
    if isinstance(expected, dict):
        return sum(_same(found[name], value) for name, value in expected.items())
    return int(_same(found, expected))


def _judge_report(pairs):
    """Each figure of the recorded shifts for itself; a machine that was down all the time counts with OEE."""

    def read(value):
        return _numbers(value, REPORT_POINTS)

    main, edges = ([pair for pair in pairs if (len(pair[0].args[0]) <= 3) is edge] for edge in (False, True))
    found = [(_report(*call.args), read(answer.value) if answer.ok else None) for call, answer in main]
    right = {name: all(value and _same(value[name], truth[name]) for truth, value in found) for name in REPORT_POINTS}
    if not all(right.values()):
        return sum(REPORT_POINTS[name] for name, good in right.items() if good), _mistake(main, _report, read)
    good = all(_right(*pair, _report, read) for pair in edges)
    failed = [failure_hint(answer) for _, answer in edges if not answer.ok]
    full = sum(REPORT_POINTS.values())
    return (full, None) if good else (full - REPORT_POINTS["oee"], next(iter(failed), "edge"))


def _judge_total(pairs):
    def read(value):
        return _numbers(value, SHARES)

    good = all(_right(*pair, _total, read) for pair in pairs)
    return (TOTAL_POINTS, None) if good else (0.0, _mistake(pairs, _total, read))


# -- the line ------------------------------------------------------------------------------------------------------------


def _judge_line(answer, measured, read):
    """Each of four values: right at that moment, and its node read."""
    names = (*NODES, "design_speed")
    if not answer.ok or _numbers(answer.value, names) is None:
        return 0.0, "shape" if answer.ok else failure_hint(answer)
    found, points, hints = _numbers(answer.value, names), 0.0, []
    for name in names:
        node = SPEED if name == "design_speed" else f"ns=2;s={NODES[name]}"
        possible = [DESIGN] if name == "design_speed" else [row[NODES[name]] for row in measured]
        near = any(_same(found[name], value) for value in possible)
        if near and node in read:
            points += 4.0 if name == "design_speed" else 2.0
        else:
            other = name == "design_speed" and SET_SPEED in read
            hints.append("set-speed" if other else "value" if node in read else "not-read")
    return points, _most(hints)


def _judge_collect(answer, measured, filters):
    """Filters that cover the topics; messages of that moment; the time of measurement; the retain flag."""
    if not answer.ok:
        return 0.0, failure_hint(answer)
    rows = answer.value if type(answer.value) is list else []
    if not rows or any(not _is_message(row) for row in rows):
        return 0.0, "shape"
    if not all(any(topic_matches_sub(one, BASE + path) for one in filters) for path in TAGS.values()):
        return 0.0, "not-subscribed"
    by_tag = {tag: [row for row in rows if row["tag"] == tag] for tag in TAGS}
    parts = {
        "too-few": (4.0, len(rows) == COLLECTED),
        "value": (4.0, all(own and _near(own[-1]["value"], tag, measured) for tag, own in by_tag.items())),
        "source-time": (4.0, any(row["arrived"] - row["time"] > 0.005 for row in rows)),
        "retain-flag": (3.0, all(sum(row["retain"] for row in own) == 1 for own in by_tag.values())),
    }
    missing = [tag for tag, own in by_tag.items() if not own]
    if missing:  # whoever threw the retained ones away has no state
        return 0.0, "retained"
    return sum(worth for worth, good in parts.values() if good), next((hint for hint, part in parts.items() if not part[1]), None)


def _is_message(row):
    """Whether a trainee's row is a message: its keys, their types, and seconds since 1970 for the times."""
    if type(row) is not dict or row.get("tag") not in TAGS or type(row.get("retain")) is not bool:
        return False
    value, *times = [as_number(row.get(name)) for name in ("value", "time", "arrived")]
    return value is not None and all(time is not None and 1e9 < time < 1e10 for time in times)


def _near(value, tag, measured):
    """The last state is one that was seen; the others may be a little behind, for they are sent once a second."""
    seen, off = [row[tag] for row in measured], 40.0 if tag == PRESSURE else 10.0
    return bool(seen) and (value in seen if tag == "filler.state" else min(seen) - off <= value <= max(seen) + off)


def _judge_publish(call, answer, published):
    """What the broker got on the topic: the shares, the shift's end, quality of service 1, retained."""
    own = [entry for entry in published if entry["topic"] == KPI_TOPIC]
    if not own:
        return 0.0, "not-published" if answer.ok else failure_hint(answer)
    try:
        body = json.loads(own[-1].get("payload", ""))
    except (ValueError, RecursionError):
        return 0.0, "payload"
    wanted, end = call.args[2], call.args[3]
    shares = _numbers(body, SHARES)
    if not _same(shares, wanted):
        return 0.0, "payload"
    moment = _moment(body.get("timestamp"))
    parts = {
        "timestamp": (2.0, moment is not None and abs(moment - end) < 1.0),
        "qos": (2.0, own[-1]["qos"] >= 1),
        "retain": (2.0, own[-1]["retain"] is True),
    }
    return 4.0 + sum(worth for worth, good in parts.values() if good), next((hint for hint, part in parts.items() if not part[1]), None)


def _moment(text):
    """Seconds since 1970 of an ISO 8601 text that names its offset, or None."""
    try:
        found = datetime.fromisoformat(text) if type(text) is str else None
    except ValueError:
        return None
    if found is None or found.utcoffset() is None or abs(found.utcoffset()) > timedelta(days=1):
        return None
    return found.timestamp() if 1970 < found.year < 9999 else None


# -- common --------------------------------------------------------------------------------------------------------------


def _numbers(value, names):
    """{name: number} out of a trainee's dict, or None where one is missing."""
    found = {name: as_number(value.get(name)) for name in names} if type(value) is dict else {}
    return found if found and None not in found.values() else None


def _spans(value):
    """Intervals as [(from, to, state)], neighbours of the same state joined; None for what is none."""
    found = []
    for row in value if type(value) in (list, tuple) else [None]:
        numbers = [as_number(part) for part in row] if type(row) in (list, tuple) and len(row) == 3 else [None]
        if None in numbers:
            return None
        if found and found[-1][2] == numbers[2] and abs(found[-1][1] - numbers[0]) < 0.01:
            found[-1][1] = numbers[1]
        else:
            found.append(numbers)
    return found


def _same(found, expected):
    """Equal within a millionth; lists and dicts part by part."""
    if isinstance(expected, dict):
        return found is not None and all(_same(found[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        return found is not None and len(found) == len(expected) and all(map(_same, found, expected))
    return found is not None and abs(found - expected) <= 1e-6 * max(1.0, abs(expected) if abs(expected) < 1e9 else 1e3)


def _most(hints):
    return max(hints, key=hints.count, default=None)


def save():
    """Write the shift that trainees see: eight hours, with everything that can happen to its messages."""
    morning = int(datetime(2026, 11, 30, tzinfo=UTC).timestamp())  # 8:00 in Beijing
    messages, shift = record(random.Random("line-oee, visible shift"), "reset", morning, 28_800, DESIGN)
    with open("assets/shift.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["tag", "value", "time", "arrived", "retain"])
        rows.writerows([*map(str, (one["tag"], one["value"], one["time"], one["arrived"])), int(one["retain"])] for one in messages)
    with open("assets/shift.json", "w", encoding="utf-8") as file:
        json.dump(shift, file)


if __name__ == "__main__":
    save()
