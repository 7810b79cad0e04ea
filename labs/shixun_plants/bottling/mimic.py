"""The bottling line on the screen: OEE, the figures of the shift, and the machines with the buffers between them."""

from shixun_plants.bottling.machines import BOTTLE, BUFFER, MACHINES
from shixun_plants.bottling.packml import State
from shixun_plants.bottling.params import STATIONS
from shixun_plants.bottling.signals import STATION_TITLES
from shixun_plants.hmi.mimic import Mimic, Page, Strip


def draw(page: Page) -> str:
    """Figures, then the line."""
    return f'<svg class="defs" aria-hidden="true">{BOTTLE}</svg>{_figures(page)}{_line(page)}'


def _figures(page: Page) -> str:
    """OEE as a ring with its three factors, and the figures of the shift."""
    _ = page._
    bars = "".join(
        f'<div class="factor"><span>{_(name)}</span><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rail" width="100" height="6" rx="2"/><rect class="fillbar" {page.grow(tag, 0, 100, axis="x")} '
        f'height="6" rx="2"/></svg><b>{page.value(tag)}<small> %</small></b></div>'
        for name, tag in (
            ("Availability", "line.availability"),
            ("Performance", "line.performance"),
            ("Quality", "line.quality"),
        )
    )
    ring = (
        '<svg class="ring" viewBox="0 0 120 120" aria-hidden="true"><circle class="rail" cx="60" cy="60" r="50"/>'
        f'<circle class="arc" cx="60" cy="60" r="50" {page.ring("line.oee")} transform="rotate(-90 60 60)"/></svg>'
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


def _line(page: Page) -> str:
    """The machines with the buffers between them."""
    _ = page._
    parts = []
    for number, (name, titles) in enumerate(STATION_TITLES.items()):
        if number:
            parts.append(_buffer(page, number))
        mark = f"<em>{_('Bottleneck')}</em>" if page.view["bottleneck"] == name else ""
        parts.append(
            f'<div class="station" {page.state_of(f"{name}.state")}>'
            f'<svg class="machine" viewBox="0 0 160 150" aria-hidden="true">{_machine(page, name)}</svg>'
            f"<div><h3>{page.pick(*titles)}{mark}</h3>{page.state(f'{name}.state')}"
            f"<p><b>{page.value(f'{name}.count')}</b> {_('bottle')}</p>"
            f"<p><b>{page.value(f'{name}.rate')}</b> {_('bottle/min')}</p></div></div>"
        )
    return f'<section class="card line" aria-label="{page.name}">{"".join(parts)}</section>'


def _machine(page: Page, name: str) -> str:
    liquid = f'<rect class="liquid" x="36" width="88" {page.grow("filler.bowl_level", 26, 26, high=900.0)}/>'
    return MACHINES[name].replace("<!--liquid-->", liquid)


def _buffer(page: Page, number: int) -> str:
    capacity, tag = page.view["capacities"][number - 1], f"buffer{number}.level"
    return (
        f'<div class="buffer"><svg viewBox="0 0 84 150" aria-hidden="true" data-slots="{tag}" data-high="{capacity}">{BUFFER}'
        '</svg><svg class="gauge" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rail" width="100" height="8"/><rect class="level" {page.grow(tag, 0, 100, axis="x", high=capacity)} '
        f'height="8"/></svg><p><span>{page._("Buffer")} {number}</span><b>{page.value(tag)}<small>/{capacity}</small></b></p>'
        "</div>"
    )


_STATES = {int(state): state.name.capitalize() for state in State}

MIMIC = Mimic(
    zh="灌装产线",
    en="Bottling line",
    draw=draw,
    strips=(Strip(("line.oee", "line.rate", "filler.rate"), 0.0, 100.0),),
    package="shixun_plants.bottling",
    style="mimic.css",
    headline="line.state",
    states=dict.fromkeys(("line.state", *(f"{spec.name}.state" for spec in STATIONS)), _STATES),
    words={
        "Good bottles": "合格品",
        "Rejected": "剔除",
        "Output rate": "产出速率",
        "Energy": "电能",
        "Availability": "时间开动率",
        "Performance": "性能开动率",
        "Quality": "合格品率",
        "Buffer": "缓冲段",
        "Bottleneck": "瓶颈",
        "Speed": "速度",
        "Power": "功率",
        "bottle": "瓶",
        "bottle/min": "瓶/分",
        "case": "箱",
        "Clearing": "清除中",
        "Stopped": "已停止",
        "Starting": "启动中",
        "Idle": "待机",
        "Suspended": "已暂停",
        "Execute": "运行",
        "Stopping": "停止中",
        "Aborting": "中止中",
        "Aborted": "已中止",
        "Holding": "保持中",
        "Held": "已保持",
        "Unholding": "解除保持中",
        "Suspending": "暂停中",
        "Unsuspending": "解除暂停中",
        "Resetting": "复位中",
        "Completing": "完成中",
        "Complete": "已完成",
    },
)
