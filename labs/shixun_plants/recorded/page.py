"""The screen of a finished shift: what every machine did, to be looked at and never to be changed.

It is drawn here as it stands at the shift's end; the script (`recorded.js`) brings other moments, and the curves.
"""

import json
from collections.abc import Callable
from html import escape

from shixun_plants.bottling.machines import BOTTLE, BUFFER, MACHINES
from shixun_plants.bottling.record import BREAK, KINDS, Shift, StationRecord
from shixun_plants.bottling.signals import STATION_TITLES
from shixun_plants.hmi.texts import hms, translator
from shixun_plants.recorded.data import SHIFT_BEGIN
from shixun_plants.recorded.texts import KIND_NAMES, REASON_NAMES, ZH

SPANS = ((0, "Whole shift"), (3600, "1 hour"), (600, "10 minutes"))
MOVES = ((-600, "−10 min"), (-60, "−1 min"), (-10, "−10 s"), (10, "+10 s"), (60, "+1 min"), (600, "+10 min"))
# What of a Gantt bar's 24 units of height each state takes, so that colour is never alone: (y, height).
_BARS = {"run": (8, 8), "starved": (15, 9), "blocked": (0, 9), "down": (0, 24), "break": (10, 4)}
STATES = {"run": 6, "starved": 5, "blocked": 5, "down": 9, "break": 17}  # PackML numbers, which the drawings know
Words = Callable[[str], str]


def render(shift: Shift, lang: str) -> str:
    """The whole page in "zh" or "en"."""
    _ = translator(lang, ZH)
    other, other_name = ("en", "English") if lang == "zh" else ("zh", "中文")
    texts = {
        "kinds": {kind: _(KIND_NAMES[kind]) for kind in KINDS},
        "states": STATES,
        "failed": _("The record could not be loaded. Reload the page."),
    }
    begin, end = clock(0)[:-3], clock(shift.seconds)[:-3]
    return f"""<!doctype html>
<html lang="{"zh-CN" if lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_("Bottling line")}</title>
<link rel="stylesheet" href="hmi.css">
<link rel="stylesheet" href="kind.css">
<link rel="stylesheet" href="recorded.css">
<script src="recorded.js" defer></script>
</head>
<body data-texts="{escape(json.dumps(texts, ensure_ascii=False))}">
<svg class="defs" aria-hidden="true">{BOTTLE}</svg>
<header>
<h1>{_("Bottling line")}</h1><p>{_("Record of one shift")} {begin}–{end}</p>
<a class="lang" href="?lang={other}" lang="{other}">{other_name}</a>
</header>
<main>
{_moment(shift, _)}
{_line(shift, _, lang)}
{_time_lines(shift, _, lang)}
<div class="two">
{_curves(shift, _)}
{_stops(shift, _, lang)}
</div>
{_counters(shift, _, lang)}
</main>
</body>
</html>
"""


def clock(seconds: int) -> str:
    """The time of day at a second of the shift, h:mm:ss."""
    whole = seconds + SHIFT_BEGIN
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def length(seconds: int) -> str:
    """A length of time: m:ss, or h:mm:ss from an hour on."""
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02}"
    return hms(seconds)


def _name(station: str, lang: str) -> str:
    return escape(STATION_TITLES[station][lang == "en"])


def _moment(shift: Shift, _: Words) -> str:
    """The slider; everything else follows it."""
    buttons = "".join(f'<button type="button" data-move="{seconds}">{text}</button>' for seconds, text in MOVES)
    meter = (
        f'<span>{_("Power")} <b id="power">{shift.power_at[-1] / 1e3:.1f}</b> kW</span>'
        f'<span>{_("Energy since the shift began")} <b id="energy">{shift.energy / 3.6e6:.2f}</b> kWh</span>'
    )
    return (
        f'<section class="card moment" aria-label="{_("Moment")}"><div class="moment-head">'
        f'<b id="clock">{clock(shift.seconds)}</b>{meter}</div>'
        f'<input id="moment" type="range" min="0" max="{shift.seconds}" step="10" value="{shift.seconds}" '
        f'aria-label="{_("Moment of the shift")}"><div class="moves">{buttons}</div><p id="failed" hidden></p></section>'
    )


def _line(shift: Shift, _: Words, lang: str) -> str:
    """The machines with the buffers between them, at the chosen moment."""
    parts = []
    for number, station in enumerate(shift.stations):
        if number:
            parts.append(_buffer(number, shift, _))
        kind = station.segments[-1].kind
        parts.append(
            f'<div class="station" data-station="{number}" data-kind="{kind}" data-s="{STATES[kind]}">'
            f'<svg class="machine" viewBox="0 0 160 150" aria-hidden="true">{MACHINES[station.name]}</svg>'
            f'<div><h3>{_name(station.name, lang)}</h3><span class="chip">{_(KIND_NAMES[kind])}</span>'
            f'<p>{_("Made")} <b class="made">{station.made:,}</b></p>'
            f'<p>{_("Rejected")} <b class="rejected">{station.rejected:,}</b></p></div></div>'
        )
    return f'<section class="card line" aria-label="{_("Bottling line")}">{"".join(parts)}</section>'


def _buffer(number: int, shift: Shift, _: Words) -> str:
    level, capacity = shift.buffers_at[number - 1][-1], shift.capacities[number - 1]
    return (
        f'<div class="buffer" data-buffer="{number - 1}"><svg viewBox="0 0 84 150" aria-hidden="true">{BUFFER}</svg>'
        '<svg class="gauge" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rail" width="100" height="8"/><rect class="level" width="{100 * level / capacity:.1f}" height="8"/></svg>'
        f'<p><span>{_("Buffer")} {number}</span><b><span class="amount">{level}</span><small>/{capacity}</small></b></p></div>'
    )


def _time_lines(shift: Shift, _: Words, lang: str) -> str:
    """A bar per machine: what it did, from the shift's begin to its end."""
    rows = "".join(
        f'<div class="bar"><span>{_name(station.name, lang)}</span>{_bar(station, shift.seconds)}</div>'
        for station in shift.stations
    )
    legend = "".join(f'<li class="k-{kind}">{_(KIND_NAMES[kind])}</li>' for kind in KINDS)
    spans = "".join(
        f'<button type="button" data-span="{seconds or shift.seconds}"{" aria-pressed=true" if not seconds else ""}>{_(text)}</button>'
        for seconds, text in SPANS
    )
    return (
        f'<section class="card bars"><div class="bars-head"><h2>{_("States over time")}</h2><div class="spans">{spans}</div></div>'
        f'{rows}<div class="ticks" aria-hidden="true">{"<span></span>" * 5}</div><ul class="kinds">{legend}</ul>'
        f'<p class="note">{_("Drag the slider, or tap the time line. All charts follow.")}</p></section>'
    )


def _bar(station: StationRecord, seconds: int) -> str:
    rects = "".join(
        f'<rect class="k-{part.kind}" x="{part.start}" width="{part.seconds}" y="{_BARS[part.kind][0]}" '
        f'height="{_BARS[part.kind][1]}"/>'
        for part in station.segments
    )
    return (
        f'<svg class="timed" viewBox="0 0 {seconds} 24" preserveAspectRatio="none" data-height="24" aria-hidden="true">'
        f'{rects}<path class="cursor" d="M0 0V24"/></svg>'
    )


def _curves(shift: Shift, _: Words) -> str:
    """Room for the curves, which the script draws."""
    names = [f"{_('Buffer')} {number}" for number in range(1, len(shift.capacities) + 1)]
    legend = "".join(f'<li class="c{number}">{name}</li>' for number, name in enumerate(names, 1))
    most = max(shift.capacities)
    power = 5 * round(max(shift.power_at) / 5e3 + 0.5)
    return (
        f'<section class="card"><h2>{_("Buffers")} ({_("bottle")})</h2><ul class="legend">{legend}</ul>'
        f'{_plot("buffers", most, shift.seconds, len(names))}<h2 class="second">{_("Power")} (kW)</h2>'
        f'{_plot("power", power, shift.seconds, 1)}<div class="ticks" aria-hidden="true">{"<span></span>" * 5}</div></section>'
    )


def _plot(name: str, most: float, seconds: int, curves: int) -> str:
    marks = "".join(f'<span class="y{part}">{most * part / 100:g}</span>' for part in (0, 50, 100))
    lines = "".join(f'<polyline class="c{number}"/>' for number in range(1, curves + 1))
    return (
        f'<div class="plot"><div class="scale" aria-hidden="true">{marks}</div><svg class="timed" id="plot-{name}" data-most="{most:g}" '
        f'viewBox="0 0 {seconds} 200" preserveAspectRatio="none" data-height="200" aria-hidden="true">'
        f'<path class="grid" d="M0 100H{seconds}"/>{lines}<path class="cursor" d="M0 0V200"/></svg></div>'
    )


def _stops(shift: Shift, _: Words, lang: str) -> str:
    """Every stop of a machine of its own, in the order of their beginnings; the time leads to it."""
    rows = "".join(
        f'<tr><td><button type="button" data-go="{stop.start}">{clock(stop.start)}</button></td><td>{_name(stop.station, lang)}</td>'
        f"<td>{length(stop.seconds)}</td><td>{escape(REASON_NAMES[stop.reason][lang == 'en'])}</td></tr>"
        for stop in shift.stops
    )
    head = "".join(f"<th scope=col>{_(name)}</th>" for name in ("Begin", "Machine", "Length", "Reason"))
    return (
        f'<section class="card"><h2>{_("Stops of the machines")} ({len(shift.stops)})</h2><div class="scroll" tabindex="0">'
        f'<table class="stops"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _counters(shift: Shift, _: Words, lang: str) -> str:
    """What the machines counted over the whole shift, and the meter's reading."""
    head = "".join(
        f"<th scope=col>{text}</th>"
        for text in (
            _("Machine"),
            f"{_('Rated speed')}<small>{_('bottle/min')}</small>",
            f"{_('Made')}<small>{_('bottle')}</small>",
            f"{_('Rejected')}<small>{_('bottle')}</small>",
            *(f"{_(KIND_NAMES[kind])}<small>h:mm:ss</small>" for kind in KINDS),
        )
    )
    rows = "".join(
        f"<tr><th scope=row>{_name(station.name, lang)}</th><td>{station.rate:g}</td><td>{station.made:,}</td>"
        f"<td>{station.rejected:,}</td>{''.join(f'<td>{hms(station.times[kind])}</td>' for kind in KINDS)}</tr>"
        for station in shift.stations
    )
    pause = next(part for part in shift.stations[0].segments if part.kind == BREAK)
    facts = "".join(
        f"<div><dt>{term}</dt><dd>{text}</dd></div>"
        for term, text in (
            (_("Shift"), f"{clock(0)} – {clock(shift.seconds)}"),
            (_("Planned stop"), f"{clock(pause.start)} – {clock(pause.end)}"),
            (_("Energy"), f"{shift.energy / 3.6e6:.2f} kWh"),
        )
    )
    note = _(
        "Waiting times count every second without a bottle to take or a place to put it; the time line draws the longer waits only."
    )
    return (
        f'<section class="card"><h2>{_("Counters of the shift")}</h2><div class="scroll wide" tabindex="0"><table class="counters">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<dl class="shift">{facts}</dl><p class="note">{note}</p></section>'
    )
