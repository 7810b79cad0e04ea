"""Runs as instructors plan, open and look after them."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _, local
from shixun.core.permissions import Permission
from shixun.curriculum import labels, panels
from shixun.curriculum import queries as curriculum
from shixun.enrolment import forms, operations, queries
from shixun.enrolment.models import Run
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id

bp = Blueprint("runs", __name__, template_folder="templates")


def _run(run_id: str) -> Run:
    return queries.run(center_id(), run_id)


@bp.get("/c/<center>/runs")
@allow(Permission.RUN_MANAGE)
def index() -> str:
    """The center's runs, by state."""
    asked = request.args.get("state", "")
    counts = queries.run_counts(center_id())
    state = queries.RunState(asked) if asked in list(queries.RunState) else queries.RunState.RUNNING
    if not asked and not counts[state]:  # the first tab that has something
        state = next((one for one in queries.RunState if counts[one]), state)
    return render_template("enrolment/runs.html", rows=queries.runs(center_id(), state), state=state, counts=counts)


@bp.route("/c/<center>/runs/new", methods=["GET", "POST"])
@allow(Permission.RUN_MANAGE)
def new() -> ResponseReturnValue:
    """Plan a run: first the course, then the rest."""
    slug = request.args.get("course", "")
    if not slug:
        return render_template("enrolment/run_course.html", courses=curriculum.offered(center_id()), labels=labels)
    version = curriculum.current_version(slug, center_id())
    form = forms.RunForm(data=None if request.method == "POST" else forms.new_run(version, actor().person_id))
    form.prepare(version, queries.teachers(center_id()), _class_hour_minutes())
    if form.validate_on_submit():
        try:
            run = operations.create_run(actor(), center_id(), version, form.plan())
        except Invalid as invalid:
            _show(form, invalid)
        else:
            flash(_("The run is planned. Add class meetings and trainees, then open it."), "success")
            return redirect(url_for("runs.show", run=run.id))
    page = render_template("enrolment/run_form.html", form=form, version=version, run=None)
    return page, 422 if form.is_submitted() else 200


@bp.route("/c/<center>/runs/<run>/edit", methods=["GET", "POST"])
@allow(Permission.RUN_MANAGE)
def edit(run: str) -> ResponseReturnValue:
    found = _run(run)
    form = forms.RunForm(data=None if request.method == "POST" else forms.of_run(found))
    form.prepare(found.version, queries.teachers(center_id()), found.class_hour_minutes)
    if form.validate_on_submit():
        try:
            operations.edit_run(actor(), found, form.plan(found))
        except Invalid as invalid:
            _show(form, invalid)
        else:
            flash(_("The run is changed."), "success")
            return redirect(url_for("runs.show", run=run))
    page = render_template("enrolment/run_form.html", form=form, version=found.version, run=found)
    return page, 422 if form.is_submitted() else 200


def _show(form: forms.RunForm, invalid: Invalid) -> None:
    fields = {forms.FIELD_OF.get(name, name): message for name, message in invalid.fields.items()}
    show_errors(form, Invalid(invalid.message, fields))


def _class_hour_minutes() -> int:
    return int(current_app.config["SETTINGS"].class_hour_minutes)


@bp.get("/c/<center>/runs/<run>")
@allow(Permission.RUN_MANAGE)
def show(run: str) -> str:
    """One run: its plan, its meetings, how far everybody is."""
    found = _run(run)
    enrolments = queries.enrolments(found)
    standings = queries.standings(found.version, [enrolment.id for enrolment in enrolments])
    return render_template(
        "enrolment/run.html",
        run=found,
        state=queries.state_of(found),
        rows=[_row(found, enrolment, standings[enrolment.id]) for enrolment in enrolments],
        meetings=queries.meetings(found),
        attended=queries.attendance_counts(found),
        panels=panels.panels(panels.Place.RUN, actor(), found),
    )


def _row(run: Run, enrolment: Any, standing: queries.Standing) -> dict[str, Any]:
    coming = queries.next_item(run.version, standing)
    return {
        "enrolment": enrolment,
        "name": enrolment.person.name,
        "username": enrolment.person.username,
        "standing": standing,
        "next": local(coming.title) if coming is not None else "",
        "since": enrolment.created_at,
    }


@bp.get("/c/<center>/runs/<run>/open")
@allow(Permission.RUN_MANAGE)
def confirm_open(run: str) -> str:
    found = _run(run)
    return render_template(
        "confirm.html",
        title=_("Open “%(run)s”?", run=local(found.title)),
        text=_(
            "From then on learning in it counts. Its planned minutes and the share to reach stay as they are, and so "
            "does whether it is a single class meeting."
        ),
        action=url_for("runs.open_run", run=run),
        label=_("Open the run"),
        cancel_url=url_for("runs.show", run=run),
        kind="primary",
    )


@bp.post("/c/<center>/runs/<run>/open")
@allow(Permission.RUN_MANAGE)
def open_run(run: str) -> ResponseReturnValue:
    try:
        operations.open_run(actor(), _run(run))
    except Conflict as conflict:
        flash(str(conflict), "error")
    else:
        flash(_("The run is open."), "success")
    return redirect(url_for("runs.show", run=run))


@bp.route("/c/<center>/runs/<run>/trainees", methods=["GET", "POST"])
@allow(Permission.RUN_MANAGE)
def trainees(run: str) -> ResponseReturnValue:
    """Choose trainees of the center who shall take part."""
    found = _run(run)
    search = request.values.get("q", "").replace("\x00", "")[:80]
    chosen = request.form.getlist("person")
    status = 200
    if request.method == "POST":
        try:
            added = operations.enrol(actor(), found, chosen)
        except (Invalid, Conflict) as error:
            flash(str(error), "error")
            status = 422
        else:
            flash(
                _("Added: %(names)s", names=", ".join(one.person.name for one in added)), "success"
            ) if added else None
            return redirect(url_for("runs.show", run=run))
    page = render_template(
        "enrolment/run_trainees.html",
        run=found,
        people=queries.candidates(found, search),
        taken=operations.places_taken(found),
        search=search,
        chosen=chosen,
    )
    return page, status


@bp.get("/c/<center>/runs/<run>/trainees/<enrolment>/withdraw")
@allow(Permission.RUN_MANAGE)
def confirm_withdraw(run: str, enrolment: str) -> str:
    found = queries.enrolment(center_id(), run, enrolment)
    return render_template(
        "confirm.html",
        title=_("Take %(name)s out of the run?", name=found.person.name),
        text=_("What was learned so far stays recorded. Added again, the trainee goes on from there."),
        action=url_for("runs.withdraw", run=run, enrolment=enrolment),
        label=_("Take out"),
        cancel_url=url_for("runs.show", run=run),
    )


@bp.post("/c/<center>/runs/<run>/trainees/<enrolment>/withdraw")
@allow(Permission.RUN_MANAGE)
def withdraw(run: str, enrolment: str) -> ResponseReturnValue:
    found = queries.enrolment(center_id(), run, enrolment)
    operations.withdraw(actor(), found)
    flash(_("%(name)s no longer takes part.", name=found.person.name), "success")
    return redirect(url_for("runs.show", run=run))


@bp.get("/c/<center>/runs/<run>/trainees/<enrolment>")
@allow(Permission.RUN_MANAGE)
def trainee(run: str, enrolment: str) -> str:
    """How far one trainee is, item by item, and which meetings they attended."""
    found = queries.enrolment(center_id(), run, enrolment)
    if found.ended_at is not None:
        raise NotFound(_("This person does not take part in this run."))
    version = _run(run).version
    return render_template(
        "enrolment/run_trainee.html",
        run=found.run,
        enrolment=found,
        version=version,
        standing=queries.standings(version, [found.id])[found.id],
        meetings=queries.meetings(found.run),
        stays=queries.attendance_of(found.id),
    )
