"""The quadruple tank on the screen."""

from shixun_plants.hmi.mimic import Mimic, Page, Strip
from shixun_plants.hmi.shapes import box, drawing, pipe, plates, pump, tank


def draw(page: Page) -> str:
    """The tanks on the left, the loops on the right."""
    gammas = page.view["gammas"]
    marks = [
        f'<text class="small" x="38" y="182">γ₁ = {gammas[0]:.2f}</text>',
        f'<text class="small end" x="382" y="182">γ₂ = {gammas[1]:.2f}</text>',
    ]
    body = (
        pipe("M22 352V14H322V44", page, "pump1.voltage")
        + pipe("M398 352V28H98V44", page, "pump2.voltage")
        + pipe("M22 192H98V212", page, "pump1.voltage")
        + pipe("M398 192H322V212", page, "pump2.voltage")
        + pipe("M138 150V212", page, "tank3.level", "thin")
        + pipe("M282 150V212", page, "tank4.level", "thin")
        + pipe("M118 318V346", page, "tank1.level", "thin")
        + pipe("M302 318V346", page, "tank2.level", "thin")
        + '<rect class="vessel" x="70" y="346" width="280" height="62" rx="4"/>'
        + '<rect class="fluid" x="72" y="352" width="276" height="54"/>'
        + pipe("M70 388H22V366", page, "pump1.voltage")
        + pipe("M350 388H398V366", page, "pump2.voltage")
        + tank(page, "tank3.level", (66, 44, 104, 106), page._("Tank 3"))
        + tank(page, "tank4.level", (250, 44, 104, 106), page._("Tank 4"))
        + tank(page, "tank1.level", (66, 212, 104, 106), page._("Tank 1"), [("tank1.setpoint", "SP")])
        + tank(page, "tank2.level", (250, 212, 104, 106), page._("Tank 2"), [("tank2.setpoint", "SP")])
        + "".join(
            box(page, f"tank{n}.level", x, y, f"LT{n}", 84)
            for n, x, y in ((3, 76, 92), (4, 260, 92), (1, 76, 262), (2, 260, 262))
        )
        + pump(page, "pump1.voltage", 22, 352, "")
        + pump(page, "pump2.voltage", 398, 352, "")
        + box(page, "pump1.voltage", 84, 360, page._("Pump 1"), 92)
        + box(page, "pump2.voltage", 244, 360, page._("Pump 2"), 92)
        + "".join(marks)
    )
    loops = "".join(plates(page, page._(title), _loop(n)) for n, title in ((1, "Loop 1"), (2, "Loop 2")))
    return f'<div class="two">{drawing(page, 420, 416, body)}<div class="stack">{loops}</div></div>'


def _loop(n: int) -> tuple[str, ...]:
    return (
        f"loop{n}.auto", f"tank{n}.setpoint", f"tank{n}.level", f"pump{n}.voltage", f"loop{n}.gain", f"loop{n}.reset_time",
        f"pump{n}.command", f"tank{n}.drain",
    )  # fmt: skip


_MODE = {0: "Manual", 1: "Auto"}

MIMIC = Mimic(
    zh="四容水箱",
    en="Quadruple tank",
    draw=draw,
    strips=(
        Strip(("tank1.level", "tank1.setpoint", "tank2.level", "tank2.setpoint"), 0.0, 20.0, "cm"),
        Strip(("tank3.level", "tank4.level"), 0.0, 20.0, "cm"),
        Strip(("pump1.voltage", "pump2.voltage"), 0.0, 10.0, "V"),
    ),
    package="shixun_plants.fourtank",
    states={"loop1.auto": _MODE, "loop2.auto": _MODE},
    style="mimic.css",
    words={
        "Tank 1": "水箱1",
        "Tank 2": "水箱2",
        "Tank 3": "水箱3",
        "Tank 4": "水箱4",
        "Pump 1": "水泵1",
        "Pump 2": "水泵2",
        "Loop 1": "回路1",
        "Loop 2": "回路2",
        "Manual": "手动",
        "Auto": "自动",
    },
)
