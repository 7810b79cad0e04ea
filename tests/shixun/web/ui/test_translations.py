"""The catalogue of the frame and the kit: every text of web, core and commands is there in Chinese, once, with its place-holders."""

import re
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from shixun.web import gallery

PLATFORM = Path(gallery.__file__).parent.parent
CATALOGUE = PLATFORM / "translations" / "zh" / "LC_MESSAGES" / "web.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}

Key = tuple[str | None, str | tuple[str, ...]]


def _extracted() -> set[Key]:
    found: set[Key] = set()
    for folder in ("web", "core", "commands"):
        for _file, _line, message, _comments, context in extract_from_dir(
            PLATFORM / folder, METHODS, keywords=KEYWORDS
        ):
            found.add((context, message))
    return found


def _catalogue() -> list[Message]:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    assert not catalogue.obsolete
    return [message for message in catalogue if message.id]


def test_catalogue_is_complete_and_has_nothing_else() -> None:
    translated = {(message.context, message.id) for message in _catalogue()}
    extracted = _extracted()
    assert len(extracted) > 100
    assert extracted - translated == set(), "not translated"
    assert translated - extracted == set(), "no longer used"


def test_messages_are_translated_with_their_placeholders() -> None:
    for message in _catalogue():
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not message.fuzzy, message.id
        names = set(re.findall(r"%\((\w+)\)", " ".join(originals)))
        for text in texts:
            assert text, message.id
            assert set(re.findall(r"%\((\w+)\)", text)) == names, message.id


def test_chinese_uses_chinese_punctuation() -> None:
    """Half-width marks after a Chinese character look like a machine's translation."""
    for message in _catalogue():
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            assert re.findall(r"[\u4e00-\u9fff][,;:!?()]", str(text)) == [], text
