"""The center's figures, each opening to its records; the declaration of places."""

import json
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from shixun.centers import criteria, operations, queries
from shixun.centers.forms import NamesForm, PlacesForm
from shixun.centers.labels import FIGURES, OF_TRAINEES
from shixun.centers.tables import write_csv
from shixun.core import audit
from shixun.core.errors import Invalid, NotFound
from shixun.core.i18n import _, _l
from shixun.core.ids import new_id
from shixun.core.permissions import Permission
from shixun.ledger import queries as ledger
from shixun.ledger.downloads import attachment
from shixun.ledger.labels import KINDS, SOURCES
from shixun.volume import queries as volume
from shixun.volume import rules
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id, may
from shixun.web.times import time_text

bp = Blueprint("centers", __name__, template_folder="templates")
PAGE = 50


def _pages(total: int) -> int:
    return max(1, -(-total // PAGE))


def _page() -> int:
    return max(1, request.args.get("page", 1, type=int))


@bp.get("/c/<center>/figures")
@allow(Permission.FIGURES_READ)
def figures() -> str:
    """All figures of a year against the criteria."""
    this_year = volume.this_year(g.center)
    year = queries.check_year(request.args.get("year", this_year, type=int))
    found = volume.year_figures(center_id(), year)
    values = found or volume.EMPTY
    used = criteria.load()
    standing = volume.standing(center_id())
    rule = rules.load(*standing.state.rule.split("/")) if standing.state is not None else rules.default()
    return render_template(
        "centers/figures.html",
        year=year,
        years=sorted({*volume.years(center_id()), this_year, year}, reverse=True),
        counted=found is not None,
        values=queries.shown(values),
        rows=queries.criterion_rows(g.center, values),
        lines=_threshold_lines(used),
        criteria=used,
        standing=standing,
        rule=rule,
        labels=FIGURES,
    )


def _threshold_lines(used: criteria.CriteriaSet) -> dict[str, list[dict[str, Any]]]:
    """For each figure that the center's criteria measure: the two lines of the drawing."""
    return {
        part.figure: [
            {"label": _("Provincial"), "value": part.provincial, "kind": "provincial"},
            {"label": _("National"), "value": part.national, "kind": "national"},
        ]
        for row in used.rows(g.center.category, g.center.functional_kind)
        for part in row.measure
    }


@bp.get("/c/<center>/figures/<int:year>/<figure>")
@allow(Permission.FIGURES_READ)
def records(year: int, figure: str) -> str:
    """The records that make up one figure."""
    queries.check_year(year)
    label = FIGURES.get(figure)
    if label is None:
        raise NotFound(_l("There is no such page."))
    values = volume.year_figures(center_id(), year) or volume.EMPTY
    common = {
        "year": year,
        "figure": figure,
        "label": label,
        "value": queries.shown(values)[figure],
        "measured_by": criteria.load().measure(figure),
        "page": _page(),
        "standing": volume.standing(center_id()),
    }
    if figure in OF_TRAINEES:
        rows, total = queries.line_rows(center_id(), year, figure, _page(), PAGE, names=may(Permission.PEOPLE_READ))
        return render_template("centers/lines.html", rows=rows, total=total, pages=_pages(total), **common)
    if figure == "teams":
        teams, total = queries.team_rows(g.center, year, _page(), PAGE)
        return render_template("centers/contests.html", rows=teams, total=total, pages=_pages(total), **common)
    if figure == "contests":
        held = queries.contest_rows(g.center, year)
        return render_template("centers/contests.html", rows=held, total=len(held), pages=1, **common)
    counts = volume.places_entry(g.center, year)
    return render_template("centers/places.html", rows=queries.places_rows(center_id()), counts=counts, **common)


@bp.get("/c/<center>/figures/<int:year>/runs/<run_id>/<subject_id>")
@allow(Permission.FIGURES_READ)
def record(year: int, run_id: str, subject_id: str) -> str:
    """One trainee in one run: what was measured and awarded, and the ledger entries it rests on."""
    line = volume.line(center_id(), year, subject_id, run_id)
    entries, total = queries.entries_of(center_id(), line, _page(), PAGE)
    people = ledger.people_of(center_id(), [subject_id]) if may(Permission.PEOPLE_READ) else {}
    return render_template(
        "centers/record.html",
        year=year,
        row=queries.LineRow(line, volume.runs(center_id()).get(run_id), people.get(subject_id)),
        entries=entries,
        total=total,
        page=_page(),
        pages=_pages(total),
        rule=rules.default(),
        kinds=KINDS,
        sources=SOURCES,
    )


@bp.get("/c/<center>/figures/<int:year>/statement.json")
@allow(Permission.FIGURES_READ)
def statement(year: int) -> Response:
    """The page as a document that anybody can check against an export of the ledger."""
    text = json.dumps(queries.statement(g.center, queries.check_year(year)), ensure_ascii=False, indent=1)
    name = f"statement-{g.center.slug}-{year}.json"
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.get("/c/<center>/figures/<int:year>/records.csv")
@allow(Permission.FIGURES_READ)
def records_csv(year: int) -> Response:
    """Every line of a year, without names: trainees are the ledger's random ids."""
    return _csv(queries.check_year(year), names=False)


@bp.route("/c/<center>/figures/<int:year>/names", methods=["GET", "POST"])
@allow(Permission.FIGURES_READ)
def names(year: int) -> Any:
    """The same with names, for a purpose that the audit trail keeps."""
    queries.check_year(year)
    actor().require(Permission.PEOPLE_READ)
    form = NamesForm()
    if form.validate_on_submit():
        audit.record(actor(), "centers.figures.names-exported", str(year), purpose=form.purpose.data.strip())
        return _csv(year, names=True)
    return render_template("centers/names.html", form=form, year=year), 422 if form.is_submitted() else 200


def _csv(year: int, *, names: bool) -> Response:
    head = [
        _("Trainee"),
        *([_("Name")] if names else []),
        _("Run"),
        _("Title (Chinese)"),
        _("Title (English)"),
        _("Year"),
        _("Measured minutes"),
        _("Class hours"),
        _("Person-times"),
        _("Credited at"),
        _("Ledger entries"),
    ]
    rows = (
        [time_text(cell) if hasattr(cell, "tzinfo") else cell for cell in row]
        for row in queries.csv_rows(center_id(), year, names=names)
    )
    return attachment(lambda file: write_csv(file, head, rows), f"figures-{g.center.slug}-{year}.csv", "text/csv")


@bp.route("/c/<center>/figures/places", methods=["GET", "POST"])
@allow(Permission.CAPACITY_DECLARE)
def places() -> Any:
    """Declare how many people can practise at once."""
    form = PlacesForm()
    if not form.is_submitted():
        form.key.data = new_id()
    if form.validate_on_submit():
        try:
            operations.declare_places(actor(), form.places.data, form.basis.data, form.key.data)
        except Invalid as invalid:
            show_errors(form, invalid)
        else:
            flash(
                _("The declaration is recorded. It shows in the figures once it is sealed, within a minute."), "success"
            )
            return redirect(url_for("centers.figures"))
    return render_template("centers/declare.html", form=form), 422 if form.is_submitted() else 200
