"""The milling machine on the screen."""

from shixun_plants.cnc.core import Failure, Mode, Variant
from shixun_plants.hmi.mimic import Mimic, Page, Strip
from shixun_plants.hmi.shapes import box, drawing, pipe, plates, tiles


def draw(page: Page) -> str:
    """The figures above, the machine on the left, settings and failures on the right."""
    side = plates(page, page._("Set points and operation"), _SETTINGS) + plates(
        page, page._("Failures by mode"), _FAILURES
    )
    return (
        f'{_tiles(page)}<div class="two">{drawing(page, 420, 372, _machine(page))}<div class="stack">{side}</div></div>'
    )


def _machine(page: Page) -> str:
    """Column, spindle, tool and table."""
    _ = page._
    wear = (
        f'<text class="small" x="282" y="206">{_("Worn")}</text>'
        f'<rect class="rail" x="282" y="212" width="122" height="12"/>'
        f'<rect class="fillbar" height="12" y="212" {page.grow("tool.wear", 282, 122, axis="x", high=240.0)}/>'
        '<path class="mark-line" d="M383.7 208v20"/><text class="small mid" x="383.7" y="240">200</text>'
    )
    work = (
        f'<text class="small" x="120" y="352">{_("Part")} <tspan class="num" {page.live("part.progress")}>'
        f"{page.number('part.progress')}</tspan> %</text>"
        '<rect class="rail" x="120" y="356" width="140" height="8"/>'
        f'<rect class="fillbar" y="356" height="8" {page.grow("part.progress", 120, 140, axis="x")}/>'
    )
    return (
        '<path class="vessel" d="M22 40h72v260h184v34h-256z"/>'
        + pipe("M94 84H138", page, "spindle.running")
        + f'<g {page.alarmed("machine.state")}><rect {page.on("spindle.running", "gear")} x="138" y="44" width="92" height="112" rx="4"/>'
        f'<text class="mid name" x="184" y="72">{_("Spindle")}</text></g>'
        + f'<g {page.alarmed("tool.wear")}><path {page.on("spindle.running", "gear")} d="M166 156h36l-8 24h-20z"/>'
        f'<path {page.on("spindle.running", "gear")} d="M176 180h16v56h-16z"/>'
        '<path class="mark-line" fill="none" d="M176 192l16 -8M176 206l16 -8M176 220l16 -8M176 234l16 -8"/></g>'
        + '<rect class="fluid" x="132" y="236" width="104" height="36"/><rect class="gear" x="108" y="272" width="152" height="16" rx="2"/>'
        + f'<text class="mid name" x="84" y="324">{_("Machine bed")}</text>'
        + box(page, "spindle.speed", 282, 10, _("Speed"), 122)
        + box(page, "spindle.torque", 282, 56, _("Torque"), 122)
        + box(page, "spindle.power", 282, 102, _("Cutting power"), 122)
        + box(page, "tool.wear", 282, 148, _("Tool wear"), 122)
        + wear
        + box(page, "process.temperature", 290, 256, _("Process"), 114)
        + box(page, "air.temperature", 290, 302, _("Air"), 114)
        + work
    )


def _tiles(page: Page) -> str:
    """Parts, the cycle, the tool and energy."""
    _ = page._
    rows = (
        (_("Good parts"), "parts.good", _("Scrapped"), "parts.scrapped"),
        (_("Last cycle"), "part.cycle", _("Parts made"), "parts.made"),
        (_("Tool changes"), "tool.changes", _("Tool wear"), "tool.wear"),
        (_("Machine power"), "machine.power", _("Energy"), "machine.energy"),
    )
    return tiles(page, rows)


_SETTINGS = ("part.variant", "machine.run", "spindle.override", "tool.life_setpoint", "machine.failure")
_FAILURES = ("failures.tool_wear", "failures.heat", "failures.power", "failures.overstrain", "failures.random")

MIMIC = Mimic(
    zh="数控铣床",
    en="Milling machine",
    draw=draw,
    strips=(
        Strip(("spindle.speed",), 0.0, 3000.0, "rpm"),
        Strip(("spindle.torque",), 0.0, 80.0, "N·m"),
        Strip(("spindle.power", "machine.power"), 0.0, 12.0, "kW"),
        Strip(("air.temperature", "process.temperature"), 290.0, 320.0, "K"),
        Strip(("tool.wear",), 0.0, 240.0, "min"),
    ),
    package="shixun_plants.cnc",
    headline="machine.state",
    states={
        "machine.state": {
            Mode.LOADING: "Loading",
            Mode.CUTTING: "Cutting",
            Mode.TOOL_CHANGE: "Tool change",
            Mode.FAILED: "Failed",
            Mode.IDLE: "Idle",
        },
        "machine.failure": {
            Failure.NONE: "None",
            Failure.TOOL_WEAR: "Tool worn out",
            Failure.HEAT: "Heat dissipation",
            Failure.POWER: "Power out of range",
            Failure.OVERSTRAIN: "Overstrain",
            Failure.RANDOM: "Random",
        },
        "part.variant": {variant.value: f"Variant {variant.name}" for variant in Variant},
        "machine.run": {0: "Off", 1: "On"},
    },
    style="mimic.css",
    words={
        "Set points and operation": "设定与操作",
        "Failures by mode": "各类故障次数",
        "Worn": "已磨损",
        "Part": "工件",
        "Spindle": "主轴",
        "Machine bed": "床身",
        "Speed": "转速",
        "Torque": "扭矩",
        "Cutting power": "切削功率",
        "Tool wear": "刀具磨损",
        "Process": "加工温度",
        "Air": "环境温度",
        "Good parts": "合格件",
        "Scrapped": "报废",
        "Last cycle": "上件节拍",
        "Parts made": "加工件数",
        "Tool changes": "换刀次数",
        "Machine power": "整机功率",
        "Energy": "电能",
        "Loading": "上下料",
        "Cutting": "切削",
        "Tool change": "换刀",
        "Failed": "故障",
        "Idle": "待机",
        "None": "无故障",
        "Tool worn out": "刀具失效",
        "Heat dissipation": "散热不足",
        "Power out of range": "功率异常",
        "Overstrain": "过载",
        "Random": "随机故障",
        "Variant L": "L 级件",
        "Variant M": "M 级件",
        "Variant H": "H 级件",
        "Off": "停",
        "On": "启",
        "rpm": "r/min",
    },
)
