"""The screen's page, drawn on the server: complete without a script, which only keeps it moving (`hmi.js`)."""

import json
from collections.abc import Callable
from html import escape
from typing import Any

from shixun_plants.bottling.packml import State
from shixun_plants.bottling.signals import STATION_TITLES
from shixun_plants.hmi.machines import BOTTLE, BUFFER, MACHINES
from shixun_plants.hmi.monitor import TREND_TAGS
from shixun_plants.hmi.texts import translator
from shixun_plants.plants import Plant
from shixun_plants.signals import Signal

Words = Callable[[str], str]

_TREND_COLOURS = {"line.oee": "oee", "line.rate": "out", "filler.rate": "fill"}


def digits(signal: Signal) -> int:
    """Decimals that the screen shows: one more than the signal's resolution needs, none for whole things."""
    if signal.kind in ("state", "flag") or signal.resolution >= 1.0:
        return 0
    return 1 if signal.resolution >= 0.5 else 2


class _Page:
    """One rendering: the plant's readings in one language."""

    def __init__(self, plant: Plant, snapshot: dict[str, Any], lang: str) -> None:
        self._ = translator(lang)
        self.lang = lang
        self.view = plant.view()
        self.signals = {signal.tag: signal for signal in plant.signals}
        self.values: dict[str, float] = snapshot["values"]

    def value(self, tag: str) -> str:
        """A reading that the script keeps fresh."""
        places = digits(self.signals[tag])
        return f'<span data-v="{tag}" data-d="{places}">{self.values[tag]:,.{places}f}</span>'

    def state(self, tag: str) -> str:
        """A chip with a PackML state."""
        number = int(self.values[tag])
        return f'<span class="chip" data-state="{tag}" data-s="{number}">{self.state_names()[number]}</span>'

    def state_names(self) -> dict[int, str]:
        """PackML number → word."""
        return {int(state): self._(state.name.capitalize()) for state in State}

    def title(self, tag: str) -> str:
        """A signal's name in the page's language."""
        signal = self.signals[tag]
        return escape(signal.zh if self.lang == "zh" else signal.en)


def render(plant: Plant, snapshot: dict[str, Any], lang: str, *, faults_menu: bool) -> str:
    """The whole page in "zh" or "en"."""
    page = _Page(plant, snapshot, lang)
    _ = page._
    words = {
        key: _(key) for key in ("Live", "No connection", "No alarms", "active", "failed", "halted", "waits", "bad")
    }
    words |= {name: titles[lang == "en"] for name, titles in STATION_TITLES.items()} | {"line": _("Line")}
    words |= {f"buffer{n}": f"{_('Buffer')} {n}" for n in range(1, len(page.view["capacities"]) + 1)}
    words |= {tag: page.title(tag) for tag in page.signals}
    texts = {"states": page.state_names(), "words": words, "capacities": page.view["capacities"], "trend": TREND_TAGS}
    other, other_name = ("en", "English") if lang == "zh" else ("zh", "中文")
    return f"""<!doctype html>
<html lang="{"zh-CN" if lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_("Bottling line")}</title>
<link rel="stylesheet" href="hmi.css">
<script src="hmi.js" defer></script>
</head>
<body data-texts="{escape(json.dumps(texts, ensure_ascii=False))}">
<svg class="defs" aria-hidden="true">{BOTTLE}</svg>
<header>
<h1>{_("Bottling line")}</h1>{page.state("line.state")}
<p class="clock">{_("Plant time")} <b id="clock">{_clock(snapshot["t"])}</b></p>
<p id="link" class="link">{_("Connecting…")}</p>
<a class="lang" href="?lang={other}" lang="{other}">{other_name}</a>
</header>
<main>
{_figures(page)}
{_line(page)}
<div class="two">
{_trend(page, snapshot["trend"])}
<section class="card"><h2>{_("Alarms")}</h2><ul id="alarms" class="alarms" aria-live="polite" tabindex="0"></ul></section>
</div>
{_table(page)}
{_faults(page) if faults_menu else ""}
</main>
</body>
</html>
"""


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _figures(page: _Page) -> str:
    """OEE as a ring with its three factors, and the figures of the shift."""
    _, values = page._, page.values
    bars = "".join(
        f'<div class="factor"><span>{_(name)}</span><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rail" width="100" height="6" rx="2"/><rect class="fillbar" data-bar="{tag}" '
        f'width="{values[tag]}" height="6" rx="2"/></svg><b>{page.value(tag)}<small> %</small></b></div>'
        for name, tag in (
            ("Availability", "line.availability"),
            ("Performance", "line.performance"),
            ("Quality", "line.quality"),
        )
    )
    ring = (
        '<svg class="ring" viewBox="0 0 120 120" aria-hidden="true"><circle class="rail" cx="60" cy="60" r="50"/>'
        '<circle class="arc" id="oee-arc" cx="60" cy="60" r="50" pathLength="100" '
        f'stroke-dasharray="{values["line.oee"]} 100" transform="rotate(-90 60 60)"/></svg>'
    )
    tiles = "".join(
        f'<div class="tile"><span>{_(name)}</span><b>{page.value(tag)}<small> {_(unit)}</small></b>'
        f"<i>{_(below)} {page.value(small)} {_(small_unit)}</i></div>"
        for name, tag, unit, below, small, small_unit in (
            ("Good bottles", "line.good", "bottle", "Rejected", "line.rejects", "bottle"),
            ("Output rate", "line.rate", "bottle/min", "Speed", "line.speed_setpoint", "%"),
            ("Energy", "line.energy", "kWh", "Power", "line.power", "kW"),
        )
    )
    return (
        f'<section class="figures"><div class="card oee"><div class="ringbox">{ring}<p><span>OEE</span>'
        f"<b>{page.value('line.oee')}<small>%</small></b></p></div>"
        f'<div class="factors">{bars}</div></div><div class="card tiles">{tiles}</div></section>'
    )


def _line(page: _Page) -> str:
    """The machines with the buffers between them."""
    _ = page._
    parts = []
    for number, (name, titles) in enumerate(STATION_TITLES.items()):
        if number:
            capacity, tag = page.view["capacities"][number - 1], f"buffer{number}.level"
            parts.append(
                f'<div class="buffer" data-buffer="{number}"><svg viewBox="0 0 84 150" aria-hidden="true">{BUFFER}</svg>'
                f'<svg class="gauge" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
                f'<rect class="rail" width="100" height="8"/><rect class="level" width="{100 * page.values[tag] / capacity}" '
                f'height="8"/></svg><p><span>{_("Buffer")} {number}</span><b>{page.value(tag)}<small>/{capacity}</small></b></p></div>'
            )
        mark = f"<em>{_('Bottleneck')}</em>" if page.view["bottleneck"] == name else ""
        parts.append(
            f'<div class="station" data-station="{name}" data-s="{int(page.values[f"{name}.state"])}">'
            f'<svg class="machine" viewBox="0 0 160 150" aria-hidden="true">{MACHINES[name]}</svg>'
            f"<div><h3>{escape(titles[page.lang == 'en'])}{mark}</h3>{page.state(f'{name}.state')}"
            f"<p><b>{page.value(f'{name}.count')}</b> {_('bottle')}</p>"
            f"<p><b>{page.value(f'{name}.rate')}</b> {_('bottle/min')}</p></div></div>"
        )
    return f'<section class="card line" aria-label="{_("Bottling line")}">{"".join(parts)}</section>'


def _trend(page: _Page, points: list[Any]) -> str:
    """Curves of the last minutes: x in seconds before now (600 wide), y in % or bottle/min (0 to 100)."""
    now = points[-1][0] if points else 0.0
    lines = "".join(
        f'<polyline class="{_TREND_COLOURS[tag]}" data-trend="{number}" points="'
        + " ".join(f"{600 - (now - point[0]):.1f},{200 - 2 * point[number]:.1f}" for point in points)
        + '"/>'
        for number, tag in enumerate(TREND_TAGS, 1)
    )
    grid = "".join(f'<path class="grid" d="M0 {200 - 2 * y}H600"/>' for y in range(0, 101, 25))
    scale = "".join(f'<span class="y{y}">{y}</span>' for y in range(0, 101, 25))
    legend = "".join(
        f'<li class="{_TREND_COLOURS[tag]}">{page.title(tag)} ({page._(page.signals[tag].unit)})</li>'
        for tag in TREND_TAGS
    )
    return (
        f'<section class="card trend"><h2>{page._("Trend, last 10 minutes of plant time")}</h2>'
        f'<div class="plot"><div class="scale" aria-hidden="true">{scale}</div><svg viewBox="0 0 600 200" '
        f'preserveAspectRatio="none" aria-hidden="true">{grid}{lines}</svg></div><ul class="legend">{legend}</ul></section>'
    )


def _table(page: _Page) -> str:
    """Every reading with its tag."""
    _ = page._
    shown = [signal for signal in page.signals.values() if signal.kind != "command"]
    rows = "".join(
        f'<tr data-row="{signal.tag}"><td><code>{signal.tag}</code></td><td>{page.title(signal.tag)}</td>'
        f"<td>{page.value(signal.tag)}</td><td>{_(signal.unit)}</td></tr>"
        for signal in shown
    )
    head = "".join(f"<th scope=col>{_(name)}</th>" for name in ("Tag", "Name", "Value", "Unit"))
    return (
        f'<details class="card readings"><summary>{_("All readings")} ({len(shown)})</summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _faults(page: _Page) -> str:
    """The instructor's form."""
    _ = page._
    tags = "".join(
        f'<option value="{signal.tag}">{signal.tag} · {page.title(signal.tag)}</option>'
        for signal in page.signals.values()
        if not signal.writable
    )
    kinds = "".join(
        f'<option value="{kind}">{_(kind)}</option>' for kind in ("frozen", "drift", "noise", "dropout", "none")
    )
    return (
        f'<form id="faults" class="card faults"><h2>{_("Faults (instructor)")}</h2><label>{_("Tag")}<select name="tag">{tags}'
        f'</select></label><label>{_("Kind")}<select name="kind">{kinds}</select></label><label>{_("Size")}'
        f'<input name="size" type="number" step="any" value="0"></label><button>{_("Apply")}</button><output></output></form>'
    )
