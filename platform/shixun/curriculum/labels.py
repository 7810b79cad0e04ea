"""Names that readers see for the codes in packs."""

from flask import current_app
from flask_babel import LazyString

from shixun.core.i18n import _, _l, ngettext

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
AUDIT: dict[str, LazyString] = {
    "curriculum.course.offered": _l("Course taken into the catalogue"),
    "curriculum.course.withdrawn": _l("Course taken out of the catalogue"),
    "curriculum.course.synced": _l("Course brought in from its pack"),
    "curriculum.lab.synced": _l("Lab brought in from its pack"),
}


def hours_text(hours: float) -> str:
    """Class hours; less than half of one (a demo) is told in minutes."""
    if hours >= 0.5:
        return str(_("%(hours)s class hours", hours=f"{hours:.1f}".removesuffix(".0")))
    minutes = round(hours * int(current_app.config["SETTINGS"].class_hour_minutes))
    return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))


def field_name(code: str) -> str:
    """The name of a field; a code that packs have and we don't is shown as it is."""
    return str(FIELDS.get(code, code))
