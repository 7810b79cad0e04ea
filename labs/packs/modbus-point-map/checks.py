"""Hidden checks of 点表逆向 (modbus-point-map). Runs in the check sandbox only; no trainee ever sees this file.

What is asked: `decode` and `shift_report` on cases drawn from the seed (their registers are made with the plant's own
coding), the value of `POINTS`, and `read_tags` three times against the plant's second life. What is believed: answers as
data, the trainee's point map and the plant's log, never a number that the notebook printed.
"""

import math
import random

from shixun_graders.check.answers import as_number, failure_hint
from shixun_graders.check.evidence import HOST, PORT
from shixun_graders.protocol import Call
from shixun_plants.pointmap import Point, decode, encode

COUNTER = (0.0, 2.0**32 - 1)
RANGES = {
    "line.good": COUNTER,
    "line.rate": (0.0, 120.0),
    "line.power": (0.0, 40.0),
    "line.energy": (0.0, 1e6),
    "rinser.pressure": (0.0, 600.0),
    "filler.temperature": (-40.0, 120.0),
    "filler.bowl_level": (0.0, 1500.0),
    "filler.count": COUNTER,
    "capper.torque": (0.0, 5.0),
    "labeller.glue_temperature": (-40.0, 250.0),
}
TAGS = tuple(RANGES)
TABLE_POINTS, READ_POINTS, OEE_POINTS = 35.0, 20.0, 15.0
DECODE_POINTS = {"word": 4.0, "long": 6.0, "float": 5.0, "scaled": 5.0}
READS = (TAGS, TAGS[:5], TAGS[5:])
REPORTS = 6


def calls(seed):
    """All questions, in the order in which `judge` looks at the answers."""
    rng = random.Random(seed)
    asked = [Call(name="decode", args=[case["registers"], case["point"]], seconds=2) for case in _decode_cases(rng)]
    asked.append(Call(name="POINTS", seconds=2))
    asked += [Call(name="shift_report", kwargs=case["asked"], seconds=2) for case in _report_cases(rng)]
    return asked + [Call(name="read_tags", args=[HOST, PORT, list(t)], mode="lockstep", seconds=10) for t in READS]


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    pairs = list(zip(calls, answers, strict=True))
    by_name = {name: [pair for pair in pairs if pair[0].name == name] for name in {call.name for call in calls}}
    table = by_name["POINTS"][0][1]
    truth = {point["tag"]: Point(**point) for point in plant_log.points}
    first_read = next(number for number, call in enumerate(calls) if call.name == "read_tags")
    return {
        "decode": _judge_decode(by_name["decode"]),
        "point-table": _judge_table(table, truth),
        "read-tags": _judge_reads(by_name["read_tags"], first_read, truth, plant_log),
        "oee": _judge_reports(by_name["shift_report"]),
    }


# -- decode ------------------------------------------------------------------------------------------------------------


def _row(point):
    return {
        "unit_id": point.unit_id,
        "table": point.table,
        "address": point.address,
        "dtype": point.dtype,
        "word_order": point.word_order,
        "scale": point.scale,
        "offset": point.offset,
    }


def _decode_cases(rng):
    """Cases of four groups; each asks for both signs and, where there are two registers, both word orders."""
    wanted = [
        ("word", "uint16", 1.0, 0.0, rng.randint(33000, 65000)),
        ("word", "int16", 1.0, 0.0, -rng.randint(2, 30000)),
        *(("long", dtype, 1.0, 0.0, sign * rng.randint(70_000, 2**31 - 1)) for dtype, sign in
          (("uint32", 1), ("uint32", 1), ("int32", -1), ("int32", 1))),
        *(("float", "float32", 1.0, 0.0, rng.choice((-1, 1)) * rng.uniform(0.01, 900.0)) for _ in range(4)),
        ("scaled", "int16", rng.choice((0.01, 0.02, 0.05)), -40.0, rng.uniform(-39.0, 119.0)),
        ("scaled", "uint16", rng.choice((0.1, 0.2, 0.5)), 0.0, rng.uniform(10.0, 590.0)),
        ("scaled", "int32", rng.choice((0.001, 0.002, 0.005)), -40.0, rng.uniform(-39.0, 249.0)),
        ("scaled", "int32", rng.choice((0.001, 0.002, 0.005)), 0.0, rng.uniform(10.0, 1490.0)),
    ]  # fmt: skip
    cases = []
    for number, (group, dtype, scale, offset, value) in enumerate(wanted):
        order = ("big", "little")[number % 2]
        point = Point("case", 1, "holding", 0, dtype, order, scale, offset, "", False)
        registers = encode(point, value)
        cases.append({"group": group, "registers": registers, "point": _row(point), "expected": decode(point, registers)})
    return cases


def _judge_decode(pairs):
    """Each group is all or nothing. What is right is computed again from the question."""
    right = dict.fromkeys(DECODE_POINTS, True)
    missed = []
    for call, answer in pairs:
        registers, row = call.args
        point = Point("case", 1, "holding", 0, row["dtype"], row["word_order"], row["scale"], row["offset"], "", False)
        if not (answer.ok and _near(answer.value, decode(point, registers), 1e-6)):
            right[_group(row)] = False
            missed.append(_diagnose(point, registers, answer))
    return sum(DECODE_POINTS[group] for group, good in right.items() if good), _most_telling(missed)


def _group(row):
    if row["scale"] != 1.0 or row["offset"] != 0.0:
        return "scaled"
    return {"int16": "word", "uint16": "word", "float32": "float"}.get(row["dtype"], "long")


# -- the point table -----------------------------------------------------------------------------------------------------


def _judge_table(answer, truth):
    if not answer.ok:
        return 0.0, failure_hint(answer)
    if type(answer.value) is not dict:
        return 0.0, "table-shape"
    missed, right = [], 0
    for tag in TAGS:
        point = _claimed(answer.value.get(tag))
        if point is None:
            missed.append("table-shape" if tag in answer.value else "tag-missing")
        elif _reads_alike(tag, truth[tag], point):
            right += 1
        else:
            missed.append(_table_mistake(tag, truth[tag], point))
    return TABLE_POINTS * right / len(TAGS), _most_telling(missed)


def _claimed(row):
    """A trainee's row as a point, or None if it is none."""
    if type(row) is not dict or not all(isinstance(row.get(name), str) for name in ("table", "dtype", "word_order")):
        return None
    numbers = [as_number(row.get(name)) for name in ("unit_id", "address", "scale", "offset")]
    if any(number is None for number in numbers):
        return None
    unit, address, scale, offset = numbers
    if unit != int(unit) or address != int(address):
        return None
    try:
        return Point("claimed", int(unit), row["table"], int(address), row["dtype"], row["word_order"], scale, offset, "", False)
    except ValueError:
        return None


def _reads_alike(tag, truth, claimed):
    """Whether the claimed row reads what is true, over the instrument's whole range and whatever the neighbours hold."""
    low, high = RANGES[tag]
    rng = random.Random(tag)
    for share in (0.0, 0.001, 0.13, 0.37, 0.5, 0.77, 0.98, 1.0):
        registers = encode(truth, low + share * (high - low))
        value = decode(truth, registers)
        held = {truth.address + place: register for place, register in enumerate(registers)}
        seen = [
            held.get(claimed.address + place, rng.randrange(1, 2**16))
            if (claimed.unit_id, claimed.table) == (truth.unit_id, truth.table)
            else rng.randrange(1, 2**16)
            for place in range(claimed.count)
        ]
        if not _near(decode(claimed, seen), value, 1e-6, truth.scale / 2 if truth.dtype != "float32" else 0.0):
            return False
    return True


def _table_mistake(tag, truth, claimed):
    """The single change that would set the row right."""
    fields = {name: getattr(claimed, name) for name in ("unit_id", "table", "address", "dtype", "word_order", "scale", "offset")}
    for hint, changes in (
        ("word-order", {"word_order": "little" if claimed.word_order == "big" else "big"}),
        ("off-by-one", {"address": claimed.address - 1}),
        ("off-by-one", {"address": claimed.address + 1}),
        ("wrong-unit", {"unit_id": truth.unit_id}),
        ("wrong-table", {"table": truth.table}),
        ("scaling", {"scale": truth.scale, "offset": truth.offset}),
        ("wrong-type", {"dtype": truth.dtype, "word_order": truth.word_order, "address": truth.address}),
    ):
        try:
            mended = Point(tag="mended", unit="", writable=False, **{**fields, **changes})
        except ValueError:
            continue
        if _reads_alike(tag, truth, mended):
            return hint
    return "other-point"


# -- reading -----------------------------------------------------------------------------------------------------------


def _judge_reads(pairs, first, truth, log):
    """A value counts where its registers were read in this very call and it is what the device reported meanwhile."""
    missed, right, asked = [], 0, 0
    for number, (call, answer) in enumerate(pairs, first):
        values = answer.value if answer.ok and type(answer.value) is dict else {}
        reported, read = log.measured(number), log.registers_read(number)
        for tag in call.args[2]:
            asked += 1
            point = truth[tag]
            value = as_number(values.get(tag))
            if not answer.ok:
                missed.append(failure_hint(answer))
            elif value is None:
                missed.append("tag-missing")
            elif not any(_near(value, decode(point, encode(point, at[tag])), 1e-6, point.scale / 2) for at in reported):
                missed.append(_read_mistake(point, tag, value, reported, read))
            elif not _was_read(point, read):
                missed.append("not-read")
            else:
                right += 1
    return round(READ_POINTS * right / asked, 2), _most_telling(missed)


def _was_read(point, read):
    """Whether the registers that carry the value were read; of a 32-bit integer the low word is enough to tell."""
    places = [(point.unit_id, point.table, point.address + place) for place in range(point.count)]
    if point.dtype in ("int32", "uint32"):
        places = [places[-1] if point.word_order == "big" else places[0]]
    return all(place in read for place in places)


def _read_mistake(point, tag, value, reported, read):
    if not read:
        return "hard-coded"
    for at in reported:
        hint = _diagnose_value(point, encode(point, at[tag]), value)
        if hint != "value":
            return hint
    return "value" if _was_read(point, read) else "not-read"


# -- the shift report ----------------------------------------------------------------------------------------------------


def _report_cases(rng):
    return [_report_case(rng, wraps=number % 3 == 2) for number in range(REPORTS)]


def _report_case(rng, *, wraps):
    """A shift on a line of its own: its points, and its registers at both ends."""
    dtypes = {"filler.count": "uint32", "line.good": "uint32", "filler.temperature": "int16", "rinser.pressure": "float32"}
    address, points = rng.randrange(400), {}
    for tag in sorted(dtypes, key=lambda _tag: rng.random()):
        scale = rng.choice((0.01, 0.02, 0.05)) if dtypes[tag] == "int16" else 1.0
        offset = -40.0 if dtypes[tag] == "int16" else 0.0
        unit, table, order = rng.randint(1, 247), rng.choice(("holding", "input")), rng.choice(("big", "little"))
        points[tag] = Point(tag, unit, table, address, dtypes[tag], order, scale, offset, "", False)
        address += points[tag].count
    planned, down = rng.randrange(14400, 30000, 600), rng.randrange(60, 5400, 30)
    filled = round(rng.uniform(0.75, 0.97) * rng.uniform(40, 60) / 60 * (planned - down))
    good = round(filled * rng.uniform(0.95, 0.995))
    count = 2**32 - rng.randrange(1, filled) if wraps else rng.randrange(10_000_000)
    start = {"filler.count": count, "line.good": rng.randrange(5_000_000), "filler.temperature": 8.0, "rinser.pressure": 300.0}
    end = {
        "filler.count": (count + filled) % 2**32,
        "line.good": start["line.good"] + good,
        "filler.temperature": rng.choice((rng.uniform(5.0, 11.0), rng.uniform(13.0, 20.0))),
        "rinser.pressure": rng.choice((rng.uniform(280.0, 320.0), rng.uniform(200.0, 240.0))),
    }
    asked = {
        "points": {tag: _row(point) for tag, point in points.items()},
        "start": _registers(points, start),
        "end": _registers(points, end),
        "planned": planned,
        "down": down,
        "ideal_rate": rng.choice((54, 60, 66)),
        "limits": {"filler.temperature": (4.0, 12.0), "rinser.pressure": (250.0, 350.0)},
    }
    return {"asked": asked}


def _registers(points, values):
    return {
        (point.unit_id, point.table, point.address + place): register
        for tag, point in points.items()
        for place, register in enumerate(encode(point, values[tag]))
    }


def _expected_report(asked):
    def value(tag, registers):
        point = Point(tag=tag, unit="", writable=False, **asked["points"][tag])
        places = [(point.unit_id, point.table, point.address + place) for place in range(point.count)]
        return decode(point, [registers[place] for place in places])

    filled, good = (
        (value(tag, asked["end"]) - value(tag, asked["start"])) % 2**32 for tag in ("filler.count", "line.good")
    )
    running = asked["planned"] - asked["down"]
    shares = {
        "availability": running / asked["planned"],
        "performance": filled / (asked["ideal_rate"] / 60 * running),
        "quality": good / filled,
    }
    limits = asked["limits"].items()
    alarms = sorted(tag for tag, (low, high) in limits if not low <= value(tag, asked["end"]) <= high)
    wraps = value("filler.count", asked["end"]) < value("filler.count", asked["start"])
    return {**shares, "oee": math.prod(shares.values())}, alarms, wraps


def _judge_reports(pairs):
    right, missed = 0, []
    for call, answer in pairs:
        shares, alarms, wraps = _expected_report(call.kwargs)
        found = answer.value if answer.ok and type(answer.value) is dict else {}
        good_shares = all(_near(found.get(name), value, 1e-4) for name, value in shares.items())
        if good_shares and found.get("alarms") == alarms:
            right += 1
        elif not answer.ok:
            missed.append(failure_hint(answer))
        elif good_shares:
            missed.append("alarms")
        else:
            missed.append("counter-wrap" if wraps else "oee-formula")
    return OEE_POINTS * right / len(pairs), _most_telling(missed)


# -- common ------------------------------------------------------------------------------------------------------------


def _near(value, expected, relative, absolute=0.0):
    found = as_number(value)
    return found is not None and abs(found - expected) <= max(relative * max(1.0, abs(expected)), absolute)


def _diagnose(point, registers, answer):
    return failure_hint(answer) if not answer.ok else _diagnose_value(point, registers, as_number(answer.value))


def _diagnose_value(point, registers, value):
    """Which known mistake makes this value of these registers."""
    if value is None:
        return "not-data"
    plain = Point("x", 1, "holding", 0, point.dtype, point.word_order, 1.0, 0.0, "", False)
    swapped = [register % 256 * 256 + register // 256 for register in registers]
    for hint, found in (
        ("word-order", decode(point, registers[::-1])),
        ("byte-order", decode(point, swapped)),
        ("scaling", decode(plain, registers)),
        ("scaling", decode(plain, registers) * point.scale),
    ):
        if math.isfinite(found) and abs(found - value) <= 1e-6 * max(1.0, abs(found)):
            return hint
    return "value"


TELLING = (
    "died", "too-slow", "raised", "missing", "not-data", "hard-coded", "not-read", "byte-order", "word-order", "off-by-one",
    "wrong-unit", "wrong-table", "scaling", "wrong-type", "counter-wrap", "oee-formula", "alarms", "table-shape",
    "tag-missing", "other-point", "value",
)  # fmt: skip


def _most_telling(hints):
    """The commonest hint; of equally common ones the most telling. None where nothing was missed."""
    if not hints:
        return None
    return max(dict.fromkeys(hints), key=lambda hint: (hints.count(hint), -TELLING.index(hint)))
