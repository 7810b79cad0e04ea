"""The bearing stand on the screen."""

import math

from shixun_plants.bearing.signals import ACCELERATION
from shixun_plants.hmi.mimic import Mimic, Page, Strip
from shixun_plants.hmi.shapes import box, drawing, plates

_BARS = (("envelope.bpfo", "BPFO"), ("envelope.bpfi", "BPFI"), ("envelope.ball", "2·BSF"), ("envelope.ftf", "FTF"))


def draw(page: Page) -> str:
    """The stand on the left, what is set and where faults would be heard on the right."""
    _ = page._
    side = plates(page, _("Set points and operation"), _SETTINGS) + _frequencies(page)
    return (
        f'<div class="two">{drawing(page, 420, 424, _stand(page) + _bars(page))}<div class="stack">{side}</div></div>'
    )


def _stand(page: Page) -> str:
    """Motor, shaft, bearing and load, with their readings."""
    _ = page._
    balls = page.view["balls"]
    places = (
        (230 + 34 * math.sin(2 * math.pi * n / balls), 114 - 34 * math.cos(2 * math.pi * n / balls))
        for n in range(balls)
    )
    bearing = (
        '<path class="gear" d="M194 140h72l10 30h-92z"/><circle class="vessel" cx="230" cy="114" r="47"/>'
        '<circle class="vessel" cx="230" cy="114" r="21"/>'
        + "".join(f'<circle {page.on("shaft.turning", "gear")} cx="{x:.1f}" cy="{y:.1f}" r="9.5"/>' for x, y in places)
        + '<circle class="gear" cx="230" cy="114" r="10"/><path class="mark-line" d="M230 67v-14"/>'
        '<rect class="gear" x="220" y="39" width="20" height="14" rx="2"/>'
        f'<text class="small end" x="214" y="50">{_("Accelerometer")}</text>'
    )  # fmt: skip
    return (
        f'<g {page.alarmed("drive.run")}><rect {page.on("shaft.turning", "gear")} x="14" y="78" width="104" height="72" rx="6"/>'
        f'<path class="mark-line" d="M26 92h80M26 104h80M26 136h80"/><text class="mid name" x="66" y="125">{_("Motor")}</text></g>'
        f'<rect {page.on("shaft.turning", "gear")} x="118" y="108" width="66" height="12"/>'
        f'<rect {page.on("shaft.turning", "gear")} x="277" y="108" width="39" height="12"/>'
        + bearing
        + f'<rect {page.on("shaft.turning", "gear")} x="316" y="78" width="90" height="72" rx="6"/>'
        f'<text class="mid name" x="361" y="119">{_("Load")}</text>'
        + box(page, "shaft.speed", 14, 174, _("Speed"), 122)
        + box(page, "housing.temperature", 148, 174, _("Bearing temperature"), 126)
        + box(page, "drive.power", 286, 174, _("Motor power"), 120)
        + box(page, "vibration.rms", 14, 220, _("RMS"), 122)
        + box(page, "vibration.kurtosis", 148, 220, _("Kurtosis"), 126)
        + box(page, "vibration.crest", 286, 220, _("Crest factor"), 120)
    )


def _bars(page: Page) -> str:
    """The envelope's lines."""
    rows = "".join(
        f'<text class="name" x="14" y="{y + 14}">{label}</text><rect class="rail" x="74" y="{y}" width="226" height="18" rx="2"/>'
        f'<rect class="fillbar" y="{y}" height="18" {page.grow(tag, 74, 226, axis="x", high=20.0)}/>'
        f'<text class="val" x="310" y="{y + 14}"><tspan {page.live(tag)}>{page.number(tag)}</tspan>'
        f'<tspan class="small" dx="4">{page.unit(tag)}</tspan></text>'
        for y, (tag, label) in zip(range(294, 420, 30), _BARS, strict=False)
    )
    return (
        f'<text class="small" x="14" y="284">{page._("Envelope, 2 to 4 kHz: amplitudes at the fault frequencies")}</text>'
        f"{rows}"
    )


def _frequencies(page: Page) -> str:
    """Where the bearing's faults knock."""
    _ = page._
    names = (_("Outer race"), _("Inner race"), _("Ball"), _("Cage"))
    lines = "".join(
        f"<div><dt>{label} {name}</dt><dd><b>{order:.3f}</b> <small>× {_('shaft')}</small></dd></div>"
        for (_tag, label), name, order in zip(_BARS, names, page.view["orders"], strict=True)
    )
    return f'<section class="card plates"><h2>{_("Fault frequencies")}</h2><dl>{lines}</dl></section>'


_SETTINGS = (
    "drive.run",
    "drive.speed_setpoint",
    "drive.load_setpoint",
    "shaft.hours",
    "stand.replaced",
    "ambient.temperature",
)

MIMIC = Mimic(
    zh="轴承试验台",
    en="Bearing stand",
    draw=draw,
    strips=(
        Strip(("vibration.rms",), 0.0, 20.0, ACCELERATION),
        Strip(("vibration.kurtosis", "vibration.crest"), 0.0, 20.0),
        Strip(tuple(tag for tag, _label in _BARS), 0.0, 20.0, ACCELERATION),
        Strip(("housing.temperature", "ambient.temperature"), 0.0, 100.0, "°C"),
        Strip(("shaft.speed",), 0.0, 2000.0, "rpm"),
    ),
    package="shixun_plants.bearing",
    headline="drive.run",
    states={"drive.run": {0: "Off", 1: "On"}},
    style="mimic.css",
    words={
        "Set points and operation": "设定与操作",
        "Accelerometer": "加速度计",
        "Motor": "电机",
        "Load": "载荷",
        "Speed": "转速",
        "Bearing temperature": "轴承温度",
        "Motor power": "电机功率",
        "RMS": "有效值",
        "Kurtosis": "峭度",
        "Crest factor": "峰值因子",
        "Envelope, 2 to 4 kHz: amplitudes at the fault frequencies": "2～4 kHz 包络谱：各故障频率处的幅值",
        "Fault frequencies": "故障特征频率",
        "Outer race": "外圈",
        "Inner race": "内圈",
        "Ball": "滚珠",
        "Cage": "保持架",
        "shaft": "转频",
        "Off": "停",
        "On": "启",
        "rpm": "r/min",
    },
)
