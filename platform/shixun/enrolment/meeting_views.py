"""Class meetings: planning, the code on the screen, checking in and out."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.core.clock import now
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _
from shixun.core.permissions import Permission
from shixun.core.unit_of_work import commit
from shixun.enrolment import forms, meetings, queries
from shixun.enrolment.models import Meeting
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id

bp = Blueprint("meetings", __name__, template_folder="templates")


def _meeting(run: str, meeting: str) -> Meeting:
    return queries.meeting(center_id(), run, meeting)


@bp.route("/c/<center>/runs/<run>/meetings/new", methods=["GET", "POST"])
@allow(Permission.RUN_MANAGE)
def new(run: str) -> ResponseReturnValue:
    found = queries.run(center_id(), run)
    form = forms.MeetingForm()
    if form.validate_on_submit():
        try:
            meetings.plan_meeting(actor(), found, form.plan())
        except (Invalid, Conflict) as error:
            show_errors(form, error if isinstance(error, Invalid) else Invalid(error.message))
        else:
            flash(_("The meeting is planned."), "success")
            return redirect(url_for("runs.show", run=run))
    page = render_template("enrolment/meeting_form.html", form=form, run=found, meeting=None)
    return page, 422 if form.is_submitted() else 200


@bp.route("/c/<center>/runs/<run>/meetings/<meeting>/edit", methods=["GET", "POST"])
@allow(Permission.RUN_MANAGE)
def edit(run: str, meeting: str) -> ResponseReturnValue:
    found = _meeting(run, meeting)
    form = forms.MeetingForm(data=None if request.method == "POST" else forms.of_meeting(found))
    if form.validate_on_submit():
        try:
            meetings.change_meeting(actor(), found, form.plan())
        except (Invalid, Conflict) as error:
            show_errors(form, error if isinstance(error, Invalid) else Invalid(error.message))
        else:
            flash(_("The meeting is changed."), "success")
            return redirect(url_for("meetings.show", run=run, meeting=meeting))
    page = render_template("enrolment/meeting_form.html", form=form, run=found.run, meeting=found)
    return page, 422 if form.is_submitted() else 200


@bp.get("/c/<center>/runs/<run>/meetings/<meeting>/remove")
@allow(Permission.RUN_MANAGE)
def confirm_remove(run: str, meeting: str) -> str:
    found = _meeting(run, meeting)
    return render_template(
        "confirm.html",
        title=_("Remove “%(meeting)s”?", meeting=found.title),
        text=_("The meeting disappears from the plan of this run."),
        action=url_for("meetings.remove", run=run, meeting=meeting),
        label=_("Remove"),
        cancel_url=url_for("meetings.show", run=run, meeting=meeting),
    )


@bp.post("/c/<center>/runs/<run>/meetings/<meeting>/remove")
@allow(Permission.RUN_MANAGE)
def remove(run: str, meeting: str) -> ResponseReturnValue:
    try:
        meetings.remove_meeting(actor(), _meeting(run, meeting))
    except Conflict as conflict:
        flash(str(conflict), "error")
        return redirect(url_for("meetings.show", run=run, meeting=meeting))
    flash(_("The meeting is removed."), "success")
    return redirect(url_for("runs.show", run=run))


@bp.get("/c/<center>/runs/<run>/meetings/<meeting>")
@allow(Permission.RUN_MANAGE)
def show(run: str, meeting: str) -> str:
    """The page for the projector: the code, and who is here."""
    found = _meeting(run, meeting)
    return render_template("enrolment/meeting.html", run=found.run, meeting=found, **_presence(found))


@bp.get("/c/<center>/runs/<run>/meetings/<meeting>/presence")
@allow(Permission.RUN_MANAGE)
def presence(run: str, meeting: str) -> str:
    """The part of the page that changes: htmx fetches it every few seconds."""
    found = _meeting(run, meeting)
    return render_template("enrolment/_presence.html", run=found.run, meeting=found, **_presence(found))


def _presence(meeting: Meeting) -> dict[str, Any]:
    instant = now()
    code, seconds = meetings.code(meeting, instant)
    stays = queries.attendance_in(meeting)
    rows = []
    for enrolment in queries.enrolments(meeting.run):
        own = stays.get(enrolment.id, [])
        here = bool(own) and own[-1].ended_at is None
        rows.append({"enrolment": enrolment, "name": enrolment.person.name, "stays": own, "here": here})
    return {
        "is_open": meetings.is_open(meeting, instant) and meeting.run.counts,
        "is_over": instant >= meeting.ends_at,
        "code": code,
        "seconds": seconds,
        "rows": rows,
        "here": sum(row["here"] for row in rows),
        "came": sum(bool(row["stays"]) for row in rows),
    }


@bp.post("/c/<center>/runs/<run>/meetings/<meeting>/attendance/<enrolment>")
@allow(Permission.RUN_MANAGE)
def by_hand(run: str, meeting: str, enrolment: str) -> ResponseReturnValue:
    """Check somebody in or out who has no phone at hand."""
    found = _meeting(run, meeting)
    who = queries.enrolment(center_id(), run, enrolment)
    try:
        if request.form.get("leave"):
            meetings.check_out(actor(), who, found)
        else:
            meetings.check_in_by_hand(actor(), who, found)
    except Conflict as conflict:
        flash(str(conflict), "error")
    return redirect(url_for("meetings.show", run=run, meeting=meeting))


@bp.route("/c/<center>/learn/<run>/meetings/<meeting>", methods=["GET", "POST"])
@allow(Permission.COURSE_LEARN)
def check_in(run: str, meeting: str) -> ResponseReturnValue:
    """The trainee types the code that the class sees."""
    enrolment = queries.own_enrolment(actor(), center_id(), run)
    found = _meeting(run, meeting)
    form = forms.CodeForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            meetings.check_in(actor(), enrolment, found, form.code.data)
        except meetings.WrongCode as wrong:
            commit()  # the failure itself must be remembered
            show_errors(form, wrong)
        except Conflict as conflict:
            flash(str(conflict), "error")
            status = 409
        else:
            flash(_("You are checked in. Your class time counts from now."), "success")
            return redirect(url_for("meetings.check_in", run=run, meeting=meeting))
    stays = queries.attendance_of(enrolment.id).get(found.id, [])
    page = render_template(
        "enrolment/check_in.html",
        form=form,
        run=enrolment.run,
        meeting=found,
        stays=stays,
        here=bool(stays) and stays[-1].ended_at is None,
        is_open=meetings.is_open(found),
        is_over=now() >= found.ends_at,
    )
    return page, status


@bp.get("/c/<center>/learn/<run>/meetings/<meeting>/leave")
@allow(Permission.COURSE_LEARN)
def confirm_leave(run: str, meeting: str) -> str:
    queries.own_enrolment(actor(), center_id(), run)
    found = _meeting(run, meeting)
    return render_template(
        "confirm.html",
        title=_("Leave “%(meeting)s” now?", meeting=found.title),
        text=_("Your class time ends now. To come back you need the code again."),
        action=url_for("meetings.leave", run=run, meeting=meeting),
        label=_("Leave"),
        cancel_url=url_for("meetings.check_in", run=run, meeting=meeting),
    )


@bp.post("/c/<center>/learn/<run>/meetings/<meeting>/leave")
@allow(Permission.COURSE_LEARN)
def leave(run: str, meeting: str) -> ResponseReturnValue:
    enrolment = queries.own_enrolment(actor(), center_id(), run)
    meetings.check_out(actor(), enrolment, _meeting(run, meeting))
    flash(_("You have left the meeting. Your time is recorded."), "success")
    return redirect(url_for("meetings.check_in", run=run, meeting=meeting))
