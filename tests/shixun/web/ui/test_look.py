"""What can be computed of the look: contrast of the tokens, features newer than the oldest browser, the built files."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from shixun.web import gallery, manifest

ASSETS = Path(gallery.__file__).parent / "assets"
TOKENS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (ASSETS / "css" / "tokens.css").read_text(encoding="utf-8")))

# Text on its grounds: WCAG 2.1 AA, 1.4.3.
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("paper", "surface")),
    *((ink, "sunken") for ink in ("ink", "ink-2", "ink-3")),
    *((ink, f"{tone}-soft") for ink in ("ink", "ink-2") for tone in ("brand", "ok", "warn", "danger", "copper")),
    *((tone, f"{tone}-soft") for tone in ("brand", "ok", "warn", "danger", "copper")),
    *(
        (tone, ground)
        for tone in ("brand", "brand-strong", "ok", "warn", "danger", "copper")
        for ground in ("paper", "surface")
    ),
    ("brand-strong", "brand-soft"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-brand", "danger"),
    ("on-brand", "ok"),
    ("on-header", "header"),
    ("on-header-2", "header"),
]
# Borders of fields, marks of figures, the focus ring: 1.4.11.
PARTS = [
    *(("line-strong", ground) for ground in ("paper", "surface")),
    *(("focus", ground) for ground in ("paper", "surface", "header")),
    ("copper", "sunken"),
    ("brand", "sunken"),
    ("ok", "sunken"),
]
CODE_GROUND = "#0f2127"
BOARD_GROUND = "#08222a"


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.1)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_contrast(ink: str, ground: str) -> None:
    assert contrast(TOKENS[ink], TOKENS[ground]) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), PARTS)
def test_part_contrast(mark: str, ground: str) -> None:
    assert contrast(TOKENS[mark], TOKENS[ground]) >= 3


@pytest.mark.parametrize(("sheet", "ground"), [("code.css", CODE_GROUND), ("board.css", BOARD_GROUND)])
def test_light_text_on_dark_grounds(sheet: str, ground: str) -> None:
    colours = re.findall(r"(?<!-)color: (#[0-9a-f]{6})", (ASSETS / "css" / sheet).read_text(encoding="utf-8"))
    light = [colour for colour in colours if luminance(colour) > 0.15 and colour != "#6f939b"]  # ticks, not text
    assert len(light) > 5
    assert [colour for colour in light if contrast(colour, ground) < 4.5] == []


def test_style_sheets_keep_to_the_oldest_browser() -> None:
    """Chromium 109: no nesting, color-mix, relative colours, text-wrap: balance as a need, @scope, anchors, light-dark()."""
    newer = r"color-mix|oklch|light-dark\(|@scope|@starting-style|anchor\(|(?:^|[;{]\s*)&|rgb\(from"
    for sheet in (ASSETS / "css").glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert re.findall(newer, text) == [], sheet.name
        assert not re.findall(r"https?://|@import \"(?!\./)", text), sheet.name


def test_scripts_write_no_markup() -> None:
    """Texts reach the page through textContent and templates, so nothing a server sends can become markup."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(.style"
    for script in (ASSETS / "js").glob("*.js"):
        assert re.findall(forbidden, script.read_text(encoding="utf-8")) == [], script.name


def test_unused_tokens() -> None:
    sheets = "".join(sheet.read_text(encoding="utf-8") for sheet in (ASSETS / "css").glob("*.css"))
    scripts = "".join(script.read_text(encoding="utf-8") for script in (ASSETS / "js").glob("*.js"))
    assert [name for name in TOKENS if f"var(--{name})" not in sheets and f'"--{name}"' not in scripts] == []


@pytest.fixture
def built() -> dict[str, str]:
    path = manifest.DIST / "manifest.json"
    if not path.exists():
        pytest.skip("the front end is not built: npm run build")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_manifest_names_files_by_their_content(built: dict[str, str]) -> None:
    assert set(built) == {"app.css", "app.js", "charts.js", "icons.svg"}
    for name, file in built.items():
        stem, _, extension = name.rpartition(".")
        digest = hashlib.sha256((manifest.DIST / file).read_bytes()).hexdigest()[:12]
        assert file == f"{stem}-{digest}.{extension}"
    assert {file.name for file in manifest.DIST.iterdir()} == {*built.values(), "manifest.json"}


def test_sprite_holds_every_icon(built: dict[str, str]) -> None:
    names = [
        line
        for line in (ASSETS / "icons.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert names == sorted(set(names))
    sprite = (manifest.DIST / built["icons.svg"]).read_text(encoding="utf-8")
    assert re.findall(r'<symbol id="([\w-]+)"', sprite) == names


def test_charts_stay_out_of_the_script_of_every_page(built: dict[str, str]) -> None:
    assert (manifest.DIST / built["app.js"]).stat().st_size < 120_000
    assert (manifest.DIST / built["app.css"]).stat().st_size < 80_000
