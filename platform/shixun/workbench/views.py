"""The lab's page: the task beside JupyterLab and the plant, and everything that can be done with a lab."""

import uuid
from typing import Any
from urllib.parse import quote

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shixun.config import Settings
from shixun.assessment.grading import grading_channel
from shixun.core import blobs
from shixun.core.errors import Conflict
from shixun.core.i18n import _, language, local
from shixun.core.live_tickets import HUB_CHANNEL, events_url
from shixun.core.permissions import Permission
from shixun.enrolment.attention import start_token
from shixun.web.routing import actor, allow
from shixun.workbench import operations
from shixun.workbench.hub import Hub
from shixun.workbench.models import LabSession, LabWork
from shixun.workbench.operations import Seat
from shixun.workbench.queries import last_failed, submissions_of
from shixun.workbench.seats import enrolment_of, run_item, seat_in_run

bp = Blueprint("workbench", __name__, template_folder="templates")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def lab_address(settings: Settings, hub_user: str, path: str) -> str:
    """An address within a person's lab: labs live on a host each, apart from the pages."""
    scheme, _sep, host = settings.labs_url.partition("://")
    return f"{scheme}://{hub_user}.{host}/user/{hub_user}/{path}"


def _mine(seat: Seat) -> tuple[LabWork | None, LabSession | None, LabSession | None]:
    """The work at the seat, its open session, and another lab's open session."""
    assert g.person is not None
    work = operations.existing_work(g.person.id, seat)
    session = operations.open_session(g.person.id)
    if session is not None and (work is None or session.work_id != work.id):
        return work, None, session
    return work, session, None


def state_of(session: LabSession | None) -> str:
    """`none`, `starting`, `ready` or `stopping`."""
    if session is None:
        return "none"
    if session.stopping_at is not None:
        return "stopping"
    return "ready" if session.ready_at is not None else "starting"


@bp.get("/c/<center>/runs/<run_id>/labs/<item>")
@allow(Permission.LAB_USE)
def lab(run_id: str, item: str) -> Any:
    seat = seat_in_run(actor(), run_id, item)
    run, course_item = run_item(seat.center_id, run_id, item)
    work, session, other = _mine(seat)
    settings, user = _settings(), g.person.hub_user
    state = state_of(session)
    version = work.lab if work is not None else seat.lab
    return render_template(
        "workbench/lab.html",
        run=run,
        item=course_item,
        version=version,
        work=work,
        session=session,
        other=other,
        state=state,
        submissions=submissions_of(work) if work is not None else [],
        lab_title=local(course_item.title),
        back_url=url_for("enrolment.run", run_id=run.id),
        lab_url=lab_address(settings, user, "lab/tree/notebook.ipynb") if state == "ready" else None,
        hmi_url=lab_address(settings, user, f"shixun/hmi/?lang={language()}")
        if state == "ready" and version.plant
        else None,
        own_tab_url=lab_address(settings, user, "lab/tree/notebook.ipynb") if state == "ready" else None,
        stream=events_url(operations.session_channel(g.person.id), HUB_CHANNEL + user),
        practice=settings.lab_backend != "docker" or not version.has_checks,
        backend=settings.lab_backend,
        graded_stream=events_url(grading_channel(seat.owner_id)),
        start_steps=_start_steps(),
        session_failed=work is not None and last_failed(work),
        submit_key=uuid.uuid4().hex,
        attention=start_token(enrolment_of(actor(), run.id), item, "lab") if session is not None and session.counts else None,
        go="go" in request.args,
    )


def _start_steps() -> list[dict[str, str]]:
    """The steps that the spawner tells (shixun_labs.progress), as trainees read them."""
    return [
        {"id": "network", "label": _("Checking that the lab is closed off")},
        {"id": "queue", "label": _("Waiting for a place")},
        {"id": "create", "label": _("Making your container")},
        {"id": "plant", "label": _("Starting the plant")},
        {"id": "server", "label": _("Starting JupyterLab and bringing your work back")},
    ]


@bp.get("/c/<center>/runs/<run_id>/labs/<item>/state")
@allow(Permission.LAB_USE)
def state(run_id: str, item: str) -> Any:
    """For pages whose event stream is away: reload once the state is another."""
    _work, session, _other = _mine(seat_in_run(actor(), run_id, item))
    answer = Response(status=204)
    if state_of(session) != request.args.get("seen"):
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/c/<center>/runs/<run_id>/labs/<item>/submissions")
@allow(Permission.LAB_USE)
def submissions(run_id: str, item: str) -> Any:
    """The list of what was handed in, as a part of the page."""
    work, _session, _other = _mine(seat_in_run(actor(), run_id, item))
    found = submissions_of(work) if work is not None else []
    return render_template("workbench/_submissions.html", submissions=found, run_id=run_id, item_slug=item)


@bp.post("/c/<center>/runs/<run_id>/labs/<item>/start")
@allow(Permission.LAB_USE)
def start(run_id: str, item: str) -> Any:
    """Start the lab; somebody who was never at the hub signs in there first and comes back."""
    here = url_for("workbench.lab", run_id=run_id, item=item)
    seat = seat_in_run(actor(), run_id, item)
    if not Hub(_settings()).knows(g.person.hub_user):
        back = quote(f"/hub/shixun/return?to={quote(here + '?go=1', safe='')}", safe="")
        return _go(f"{_settings().labs_url}/hub/oauth_login?next={back}")
    operations.start(actor(), seat)
    return _go(here)


def _go(address: str) -> Response:
    """Go to an address, whether the browser or htmx asked."""
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, code=303)


@bp.post("/c/<center>/runs/<run_id>/labs/<item>/stop")
@allow(Permission.LAB_USE)
def stop(run_id: str, item: str) -> Any:
    """Stop this lab; with `again` a fresh one follows."""
    _work, session, _other = _mine(seat_in_run(actor(), run_id, item))
    if session is not None:
        operations.stop(actor(), session, again=request.form.get("again") == "1")
    return _go(url_for("workbench.lab", run_id=run_id, item=item))


@bp.post("/c/<center>/lab/stop-other")
@allow(Permission.LAB_USE)
def stop_other() -> Any:
    """Stop whatever lab is open, to make room for another."""
    session = operations.open_session(g.person.id)
    if session is not None:
        operations.stop(actor(), session)
        flash(_("The other lab is being stopped. Its work is kept."), "success")
    return redirect(
        request.form.get("next") if _own_path(request.form.get("next")) else url_for("accounts.center_home"), 303
    )


def _own_path(target: str | None) -> bool:
    return bool(target) and str(target).startswith(f"/c/{g.center.slug}/")


@bp.post("/c/<center>/runs/<run_id>/labs/<item>/submit")
@allow(Permission.SUBMIT)
def submit(run_id: str, item: str) -> Any:
    """Hand in the last saved state of the notebook."""
    work, _session, _other = _mine(seat_in_run(actor(), run_id, item))
    saved = {file.path: blobs.get(file.digest) for file in work.files} if work is not None else {}
    if work is None or not saved:
        raise Conflict(_("Nothing is saved yet. Open the notebook, work on it, save it (Ctrl+S), then submit."))
    operations.submit(actor(), work, saved, request.form.get("key") or uuid.uuid4().hex)
    flash(_("Handed in. The result appears below as soon as it is graded."), "success")
    return redirect(url_for("workbench.lab", run_id=run_id, item=item) + "#submissions", 303)
