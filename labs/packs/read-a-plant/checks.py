"""Hidden checks of 看懂一座工厂 (read-a-plant). Runs in the check sandbox only; no trainee ever sees this file.

Everything is computed again from the trainee's own recorded shift, the one that the screen shows. Where an answer is wrong, the
mistakes that people make are tried one after the other: the first that gives this very answer is named as the hint.
"""

from shixun_graders.protocol import AnswerError

ASKED = "filler"  # the machine whose OEE is asked for
FASTER, REPAIR, REJECTS = "faster", "repair", "rejects"
SHARES = ("availability", "performance", "quality", "oee")
TOLERANCE = {"availability": 0.15, "performance": 0.3, "quality": 0.1, "oee": 0.4}  # percentage points
MINUTES, SECONDS, RELATIVE = 0.2, 15.0, 0.008


def answers(plant_log):
    """The right answers, rounded as a careful reader would write them."""
    shift = plant_log.shift
    figures = station_figures(shift, ASKED)
    return {
        "planned": round(shift.planned / 60, 1),
        **{name: round(figures[name], 2) for name in SHARES},
        "blocked_more": blocked_more(shift),
        "bottleneck": bottleneck(shift),
        "stop_minutes": round(longest(shift).seconds / 60, 1),
        "stop_reason": longest(shift).reason,
        "holdup": float(holdup(shift)),
        "energy": round(energy_per_bottle(shift), 2),
        "improvement": improvement(shift),
    }


def judge(calls, answers, plant_log):
    """{grade id: (points, hint)}."""
    shift = plant_log.shift
    given = {call.name: answer for call, answer in zip(calls, answers, strict=True)}
    return {
        "planned": _number(given["planned"], 6, shift.planned / 60, 0.5, _planned_mistakes(shift)),
        "availability": _share(given, "availability", 10, shift),
        "performance": _share(given, "performance", 10, shift),
        "quality": _share(given, "quality", 8, shift),
        "oee": _oee(given, shift),
        "waits": _waits(given["blocked_more"], shift),
        "bottleneck": _choice(given["bottleneck"], 12, bottleneck(shift), _bottleneck_mistake(shift)),
        "stop": _stop(given, shift),
        "holdup": _number(given["holdup"], 8, holdup(shift), SECONDS, _holdup_mistakes(shift)),
        "energy": _energy(given["energy"], shift),
        "improvement": _choice(given["improvement"], 6, improvement(shift), _improvement_mistake),
    }


# -- the truth ----------------------------------------------------------------------------------------------------------


def station_figures(shift, name):
    """Availability, performance, quality and OEE of one machine in %.

    Nakajima, Introduction to TPM (1988); names as in ISO 22400-2. Planned time is the shift without the planned stop; down is
    what the machine itself was down; waiting for neighbours is lost performance.
    """
    station = shift.station(name)
    running = shift.planned - station.times["down"]
    shares = [
        running / shift.planned,
        station.made / (station.rate / 60 * running),
        station.good / station.made,
    ]
    return dict(zip(SHARES, [100 * share for share in [*shares, shares[0] * shares[1] * shares[2]]], strict=True))


def waiting(station):
    """Seconds that a machine waited, for whatever."""
    return station.times["starved"] + station.times["blocked"]


def bottleneck(shift):
    """The machine that waits least: the others wait for it."""
    return min(shift.stations, key=waiting).name


def blocked_more(shift):
    """The machines that were blocked for longer than starved."""
    return [station.name for station in shift.stations if station.times["blocked"] > station.times["starved"]]


def longest(shift):
    """The longest stop of a machine of its own."""
    return max(shift.stops, key=lambda stop: stop.seconds)


def neighbour(shift, name, step):
    """The machine before (-1) or behind (1) another; None at the ends."""
    names = [station.name for station in shift.stations]
    place = names.index(name) + step
    return shift.stations[place] if 0 <= place < len(names) else None


def wait_begins(station, kind, stop):
    """Seconds from the begin of a stop until a machine waits for `kind`; None if it never does before the stop's end."""
    for part in station.segments:
        if part.kind == kind and part.end > stop.start and part.start < stop.end:
            return max(0, part.start - stop.start)
    return None


def holdup(shift):
    """Seconds that the buffer in front of the longest stop took bottles, until the machine before it was blocked."""
    stop = longest(shift)
    return wait_begins(neighbour(shift, stop.station, -1), "blocked", stop)


def energy_per_bottle(shift):
    """Wh of the whole shift for each good bottle that left the line."""
    return shift.energy / 3600 / shift.good


def gains(shift):
    """Good bottles more in a shift: the bottleneck's repairs in half the time, or half of the rejects."""
    slow = shift.station(bottleneck(shift))
    return {
        REPAIR: slow.times["down"] / 2 * slow.rate / 60,
        REJECTS: sum(station.rejected for station in shift.stations) / 2,
    }


def improvement(shift):
    """The proposal that brings most; a faster machine that isn't the bottleneck brings nothing."""
    found = gains(shift)
    return max(found, key=found.get)


# -- numbers ------------------------------------------------------------------------------------------------------------


def _failed(answer):
    return 0.0, "unanswered" if answer.error is AnswerError.MISSING else "unreadable"


def _near(value, truth, tolerance):
    return truth is not None and abs(value - truth) <= tolerance + 1e-9


def _number(answer, points, truth, tolerance, mistakes):
    """`mistakes`: (hint, value that it gives, tolerance), the most telling first."""
    if not answer.ok:
        return _failed(answer)
    if _near(answer.value, truth, tolerance):
        return points, None
    return 0.0, next((hint for hint, value, near in mistakes if _near(answer.value, value, near)), "look-again")


def _planned_mistakes(shift):
    return [
        ("break-not-planned", shift.seconds / 60, 0.5),
        ("break-not-planned", (shift.seconds - shift.planned) / 60, 0.5),
        ("minutes", shift.planned / 3600, 0.05),
        ("minutes", shift.planned, 30.0),
        ("down-is-planned", (shift.planned - shift.station(ASKED).times["down"]) / 60, 0.5),
    ]


def _share(given, name, points, shift):
    truth, tolerance = station_figures(shift, ASKED)[name], TOLERANCE[name]
    mistakes = [("as-share", truth / 100, 0.006), *_MISTAKES[name](shift, tolerance)]
    others = [station.name for station in shift.stations if station.name != ASKED]
    mistakes += [("other-machine", station_figures(shift, other)[name], tolerance) for other in others]
    return _number(given[name], points, truth, tolerance, mistakes)


def _availability_mistakes(shift, tolerance):
    station = shift.station(ASKED)
    down, pause = station.times["down"], shift.seconds - shift.planned
    return [
        ("break-not-planned", 100 * (shift.planned - down) / shift.seconds, tolerance),
        ("break-not-planned", 100 * (shift.seconds - down) / shift.seconds, 0.02),
        ("waiting-is-not-down", 100 * station.times["run"] / shift.planned, tolerance),
        ("waiting-is-not-down", 100 * station.times["run"] / shift.seconds, tolerance),
        ("down-share", 100 * down / shift.planned, tolerance),
        ("down-share", 100 * (down + pause) / shift.seconds, tolerance),
    ]


def _performance_mistakes(shift, tolerance):
    station = shift.station(ASKED)
    running = shift.planned - station.times["down"]
    speed = station.rate / 60
    return [
        ("good-for-made", 100 * station.good / (speed * running), tolerance),
        ("planned-for-running", 100 * station.made / (speed * shift.planned), tolerance),
        ("break-not-planned", 100 * station.made / (speed * shift.seconds), tolerance),
        ("break-not-planned", 100 * station.made / (speed * (shift.seconds - station.times["down"])), tolerance),
        ("waiting-is-lost-speed", 100 * station.made / (speed * station.times["run"]), tolerance),
        ("per-minute", 100 * station.made / (station.rate * running), 0.02),
        ("per-minute", 6000 * station.made / (speed * running), 100.0),
    ]


def _quality_mistakes(shift, tolerance):
    station = shift.station(ASKED)
    return [
        ("reject-share", 100 * station.rejected / station.made, tolerance),
        ("rejects-are-not-good", 100.0, 0.02),
        ("whole-line", 100 * shift.good / shift.stations[0].made, tolerance),
        ("whole-line", 100 * shift.good / station.made, tolerance),
    ]


def _oee_mistakes(shift, tolerance):
    figures = station_figures(shift, ASKED)
    three = [figures[name] for name in SHARES[:3]]
    return [
        ("average", sum(three) / 3, tolerance),
        ("rejects-are-not-good", three[0] * three[1] / 100, tolerance),
    ]


_MISTAKES = {
    "availability": _availability_mistakes,
    "performance": _performance_mistakes,
    "quality": _quality_mistakes,
    "oee": _oee_mistakes,
}


def _oee(given, shift):
    """Half the points for the right product of factors of which one is wrong."""
    points, hint = _share(given, "oee", 10, shift)
    three = [given[name] for name in SHARES[:3]]
    if points or not given["oee"].ok or not all(answer.ok for answer in three):
        return points, hint
    own = [answer.value for answer in three]
    shares = all(abs(value) <= 1.5 for value in own)
    product = own[0] * own[1] * own[2] * (1 if shares else 1e-4)
    if _near(given["oee"].value, product, 0.006 if shares else TOLERANCE["oee"]):
        return (0.0, "as-share") if shares else (5.0, "follows")
    return points, hint


def _energy(answer, shift):
    truth = energy_per_bottle(shift)
    mistakes = [
        ("kilo", truth / 1000, truth / 1000 * 0.02),
        ("kilo", truth * 1000, truth * 20),
        ("inverse", 1000 / truth, 20 / truth),
        ("inverse", 1 / truth, 0.02 / truth),
        *(
            ("rejects-are-not-good", shift.energy / 3600 / station.made, truth * 0.003)
            for station in shift.stations
            if station.made != shift.good
        ),
    ]
    return _number(answer, 8, truth, truth * RELATIVE, mistakes)


# -- machines -----------------------------------------------------------------------------------------------------------


def _choice(answer, points, truth, mistake):
    if not answer.ok:
        return _failed(answer)
    return (points, None) if answer.value == truth else (0.0, mistake(answer.value))


def _bottleneck_mistake(shift):
    def mistake(chosen):
        stations = shift.stations
        if chosen == max(stations, key=lambda station: station.times["down"]).name or chosen == longest(shift).station:
            return "most-stops"
        if chosen == max(stations, key=lambda station: station.rate).name:
            return "fastest"
        return "most-waits"

    return mistake


def _waits(answer, shift):
    """One machine wrong costs half of the points."""
    if not answer.ok:
        return _failed(answer)
    right, chosen = set(blocked_more(shift)), set(answer.value)
    everything = {station.name for station in shift.stations}
    if chosen == right:
        return 10.0, None
    if chosen == everything - right:
        return 0.0, "swapped"
    return (5.0 if len(chosen ^ right) == 1 else 0.0), "compare-times"


def _stop(given, shift):
    stop = longest(shift)
    minutes = stop.seconds / 60
    second = sorted(shift.stops, key=lambda one: -one.seconds)[1]
    waits = [part.seconds / 60 for station in shift.stations for part in station.segments if part.kind in ("starved", "blocked")]
    mistakes = [
        ("minutes-not-clock", stop.seconds // 60 + stop.seconds % 60 / 100, 0.011),
        ("minutes", float(stop.seconds), 5.0),
        ("minutes", minutes / 60, 0.01),
        ("break-is-no-stop", (shift.seconds - shift.planned) / 60, MINUTES),
        ("one-stop", shift.station(stop.station).times["down"] / 60, MINUTES),
        ("another-stop", second.seconds / 60, MINUTES),
        ("waiting-is-no-stop", max(waits), MINUTES),
    ]
    points, hint = _number(given["stop_minutes"], 6.0, minutes, MINUTES, mistakes)
    more, other = _choice(given["stop_reason"], 6.0, stop.reason, lambda _chosen: "another-stop")
    return points + more, hint or other


def _holdup_mistakes(shift):
    stop = longest(shift)
    before, behind = (neighbour(shift, stop.station, step) for step in (-1, 1))
    truth = holdup(shift)
    places = [station.name for station in shift.stations]
    room = shift.capacities[places.index(stop.station) - 1]
    return [
        ("seconds", truth / 60, 0.25),
        ("starved-is-behind", wait_begins(behind, "starved", stop) if behind else None, SECONDS),
        ("stop-not-wait", float(stop.seconds), SECONDS),
        ("buffer-not-empty", room / (before.rate / 60), SECONDS),
    ]


def _improvement_mistake(chosen):
    return "not-the-bottleneck" if chosen == FASTER else "count-bottles"
