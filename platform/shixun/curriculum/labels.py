"""Names that readers see for the codes in packs."""

from flask_babel import LazyString

from shixun.core.i18n import _l

LEVELS: dict[str, LazyString] = {
    "intro": _l("Introduction"),
    "junior": _l("Junior"),
    "intermediate": _l("Intermediate"),
    "senior": _l("Senior"),
}
AUDIENCES: dict[str, LazyString] = {
    "entrepreneur": _l("Entrepreneurs and managers"),
    "official": _l("Public officials"),
    "skilled-worker": _l("Skilled workers"),
    "digital-talent": _l("Digital engineers"),
}
FIELDS: dict[str, LazyString] = {
    "industrial-internet": _l("Industrial internet"),
    "digital-transformation": _l("Digital transformation"),
    "data": _l("Data"),
    "security": _l("Security"),
    "artificial-intelligence": _l("Artificial intelligence"),
}


def field_name(code: str) -> str:
    """The name of a field; a code that packs have and we don't is shown as it is."""
    return str(FIELDS.get(code, code))
