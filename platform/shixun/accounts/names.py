"""What may stand in a sign-in name and in a person's name. Pure: no database, no request."""

import re
import unicodedata

from shixun.core.errors import Invalid
from shixun.core.i18n import _l

# ASCII and Chinese characters only. Letters of other scripts (Cyrillic а, Greek ο) look like Latin ones, and combining and
# invisible characters look like nothing: with either, two accounts could look the same.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f"
_USERNAME = re.compile(rf"[a-z0-9_{_HAN}][a-z0-9_.@+\-{_HAN}]{{1,63}}")
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, formatting (bidi, zero width), surrogates, line and paragraph ends
NAME_LENGTH = 80


def normalise_username(raw: str) -> str:
    """One form for every way to write a sign-in name: NFKC (full-width letters become plain), case folded.

    It starts with a letter or digit, so that no spreadsheet takes it for a formula. Raises `Invalid` (field `username`).
    """
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", raw).strip().casefold())
    if not _USERNAME.fullmatch(name):
        message = _l(
            "Use 2 to 64 letters a to z, digits, Chinese characters or . @ + - _ and begin with a letter or digit."
        )
        raise Invalid(message, {"username": message})
    return name


def clean_name(raw: str) -> str:
    """A person's name: one line of 1 to 80 characters, nothing that hides or turns text around. Raises `Invalid` (field `name`)."""
    name = unicodedata.normalize("NFKC", raw).strip()
    if not name or len(name) > NAME_LENGTH or any(unicodedata.category(c) in _UNSEEN for c in name):
        message = _l("Give a name of 1 to 80 characters, in one line.")
        raise Invalid(message, {"name": message})
    return " ".join(name.split())
