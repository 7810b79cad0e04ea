"""What a manager sees of the figures on the center's first page."""

from flask import g, url_for

from shixun.core.i18n import _
from shixun.core.permissions import Actor, Permission
from shixun.volume import queries as volume
from shixun.web.home import HomeCard


def cards(actor: Actor) -> list[HomeCard]:
    """One card with this year's figures, for whoever may read them."""
    if not actor.may(Permission.FIGURES_READ):
        return []
    year = volume.this_year(g.center)
    found = volume.year_figures(g.center.id, year)
    values = found or volume.EMPTY
    places = values["places"]
    return [
        HomeCard(
            title=_("Figures of %(year)s", year=year),
            text=_("Every figure opens to the evidence it was counted from.")
            if found
            else _("No records yet this year."),
            url=url_for("centers.figures"),
            action=_("Open the figures"),
            icon="chart-column",
            figures=[
                (f"{values['person_times']:,}", _("person-times")),
                (f"{values['teams']:,}", _("contest teams")),
                (f"{places:,}" if places is not None else "–", _("places")),
            ],
        )
    ]
