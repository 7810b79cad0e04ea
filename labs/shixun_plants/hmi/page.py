"""The screen's page, drawn on the server: complete without a script, which only keeps it moving (`hmi.js`).

The shell is common to all kinds of plant: header, trends, alarms, table of readings, faults menu. Between header and trends
stands the kind's own drawing (`mimic`).
"""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from shixun_plants.alarms import AlarmSpec
from shixun_plants.faults import fitting
from shixun_plants.hmi.mimic import Mimic, Page, Strip
from shixun_plants.hmi.texts import hms
from shixun_plants.plants import Plant

_SCRIPT_WORDS = ("Live", "No connection", "No alarms", "active", "Acknowledge", "returned", "Unshelve", "shelved until")
SHELF_MINUTES = 30  # of plant time: what one press of the button gives
PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low"}


def render(
    plant: Plant, mimic: Mimic, alarms: Mapping[str, AlarmSpec], snapshot: Mapping[str, Any], lang: str, *, faults: bool
) -> str:
    """The whole page in "zh" or "en", with a faults menu or without."""
    page = Page(plant, mimic, snapshot, lang)
    _ = page._
    texts = {
        "states": {tag: page.state_names(tag) for tag in mimic.states},
        "words": {key: _(key) for key in _SCRIPT_WORDS},
        "shelve": {"minutes": SHELF_MINUTES, "word": _("Shelve {minutes} min").format(minutes=SHELF_MINUTES)},
        "priorities": {number: _(word) for number, word in PRIORITIES.items()},
        "alarms": {name: page.wording(spec) for name, spec in alarms.items()},
        "faults": {word: _(word) for signal in plant.signals for word in fitting(signal, plant.actuators)},
        "trend": {"tags": mimic.trend_tags, "seconds": plant.remembered},
    }
    other, other_name = ("en", "English") if lang == "zh" else ("zh", "中文")
    style = '\n<link rel="stylesheet" href="kind.css">' if mimic.style else ""
    script = '\n<script src="kind.js" defer></script>' if mimic.script else ""
    return f"""<!doctype html>
<html lang="{"zh-CN" if lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{page.name}</title>
<link rel="stylesheet" href="hmi.css">{style}
<script src="hmi.js" defer></script>{script}
</head>
<body data-texts="{escape(json.dumps(texts, ensure_ascii=False))}">
<header>
<h1>{page.name}</h1>{page.state(mimic.headline) if mimic.headline else ""}
<p class="clock">{_("Plant time")} <b id="clock">{hms(snapshot["t"])}</b></p>
<p id="link" class="link">{_("Connecting…")}</p>
<a class="lang" href="?lang={other}" lang="{other}">{other_name}</a>
</header>
<main>
{mimic.draw(page)}
<div class="two">
{_trend(page, alarms, snapshot["trend"])}
<section class="card first"><h2>{_("Alarms")}</h2><ul id="alarms" class="alarms" aria-live="polite" tabindex="0"></ul></section>
</div>
{_table(page)}
{_faults(page) if faults else ""}
</main>
</body>
</html>
"""


def _trend(page: Page, alarms: Mapping[str, AlarmSpec], points: list[Any]) -> str:
    """The strips, one under the other."""
    minutes = f"{page.plant.remembered / 60:g}"
    title = page._("Trend, last {minutes} minutes of plant time").format(minutes=minutes)
    strips = "".join(_strip(page, strip, alarms, points) for strip in page.mimic.strips)
    many = " many" if len(page.mimic.strips) > 2 else ""
    return f'<section class="card trend{many}"><h2>{title}</h2><div class="strips">{strips}</div></section>'


def _strip(page: Page, strip: Strip, alarms: Mapping[str, AlarmSpec], points: list[Any]) -> str:
    """Curves of the last minutes: x in 600ths of the window before now, y from 0 (top) to 200; alarm limits as lines."""
    span = strip.high - strip.low
    columns = {tag: number for number, tag in enumerate(page.mimic.trend_tags, 1)}
    now, scale = (points[-1][0] if points else 0.0), 600.0 / page.plant.remembered

    def height(value: float) -> float:
        return 200.0 - 200.0 * min(max((value - strip.low) / span, 0.0), 1.0)

    grid = "".join(f'<path class="grid" d="M0 {y}H600"/>' for y in range(0, 201, 50))
    limits = "".join(
        f'<path class="limit p{spec.priority}" d="M0 {height(spec.limit):.1f}H600"/>'
        for spec in alarms.values()
        if spec.tag in strip.tags and spec.kind in ("HH", "H", "L", "LL") and strip.low <= spec.limit <= strip.high
    )
    curves = "".join(
        f'<polyline class="c{number}" data-trend="{columns[tag]}" data-low="{strip.low:g}" data-high="{strip.high:g}" points="'
        + " ".join(f"{600 - scale * (now - p[0]):.1f},{height(p[columns[tag]]):.1f}" for p in points)
        + '"/>'
        for number, tag in enumerate(strip.tags, 1)
    )
    marks = "".join(f'<span class="y{part}">{strip.low + span * part / 100:g}</span>' for part in range(0, 101, 25))
    legend = "".join(
        f'<li class="c{number}">{page.title(tag)} <b>{page.value(tag)}</b> {page.unit(tag)}</li>'
        for number, tag in enumerate(strip.tags, 1)
    )
    unit = f'<i class="axis">{escape(page._(strip.unit))}</i>' if strip.unit else ""
    return (
        f'<div class="strip"><ul class="legend">{legend}</ul>{unit}<div class="plot"><div class="scale" aria-hidden="true">'
        f'{marks}</div><svg viewBox="0 0 600 200" preserveAspectRatio="none" aria-hidden="true">{grid}{limits}{curves}</svg>'
        "</div></div>"
    )


def _table(page: Page) -> str:
    """Every reading with its tag."""
    _ = page._
    shown = [signal for signal in page.signals.values() if signal.kind != "command"]
    rows = "".join(
        f'<tr data-row="{signal.tag}"><td><code>{signal.tag}</code></td><td>{page.title(signal.tag)}</td>'
        f"<td>{page.value(signal.tag)}</td><td>{page.unit(signal.tag)}</td></tr>"
        for signal in shown
    )
    head = "".join(f"<th scope=col>{_(name)}</th>" for name in ("Tag", "Name", "Value", "Unit"))
    return (
        f'<details class="card readings"><summary>{_("All readings")} ({len(shown)})</summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _faults(page: Page) -> str:
    """The instructor's form: a tag, and of the faults those that fit it."""
    _ = page._
    options = [(signal, fitting(signal, page.plant.actuators)) for signal in page.signals.values()]
    tags = "".join(
        f'<option value="{signal.tag}" data-kinds="{" ".join(kinds)}" data-low="{signal.low:g}" data-high="{signal.high:g}" '
        f'data-step="{signal.resolution:g}">{page.title(signal.tag)} · {signal.tag}</option>'
        for signal, kinds in options
    )
    every = dict.fromkeys(kind for _signal, kinds in options for kind in kinds)
    kinds = "".join(f'<option value="{kind}">{_(kind)}</option>' for kind in (*every, "none"))
    helps = "".join(f'<p data-help="{kind}">{_(f"help {kind}")}</p>' for kind in (*every, "none"))
    return (
        f'<form id="faults" class="card faults"><h2>{_("Faults and attacks (instructor)")}</h2>'
        f'<label>{_("Tag")}<select name="tag">{tags}</select></label>'
        f'<label>{_("Kind")}<select name="kind">{kinds}</select></label>'
        f'<label>{_("Size")}<input name="size" type="number" step="any" value="0"></label><button>{_("Apply")}</button>'
        f'<div class="help">{helps}</div><ul class="standing"></ul></form>'
    )
