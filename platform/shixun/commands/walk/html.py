"""Pages as the walkthrough reads them: a small tree of elements, its texts, and its forms with what a browser would send."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
Wanted = str | bool | re.Pattern[str]


@dataclass
class Element:
    """One element; `children` are elements and texts in order."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    @property
    def text(self) -> str:
        """All text inside, each run of spaces as one."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in {"script", "style", "template"}:
                yield from child._texts()

    def walk(self) -> Iterator["Element"]:
        """Every element inside, in the order of the page; what stands in a template is not on the page yet."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                if child.tag != "template":
                    yield from child.walk()

    def all(self, tag: str | None = None, css: str | None = None, **attributes: Wanted) -> list["Element"]:
        """Elements with this tag, class and attributes (`data_x` means `data-x`; True: it is there; a pattern: it matches)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            one
            for one in self.walk()
            if (tag is None or one.tag == tag)
            and (css is None or css in one.get("class").split())
            and all(_fits(one.attributes.get(name), value) for name, value in wanted.items())
        ]

    def first(self, tag: str | None = None, css: str | None = None, **attributes: Wanted) -> "Element | None":
        """The first of `all`."""
        return next(iter(self.all(tag, css, **attributes)), None)


def _fits(found: str | None, wanted: Wanted) -> bool:
    if isinstance(wanted, bool):
        return (found is not None) == wanted
    if found is None:
        return False
    return found == wanted if isinstance(wanted, str) else wanted.search(found) is not None


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(made)
        if tag not in _VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def parse(text: str) -> Element:
    """The tree of a page or of a part of one."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    return builder.root


def form_fields(form: Element) -> dict[str, str | list[str]]:
    """What a browser sends of an untouched form: name → value; several checked boxes of one name make a list. Buttons are left out."""
    sent: dict[str, str | list[str]] = {}
    for one in form.all():
        name = one.get("name")
        if not name or "disabled" in one.attributes:
            continue
        if one.tag == "input":
            kind = one.get("type", "text")
            if kind in {"submit", "button", "file", "image", "reset"}:
                continue
            if kind in {"checkbox", "radio"}:
                if "checked" in one.attributes:
                    _add(sent, name, one.get("value", "on"), several=kind == "checkbox")
                continue
            sent[name] = one.get("value")
        elif one.tag == "textarea":
            sent[name] = one.text
        elif one.tag == "select":
            options = one.all("option")
            chosen = next((option for option in options if "selected" in option.attributes), None)
            if chosen is not None or options:
                sent[name] = _value(chosen or options[0])
    return sent


def _add(sent: dict[str, str | list[str]], name: str, value: str, *, several: bool) -> None:
    before = sent.get(name)
    if not several or before is None:
        sent[name] = value
    else:
        sent[name] = [*(before if isinstance(before, list) else [before]), value]


def _value(option: Element) -> str:
    return option.attributes.get("value", option.text)
