"""The boiler unit on the screen."""

from shixun_plants.boiler.control import Mode
from shixun_plants.hmi.mimic import Mimic, Page, Strip
from shixun_plants.hmi.shapes import box, drawing, pipe, plates, pump, tiles, valve


def draw(page: Page) -> str:
    """The unit on the left, set points and loops on the right, the money above."""
    _ = page._
    furnace = (
        '<path class="vessel" d="M28 150h124v230h-124z"/>'
        '<path class="mark-line" fill="none" d="M44 176v150M60 176v150M120 176v150M136 176v150"/>'
        f'<path {page.on("fuel.valve", "flame")} d="M90 300c26 26 26 62 0 66c-26 -4 -26 -40 0 -66z"/>'
        f'<text class="mid name" x="90" y="168">{_("Boiler")}</text>'
    )
    drum = (
        '<rect class="vessel" x="28" y="66" width="124" height="64" rx="32"/>'
        '<clipPath id="drum"><rect x="30" y="68" width="120" height="60" rx="30"/></clipPath>'
        f'<g clip-path="url(#drum)"><rect class="fluid" x="30" width="120" {page.grow("drum.level", 68, 60)}/></g>'
        '<path class="mark-line" stroke-dasharray="4 3" d="M30 98h120"/>'
        f'<text class="mid name" x="90" y="88">{_("Drum")}</text>'
    )
    turbine = (
        f'<path {page.on("turbine.power", "gear")} d="M262 92l70 -34v112l-70 -34z"/>'
        f'<circle {page.on("turbine.power", "gear")} cx="372" cy="114" r="26"/><path class="mark-line" d="M332 114h14"/>'
        '<text class="mid name" x="372" y="120">G</text>'
        f'<text class="small mid" x="299" y="118">{_("Turbine")}</text>'
        '<path class="vessel" d="M264 232h72v38h-72z"/>'
        f'<text class="small mid" x="300" y="256">{_("Condenser")}</text>'
    )
    body = (
        pipe("M90 66V30H228V114H262", page, "steam.valve")
        + pipe("M300 170V232", page, "steam.valve")
        + pipe("M300 270V330H206", page, "feed.valve")
        + pipe("M178 330H168V98H152", page, "feed.valve")
        + pipe("M90 416V380", page, "fuel.valve")
        + pipe("M60 130V150M120 130V150")
        + furnace
        + drum
        + turbine
        + valve(page, "steam.valve", 190, 30, "")
        + valve(page, "feed.valve", 254, 330, "")
        + pump(page, "feed.valve", 192, 330, "")
        + valve(page, "fuel.valve", 90, 400, "", (146, 405))
        + box(page, "drum.pressure", 4, 8, _("Pressure"), 82)
        + box(page, "drum.level", 182, 134, _("Level"), 74)
        + box(page, "steam.flow", 252, 8, _("Steam"), 92)
        + box(page, "turbine.power", 338, 152, _("Power"), 80)
        + box(page, "feed.flow", 322, 288, _("Feedwater"), 94)
    )
    side = plates(page, _("Set points and loops"), _LOOPS) + plates(page, _("Hand operation"), _HANDS)
    return f'{_tiles(page)}<div class="two">{drawing(page, 420, 420, body)}<div class="stack">{side}</div></div>'


def _tiles(page: Page) -> str:
    """Tariff, money and CO2."""
    _ = page._
    rows = (
        (f"{_('Tariff')} {page.state('tariff.period')}", "tariff.price", _("Time of day"), "clock.hour"),
        (_("Revenue"), "account.revenue", _("Fuel cost"), "account.fuel_cost"),
        (_("Generated"), "energy.total", _("Not delivered"), "energy.short"),
        (_("CO₂"), "co2.intensity", _("Total"), "co2.total"),
    )
    return tiles(page, rows)


_LOOPS = (
    "drum.pressure_setpoint", "fuel.auto", "turbine.target", "steam.auto", "drum.level_setpoint", "feed.auto", "dispatch.auto",
    "dispatch.demand", "turbine.power_setpoint",
)  # fmt: skip
_HANDS = ("fuel.command", "steam.command", "feed.command")
_MODE = {0: "Manual", 1: "Auto"}

MIMIC = Mimic(
    zh="锅炉汽轮机组",
    en="Boiler unit",
    draw=draw,
    strips=(
        Strip(("turbine.power", "turbine.target", "dispatch.demand"), 0.0, 120.0, "MW"),
        Strip(("drum.pressure",), 8.0, 14.0, "MPa"),
        Strip(("drum.level",), -200.0, 200.0, "mm"),
        Strip(("fuel.valve", "steam.valve", "feed.valve"), 0.0, 100.0, "%"),
    ),
    package="shixun_plants.boiler",
    headline="unit.state",
    states={
        "unit.state": {mode.value: mode.name.capitalize() for mode in Mode},
        "tariff.period": {0: "Valley", 1: "Flat", 2: "Peak", 3: "Sharp peak"},
        **dict.fromkeys(("fuel.auto", "steam.auto", "feed.auto"), _MODE),
        "dispatch.auto": {0: "Off", 1: "On"},
    },
    style="mimic.css",
    words={
        "Boiler": "锅炉",
        "Drum": "汽包",
        "Turbine": "汽轮机",
        "Condenser": "凝汽器",
        "Pressure": "压力",
        "Level": "水位",
        "Steam": "蒸汽",
        "Power": "功率",
        "Feedwater": "给水",
        "Set points and loops": "设定与回路",
        "Hand operation": "手动操作",
        "Tariff": "电价",
        "Time of day": "时刻",
        "Revenue": "售电收入",
        "Fuel cost": "燃料成本",
        "Generated": "发电量",
        "Not delivered": "欠发",
        "CO₂": "度电CO₂",
        "Total": "累计",
        "Manual": "手动",
        "Auto": "自动",
        "Tripped": "跳闸",
        "Valley": "谷",
        "Flat": "平",
        "Peak": "峰",
        "Sharp peak": "尖峰",
        "Off": "否",
        "On": "是",
        "CNY": "元",
        "CNY/kWh": "元/kWh",
    },
)
