"""The drawings of the machines: SVG fragments on one grid (160 x 150), so that their belts meet at y = 120."""

BOTTLE = (
    '<symbol id="bottle" viewBox="0 0 12 36"><path d="M4 0h4v8c0 3 4 5 4 10v15a3 3 0 0 1-3 3H3a3 3 0 0 1-3-3V18C0 13 4 11 4 8z"/>'
    "</symbol>"
)


def _bottle(x: float, y: float = 84, kind: str = "empty", turn: float | None = None) -> str:
    rotate = f' transform="rotate({turn} {x + 6} {y + 18})"' if turn is not None else ""
    return f'<use href="#bottle" x="{x}" y="{y}" width="12" height="36" class="b-{kind}"{rotate}/>'


def _row(kind: str, *xs: float) -> str:
    return "".join(_bottle(x, kind=kind) for x in xs)


_HOUSING = '<rect class="shell" x="14" y="16" width="132" height="66" rx="7"/>'
_WINDOW = '<rect class="glass" x="24" y="26" width="112" height="56" rx="4"/>'
_LEGS = '<path class="leg" d="M24 126v16M136 126v16"/>'
_LAMP = '<path class="pole" d="M134 16V9"/><rect class="lamp" x="128" y="1" width="12" height="9" rx="3"/>'
_BELT = '<rect class="belt" x="0" y="120" width="160" height="6"/><path class="rollers" d="M0 123H160"/>'


def _frame(inside: str) -> str:
    return f"{_LEGS}{_HOUSING}{_WINDOW}{inside}{_BELT}{_LAMP}"


_RINSER = _frame(
    '<circle class="part" cx="80" cy="54" r="14"/><circle class="hub" cx="80" cy="54" r="4"/>'
    + "".join(_bottle(x, y, turn=turn) for x, y, turn in ((50, 36, 150), (74, 24, 180), (98, 36, 210)))
    + '<path class="spray" d="M44 78v8M52 74v8M108 74v8M116 78v8"/>'
    + _row("empty", 20, 46, 72, 98, 124)
)

_FILLER = _frame(
    '<rect class="bowl" x="34" y="24" width="92" height="30" rx="4"/>'
    "<!--liquid-->"
    '<path class="nozzle" d="M52 54v20M78 54v20M104 54v20"/><path class="stream" d="M52 74v14M78 74v14M104 74v14"/>'
    + _row("empty", 20)
    + _row("full", 46, 72, 98, 124)
)

_CAPPER = _frame(
    '<path class="part" d="M52 16h56l-12 14H64z"/><path class="part" d="M66 30h28v18H66z"/>'
    '<path class="nozzle" d="M52 48h56M52 48v26M80 48v26M108 48v26"/>'
    '<path class="cap" d="M47 74h10v8H47zM75 74h10v8H75zM103 74h10v8h-10z"/>'
    + _row("full", 20, 46, 74, 102, 128)
    + '<path class="cap" d="M131 80h6v6h-6zM105 80h6v6h-6z"/>'
)

_LABELLER = _frame(
    '<circle class="roll" cx="50" cy="50" r="18"/><circle class="hub" cx="50" cy="50" r="5"/>'
    '<circle class="roll" cx="112" cy="46" r="12"/><circle class="hub" cx="112" cy="46" r="4"/>'
    '<path class="web" d="M50 68L82 76L100 46"/>'
    + _row("full", 20, 46, 72, 98, 124)
    + '<path class="label" d="M72 104h12v9H72zM98 104h12v9H98zM124 104h12v9h-12z"/>'
    + '<path class="cap" d="M23 80h6v6h-6zM49 80h6v6h-6zM75 80h6v6h-6zM101 80h6v6h-6zM127 80h6v6h-6z"/>'
)

_PACKER = _frame(
    '<path class="beam" d="M28 34H132"/><rect class="part" x="66" y="30" width="28" height="10" rx="2"/>'
    '<path class="nozzle" d="M80 40v10M64 50h32"/>'
    + "".join(f'<use href="#bottle" x="{x}" y="52" width="9" height="27" class="b-full"/>' for x in (62, 75.5, 89))
    + _row("full", 18, 32)
    + '<path class="label" d="M18 104h12v9H18zM32 104h12v9H32z"/><path class="cap" d="M21 80h6v6h-6zM35 80h6v6h-6z"/>'
    + '<path class="case" d="M58 92h44v28H58zM108 92h44v28h-44z"/><path class="tape" d="M80 92v28M130 92v28"/>'
)

MACHINES = {"rinser": _RINSER, "filler": _FILLER, "capper": _CAPPER, "labeller": _LABELLER, "packer": _PACKER}

BUFFER = (
    "".join(
        f'<use href="#bottle" x="{3 + 13 * slot}" y="84" width="12" height="36" class="slot"/>' for slot in range(6)
    )
    + '<rect class="belt" x="0" y="120" width="84" height="6"/><path class="rollers" d="M0 123H84"/>'
)
