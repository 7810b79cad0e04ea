"""Names and units of the figures."""

from dataclasses import dataclass

from flask_babel import LazyString

from shixun.core.i18n import _l


@dataclass(frozen=True)
class FigureLabel:
    """How a figure is called. `records`: what its records are, as a heading."""

    name: LazyString
    unit: LazyString
    records: LazyString


FIGURES: dict[str, FigureLabel] = {
    "person_times": FigureLabel(_l("Person-times of training"), _l("person-times"), _l("Credited trainees and runs")),
    "class_hours": FigureLabel(_l("Class hours awarded"), _l("class hours"), _l("Trainees with class hours")),
    "measured_minutes": FigureLabel(_l("Measured learning time"), _l("hours"), _l("Trainees with measured time")),
    "contests": FigureLabel(_l("Contests held"), _l("contests"), _l("Contests held")),
    "teams": FigureLabel(_l("Contest teams"), _l("teams"), _l("Teams that took part")),
    "places": FigureLabel(_l("People at once in practice"), _l("people"), _l("Declarations of places")),
}
OF_TRAINEES = ("person_times", "class_hours", "measured_minutes")

AUDIT: dict[str, LazyString] = {
    "centers.places.declared": _l("Places declared"),
    "centers.figures.names-exported": _l("Figures exported with names"),
}
