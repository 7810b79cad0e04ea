"""What a kind of plant brings to the screen: its drawing, its trends and its words. The rest of the page is common.

A drawing is HTML and SVG made on the server from the readings. The script then keeps it moving by attributes alone, so
that a kind needs none of its own (`Page` has a method for each):

- `data-v="tag" data-d="2"`: the text is the reading with so many decimals
- `data-state="tag"`: the text is the word for the state's number; `data-s` holds the number
- `data-s-of="tag"`: `data-s` holds the state's number, for the style sheet
- `data-on="tag"`: class "on" while the reading is not 0
- `data-alarm="tag"`: `data-priority` 1 to 4 while the tag has an active alarm
- `data-grow="tag" data-low data-high data-axis="x|y" data-at data-size`: a rectangle that grows with the reading, to the
  right from `data-at`, or up from `data-at + data-size`, `data-size` long at `data-high`
- `data-ring="tag"`: a circle of `pathLength` 100 whose stroke is as long as the reading in %
- `data-lift="tag" data-low data-high data-size`: a mark that stands `data-size` higher at `data-high` than at `data-low`
- `data-turn="tag" data-low data-high data-from data-to data-centre="x y"`: a hand that turns between two angles
- `data-slots="tag" data-high`: of its `.slot` elements as many are "on", from the last, as the reading is of `data-high`

What that can't do, a `script` of the kind does: it gets each message as `document` event "reading" (`event.detail`), with
`view` in it where the mimic asks for `live_view`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

from shixun_plants.alarms import AlarmSpec
from shixun_plants.hmi.texts import translator
from shixun_plants.plants import Plant
from shixun_plants.signals import Signal


@dataclass(frozen=True, slots=True)
class Strip:
    """One trend plot: the curves of some tags (at most 4) over one axis from `low` to `high` in `unit`."""

    tags: tuple[str, ...]
    low: float
    high: float
    unit: str = ""  # what stands at the axis; empty where each curve has its own


@dataclass(frozen=True, slots=True)
class Mimic:
    """A kind's screen. `zh` and `en` name the plant; `headline` is the tag whose state stands beside the name.

    `words` gives the Chinese of every English text that `draw` asks for; `states` the English word of each number of a
    tag with kind "state". `style` and `script` are files of the package `package`.
    """

    zh: str
    en: str
    draw: Callable[["Page"], str]
    strips: tuple[Strip, ...]
    package: str
    words: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    headline: str | None = None
    style: str | None = None
    script: str | None = None
    live_view: bool = False

    @property
    def trend_tags(self) -> tuple[str, ...]:
        """All tags with a curve, in order, each once."""
        return tuple(dict.fromkeys(tag for strip in self.strips for tag in strip.tags))


def digits(signal: Signal) -> int:
    """Decimals that the screen shows: one more than the signal's resolution needs, none for whole things."""
    if signal.kind in ("state", "flag", "switch") or signal.resolution >= 1.0:
        return 0
    return 1 if signal.resolution >= 0.5 else 2


class Page:
    """One rendering: the plant's readings in one language."""

    def __init__(self, plant: Plant, mimic: Mimic, snapshot: Mapping[str, Any], lang: str) -> None:
        self.mimic, self.lang = mimic, lang
        self._ = translator(lang, mimic.words)
        self.plant = plant
        self.view = plant.view()
        self.signals = {signal.tag: signal for signal in plant.signals}
        self.values: Mapping[str, float] = snapshot["values"]
        self.snapshot = snapshot

    @cached_property
    def name(self) -> str:
        """The plant's name."""
        return self.pick(self.mimic.zh, self.mimic.en)

    def pick(self, zh: str, en: str) -> str:
        """One of two texts, safe in HTML."""
        return escape(zh if self.lang == "zh" else en)

    def title(self, tag: str) -> str:
        """A signal's name."""
        return self.pick(self.signals[tag].zh, self.signals[tag].en)

    def unit(self, tag: str) -> str:
        """A signal's unit."""
        return escape(self._(self.signals[tag].unit))

    def wording(self, spec: AlarmSpec) -> str:
        """An alarm's text, not escaped."""
        return spec.zh if self.lang == "zh" else spec.en

    def number(self, tag: str) -> str:
        """A reading as it stands now, with its decimals."""
        return f"{self.values[tag]:,.{digits(self.signals[tag])}f}"

    def live(self, tag: str) -> str:
        """The attributes of an element (HTML or SVG text) whose text is the reading."""
        return f'data-v="{tag}" data-d="{digits(self.signals[tag])}"'

    def value(self, tag: str) -> str:
        """A reading that the script keeps fresh."""
        return f"<span {self.live(tag)}>{self.number(tag)}</span>"

    def state(self, tag: str) -> str:
        """A chip with a state's word."""
        number = int(self.values[tag])
        return f'<span class="chip" data-state="{tag}" data-s="{number}">{self.state_names(tag)[number]}</span>'

    def state_names(self, tag: str) -> dict[int, str]:
        """A state tag's numbers → words."""
        return {number: escape(self._(word)) for number, word in self.mimic.states[tag].items()}

    def state_of(self, tag: str) -> str:
        """Attributes that hold a state's number for the style sheet."""
        return f'data-s-of="{tag}" data-s="{int(self.values[tag])}"'

    def on(self, tag: str, classes: str = "") -> str:
        """Attributes of an element with class "on" while a reading isn't 0."""
        state = " on" if self.values[tag] else ""
        return f'data-on="{tag}" class="{classes}{state}"'

    def alarmed(self, tag: str) -> str:
        """Attributes of an element that shows a tag's alarms."""
        return f'data-alarm="{tag}"'

    def grow(self, tag: str, at: float, size: float, *, axis: str = "y", high: float | None = None) -> str:
        """Attributes of a rectangle that grows from the signal's `low` to its `high` (or the given one)."""
        signal = self.signals[tag]
        top = signal.high if high is None else high
        share = size * min(max((self.values[tag] - signal.low) / (top - signal.low), 0.0), 1.0)
        place = (
            f'x="{at:g}" width="{share:.2f}"' if axis == "x" else f'y="{at + size - share:.2f}" height="{share:.2f}"'
        )
        return (
            f'data-grow="{tag}" data-low="{signal.low:g}" data-high="{top:g}" data-axis="{axis}" data-at="{at:g}" '
            f'data-size="{size:g}" {place}'
        )

    def lift(self, tag: str, size: float, low: float, high: float) -> str:
        """Attributes of a mark drawn where `low` is, that moves up by `size` where the reading is `high`."""
        share = min(max((self.values[tag] - low) / (high - low), 0.0), 1.0)
        return (
            f'data-lift="{tag}" data-low="{low:g}" data-high="{high:g}" data-size="{size:g}" '
            f'transform="translate(0 {-share * size:.2f})"'
        )

    def ring(self, tag: str) -> str:
        """Attributes of a circle that shows a share in %."""
        return f'pathLength="100" data-ring="{tag}" stroke-dasharray="{self.values[tag]:.2f} 100"'

    def turn(self, tag: str, centre: tuple[float, float], start: float = -120.0, end: float = 120.0) -> str:
        """Attributes of a hand that turns from `start` to `end` degrees over the signal's range."""
        signal = self.signals[tag]
        share = min(max((self.values[tag] - signal.low) / (signal.high - signal.low), 0.0), 1.0)
        x, y = centre
        return (
            f'data-turn="{tag}" data-low="{signal.low:g}" data-high="{signal.high:g}" data-from="{start:g}" '
            f'data-to="{end:g}" data-centre="{x:g} {y:g}" transform="rotate({start + share * (end - start):.1f} {x:g} {y:g})"'
        )
