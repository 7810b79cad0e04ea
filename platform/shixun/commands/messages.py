"""Translation catalogues, one per feature: `compile` makes the .mo files, `update` brings the .po files up to date with the code."""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import shixun_contests
from shixun.config import MODULES
from shixun.core.i18n import TRANSLATIONS

SHIXUN = Path(__file__).parent.parent
CONTESTS = Path(shixun_contests.__path__[0])
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
Text = str | tuple[str, ...]


def sources() -> dict[Path, list[Path]]:
    """Which folders each catalogue covers: `{catalogue.po: [folders]}`. What is of no feature belongs to the web catalogue."""
    found = {}
    for name in MODULES:
        package, _, feature = name.partition(".")
        if package == "shixun":
            folders = [SHIXUN / feature]
            if feature == "web":
                folders += [SHIXUN / "core", SHIXUN / "commands"]
            found[TRANSLATIONS / "zh" / "LC_MESSAGES" / f"{feature}.po"] = folders
        else:
            found[CONTESTS / "translations" / "zh" / "LC_MESSAGES" / "messages.po"] = [CONTESTS]
    return found


def extracted(folders: list[Path]) -> Iterator[tuple[Text, str | None]]:
    """All messages of the folders with their contexts."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            method = {".py": "python", ".html": "jinja2"}.get(path.suffix)
            if method is None or "static" in path.parts or "assets" in path.parts:
                continue
            options = {"trimmed": "true"} if method == "jinja2" else {}
            for _line, message, _comments, context in extract_from_file(method, str(path), KEYWORDS, options=options):
                yield message, context


# No dates: two people who bring a catalogue up to date would disagree in every one of them.
HEADER = b"""msgid ""
msgstr ""
"Language: zh\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def update() -> None:
    """Add new messages, empty, and drop those that no code says any more; translations that fit stay.

    A feature's catalogue leaves out what the web catalogue says already.
    """
    web = TRANSLATIONS / "zh" / "LC_MESSAGES" / "web.po"
    for po, folders in sources().items():
        catalog, shared = _read(po), Catalog() if po == web else _read(web)
        template = Catalog()
        for message, context in extracted(folders):
            key = message if isinstance(message, str) else message[0]
            own, common = catalog.get(key, context=context), shared.get(key, context=context)
            if (own and _translated(own.string)) or not (common and _translated(common.string)):
                template.add(message, context=context)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        po.parent.mkdir(parents=True, exist_ok=True)
        out = BytesIO()
        write_po(out, catalog, sort_output=True, omit_header=True, no_location=True, width=120)
        po.write_bytes(HEADER + out.getvalue())
        missing = [message.id for message in catalog if message.id and not _translated(message.string)]
        if missing:
            print(f"{po.name}: {len(missing)} without a translation, e.g. {missing[0]!r}")  # noqa: T201


def _translated(string: str | tuple[str, ...] | list[str]) -> bool:
    return bool(string) and all(string if isinstance(string, (tuple, list)) else [string])


def missing() -> dict[str, list[str]]:
    """Messages of the code without a Chinese text, by catalogue. What the web catalogue says, every page can say."""
    found = {}
    shared = _read(TRANSLATIONS / "zh" / "LC_MESSAGES" / "web.po")
    for po, folders in sources().items():
        own = _read(po)
        absent = []
        for message, context in extracted(folders):
            key = message if isinstance(message, str) else message[0]
            entries = (own.get(key, context=context), shared.get(key, context=context))
            if not any(entry is not None and _translated(entry.string) for entry in entries):
                absent.append(str(message))
        if absent:
            found[po.name] = sorted(set(absent))
    return found


def _read(po: Path) -> Catalog:
    if not po.exists():
        return Catalog(locale="zh", project="shixun")
    with po.open("rb") as file:
        return read_po(file, locale="zh")


def compile_all() -> None:
    """Write the .mo file beside every .po file."""
    for po in sources():
        if po.exists():
            with po.with_suffix(".mo").open("wb") as file:
                write_mo(file, _read(po))


if __name__ == "__main__":
    {"update": update, "compile": compile_all}[sys.argv[1]]()
