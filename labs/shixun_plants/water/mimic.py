"""The raw water supply on the screen."""

from shixun_plants.hmi.mimic import Mimic, Page, Strip
from shixun_plants.hmi.shapes import box, drawing, pipe, plates, pump, tank, valve
from shixun_plants.water.control import Mode
from shixun_plants.water.signals import ALARMS

_HIGHEST = next(alarm.limit for alarm in ALARMS if (alarm.tag, alarm.kind) == ("lit101.level", "HH"))
_MARKS = ((_HIGHEST, "HH"), ("lit101.h_setpoint", "H"), ("lit101.l_setpoint", "L"), ("lit101.ll_setpoint", "LL"))


def draw(page: Page) -> str:
    """The process on the left, PLC1's settings on the right."""
    _ = page._
    body = (
        pipe("M0 30H110V76", page, "mv101.position")
        + f'<text class="small" x="4" y="14">{_("Raw water")}</text>'
        + valve(page, "mv101.position", 56, 30, "MV101")
        + tank(page, "lit101.level", (70, 76, 130, 170), "T101", _MARKS)
        + box(page, "fit101.flow", 128, 8, "FIT101")
        + box(page, "lit101.level", 84, 112, "LIT101")
        + pipe("M110 246V300H152", page, "p101.running")
        + pipe("M110 300V364H152", page, "p102.running")
        + pipe("M182 300H236V214H340V262", page, "p101.running")
        + pipe("M182 364H236V300", page, "p102.running")
        + pump(page, "p101.running", 167, 300, "P101", "p101.failed")
        + pump(page, "p102.running", 167, 364, "P102", "p102.failed")
        + box(page, "fit201.flow", 246, 168, "FIT201")
        + tank(page, "lit301.level", (280, 262, 124, 120), "T301")
        + box(page, "lit301.level", 290, 300, "LIT301")
        + pipe("M404 366H420")
        + box(page, "fit301.flow", 290, 388, "FIT301")
    )
    return (
        f'<div class="two">{drawing(page, 420, 430, body)}<div class="stack">'
        + plates(page, _("Set points and operation"), _SETTINGS)
        + plates(page, _("Totals"), ("fit201.total", "p101.hours", "p101.starts", "plant.spilled"))
        + "</div></div>"
    )


_SETTINGS = (
    "plc1.auto", "lit101.l_setpoint", "lit101.h_setpoint", "lit301.l_setpoint", "lit301.h_setpoint", "mv101.setpoint",
    "p101.run", "p102.run",
)  # fmt: skip

_SWITCH = {0: "Off", 1: "On"}

MIMIC = Mimic(
    zh="原水供水站",
    en="Raw water supply",
    draw=draw,
    strips=(
        Strip(("lit101.level", "lit301.level"), 0.0, 1600.0, "mm"),
        Strip(("fit101.flow", "fit201.flow", "fit301.flow"), 0.0, 4.0, "m³/h"),
    ),
    package="shixun_plants.water",
    headline="plc1.state",
    states={
        "plc1.state": {mode.value: mode.name.capitalize() for mode in Mode},
        "plc1.auto": {0: "Manual", 1: "Auto"},
        "p101.run": _SWITCH,
        "p102.run": _SWITCH,
    },
    style="mimic.css",
    words={
        "Raw water": "原水",
        "Set points and operation": "设定与操作",
        "Totals": "累计",
        "Manual": "手动",
        "Auto": "自动",
        "Interlock": "联锁停泵",
        "Off": "停",
        "On": "启",
    },
)
