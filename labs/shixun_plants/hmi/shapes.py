"""Parts that process drawings are made of: SVG in a drawing about 420 wide, so that its texts can be read at 360 px, too."""

from collections.abc import Iterable
from html import escape

from shixun_plants.hmi.mimic import Page


def drawing(page: Page, width: int, height: int, body: str) -> str:
    """A card with an SVG drawing."""
    return f'<section class="card mimic"><svg viewBox="0 0 {width} {height}" role="img" aria-label="{page.name}">{body}</svg></section>'


def pipe(path: str, page: Page | None = None, tag: str = "", kind: str = "") -> str:
    """A pipe along an SVG path, coloured while `tag` isn't 0."""
    classes = f"pipe {kind}".strip()
    return f'<path d="{path}" {page.on(tag, classes) if page else f"class={chr(34)}{classes}{chr(34)}"}/>'


def box(page: Page, tag: str, x: float, y: float, label: str, width: float = 104) -> str:
    """A reading with its label, `width` x 38; framed in the colour of its alarm."""
    return (
        f'<g {page.alarmed(tag)}><rect class="box" x="{x:g}" y="{y:g}" width="{width:g}" height="38" rx="3"/>'
        f'<text class="small" x="{x + 6:g}" y="{y + 13:g}">{escape(label)}</text>'
        f'<text class="val" x="{x + 6:g}" y="{y + 31:g}"><tspan {page.live(tag)}>{page.number(tag)}</tspan>'
        f'<tspan class="small" dx="4">{page.unit(tag)}</tspan></text></g>'
    )


def tank(
    page: Page,
    tag: str,
    at: tuple[float, float, float, float],
    label: str,
    marks: Iterable[tuple[float | str, str]] = (),
) -> str:
    """An open vessel at (x, y, width, height) that fills with its level.

    `marks` are levels, or tags of set points that the mark follows, and their names, on the left.
    """
    x, y, width, height = at
    signal = page.signals[tag]
    lines = ""
    for level, name in marks:
        if isinstance(level, str):
            lift = page.lift(level, height, signal.low, signal.high)
        else:
            share = (level - signal.low) / (signal.high - signal.low)
            lift = f'transform="translate(0 {-height * share:.1f})"'
        lines += (
            f'<g {lift}><path class="mark-line" d="M{x - 6:g} {y + height:g}h12"/>'
            f'<text class="small end" x="{x - 9:g}" y="{y + height + 4:g}">{escape(name)}</text></g>'
        )
    return (
        f'<rect class="vessel" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4"/>'
        f'<rect class="fluid" x="{x + 2:g}" width="{width - 4:g}" {page.grow(tag, y + 2, height - 4)}/>{lines}'
        f'<text class="mid name" x="{x + width / 2:g}" y="{y + 18:g}">{escape(label)}</text>'
    )


def valve(page: Page, tag: str, x: float, y: float, label: str, at: tuple[float, float] | None = None) -> str:
    """A control valve at (x, y) with its opening, below it or `at` another place."""
    text_x, text_y = at or (x, y + 30)
    return (
        f'<g {page.alarmed(tag)}><path {page.on(tag, "gear")} d="M{x - 14:g} {y - 10:g}l28 20v-20l-28 20z"/>'
        f'<path class="mark-line" d="M{x:g} {y:g}v-13m-9 0h18"/>'
        f'<text class="small mid" x="{text_x:g}" y="{text_y:g}">{escape(label)} <tspan class="num" {page.live(tag)}>'
        f"{page.number(tag)}</tspan> {page.unit(tag)}</text></g>"
    )


def pump(page: Page, tag: str, x: float, y: float, label: str, alarm: str = "") -> str:
    """A pump at (x, y): light while `tag` isn't 0, dark while it stands; `alarm` is the tag whose alarms it shows."""
    return (
        f'<g {page.alarmed(alarm or tag)}><circle {page.on(tag, "gear")} cx="{x:g}" cy="{y:g}" r="15"/>'
        f'<path class="mark-line" fill="none" d="M{x - 7:g} {y - 12:g}L{x + 14:g} {y:g}L{x - 7:g} {y + 12:g}"/>'
        f'<text class="small mid" x="{x:g}" y="{y + 29:g}">{escape(label)}</text></g>'
    )


def tiles(page: Page, rows: Iterable[tuple[str, str, str, str]]) -> str:
    """A card of figures: each has a title (HTML), a reading, and below it a label with another reading."""
    body = "".join(
        f'<div class="tile"><span>{title}</span>'
        f"<b>{page.value(tag)}<small> {page.unit(tag)}</small></b><i>{below} {page.value(small)} {page.unit(small)}</i></div>"
        for title, tag, below, small in rows
    )
    return f'<section class="card tiles">{body}</section>'


def plates(page: Page, title: str, tags: Iterable[str]) -> str:
    """A card with a list of readings or settings, one a line."""
    lines = "".join(
        f"<div><dt>{page.title(tag)}</dt><dd>"
        + (page.state(tag) if tag in page.mimic.states else f"<b>{page.value(tag)}</b> <small>{page.unit(tag)}</small>")
        + "</dd></div>"
        for tag in tags
    )
    return f'<section class="card plates"><h2>{escape(title)}</h2><dl>{lines}</dl></section>'
