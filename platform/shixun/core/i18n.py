"""Translation of text that people read. English is the message id; zh-CN is complete (a test proves it)."""

from collections.abc import Mapping
from pathlib import Path

from flask_babel import get_locale as _get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

__all__ = ["LANGUAGES", "TRANSLATIONS", "_", "_l", "language", "local", "ngettext"]

LANGUAGES = {"zh": "中文", "en": "English"}
TRANSLATIONS = Path(__file__).parent.parent / "translations"


def language() -> str:
    """`zh` or `en`: the language of the present request, zh outside of one."""
    found = _get_locale()
    return found.language if found is not None and found.language in LANGUAGES else "zh"


def local(text: Mapping[str, str] | str | None) -> str:
    """The present language's part of a text that a pack or a form holds as `{zh, en}`."""
    if text is None or isinstance(text, str):
        return text or ""
    return text.get(language()) or text.get("zh") or next(iter(text.values()), "")
