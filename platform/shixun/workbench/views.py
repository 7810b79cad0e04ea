"""Routes of the labs of runs."""

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for

from shixun.core.i18n import _, local
from shixun.core.permissions import Permission
from shixun.enrolment.attention import start_token
from shixun.web.routing import actor, allow
from shixun.workbench import answer_pages, operations, pages
from shixun.workbench.desks import Desk
from shixun.workbench.seats import enrolment_of, run_item, seat_in_run

bp = Blueprint("workbench", __name__, template_folder="templates")
ITEM = "/c/<center>/learn/<run>/labs/<item>"


def _desk(run: str, item: str) -> Desk:
    seat = seat_in_run(actor(), run, item)
    _run, course_item = run_item(seat.center_id, run, item)
    return Desk(
        seat=seat,
        title=local(course_item.title),
        back_url=url_for("learning.run", run=run),
        prefix="workbench.",
        arguments={"run": run, "item": item},
        attention=start_token(enrolment_of(actor(), run), item, "lab"),
    )


@bp.get(ITEM)
@allow(Permission.LAB_USE)
def lab(run: str, item: str) -> Any:
    return pages.show(_desk(run, item))


@bp.get(ITEM + "/state")
@allow(Permission.LAB_USE)
def state(run: str, item: str) -> Any:
    return pages.state(_desk(run, item))


@bp.get(ITEM + "/submissions")
@allow(Permission.LAB_USE)
def submissions(run: str, item: str) -> Any:
    return pages.submissions(_desk(run, item))


@bp.post(ITEM + "/start")
@allow(Permission.LAB_USE)
def start(run: str, item: str) -> Any:
    return pages.start(_desk(run, item))


@bp.post(ITEM + "/stop")
@allow(Permission.LAB_USE)
def stop(run: str, item: str) -> Any:
    return pages.stop(_desk(run, item))


@bp.post(ITEM + "/submit")
@allow(Permission.SUBMIT)
def submit(run: str, item: str) -> Any:
    return pages.submit(_desk(run, item))


@bp.get(ITEM + "/answers")
@allow(Permission.LAB_USE)
def answers(run: str, item: str) -> Any:
    return answer_pages.get(_desk(run, item))


@bp.post(ITEM + "/answers")
@allow(Permission.LAB_USE)
def save_answers(run: str, item: str) -> Any:
    return answer_pages.save(_desk(run, item))


@bp.post("/c/<center>/lab/stop-other")
@allow(Permission.LAB_USE)
def stop_other() -> Any:
    """Stop whatever lab is open, to make room for another."""
    session = operations.open_session(g.person.id)
    if session is not None:
        operations.stop(actor(), session)
        flash(_("The other lab is being stopped. Its work is kept."), "success")
    target = request.form.get("next", "")
    return redirect(target if target.startswith(f"/c/{g.center.slug}/") else url_for("accounts.center_home"), 303)
