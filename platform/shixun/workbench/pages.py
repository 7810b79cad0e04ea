"""The lab's page and its actions, for whoever has a desk: items of runs here, challenges of contests there."""

import uuid
from typing import Any
from urllib.parse import quote

from flask import current_app, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from shixun.assessment.grading import grading_channel
from shixun.config import Settings
from shixun.core.errors import Conflict
from shixun.core.i18n import _, language
from shixun.core.live_tickets import HUB_CHANNEL, events_url
from shixun.web.routing import actor
from shixun.workbench import answer_pages, operations
from shixun.workbench.desks import Desk
from shixun.workbench.hub import Hub
from shixun.workbench.labels import ENDED
from shixun.workbench.models import LabSession, LabWork
from shixun.workbench.operations import Seat
from shixun.workbench.queries import last_ending, submissions_of

# Where the spawner lets a plant answer (shixun_labs.plant), by protocol of the lab: its name, and what a program connects to.
PLANT_ADDRESSES = {
    "modbus": ("Modbus TCP", "127.0.0.1:5020"),
    "opcua": ("OPC UA", "opc.tcp://127.0.0.1:4840"),
    "mqtt": ("MQTT", "127.0.0.1:1883"),
}


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def lab_address(settings: Settings, hub_user: str, path: str) -> str:
    """An address within a person's lab: labs live on a host each, apart from the pages."""
    scheme, _sep, host = settings.labs_url.partition("://")
    return f"{scheme}://{hub_user}.{host}/user/{hub_user}/{path}"


def mine(seat: Seat) -> tuple[LabWork | None, LabSession | None, LabSession | None]:
    """The present person's work at the seat, its open session, and another lab's open session."""
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


def show(desk: Desk) -> str:
    """The page: the task beside JupyterLab and the plant, or what to do to get there."""
    work, session, other = mine(desk.seat)
    settings, user, state = _settings(), g.person.hub_user, state_of(session)
    version = work.lab if work is not None else desk.seat.lab
    ready = state == "ready"
    tree = f"lab/tree/{desk.seat.item}/notebook.ipynb"
    notebook = lab_address(settings, user, tree) if ready and not version.form else None
    hmi = lab_address(settings, user, f"shixun/hmi/?lang={language()}") if ready and version.plant else None
    return render_template(
        "workbench/form_lab.html" if version.form else "workbench/lab.html",
        form=answer_pages.shown(work, version) if version.form else None,
        desk=desk,
        version=version,
        work=work,
        other=other,
        state=state,
        submissions=submissions_of(work) if work is not None else [],
        lab_title=desk.title,
        back_url=desk.back_url,
        lab_url=notebook,
        own_tab_url=notebook or hmi,
        hmi_url=hmi,
        plant_addresses=[
            PLANT_ADDRESSES[protocol] for protocol in (version.plant or {}).get("protocols", ()) if notebook
        ],
        stream=events_url(operations.session_channel(g.person.id), HUB_CHANNEL + user),
        graded_stream=events_url(grading_channel(desk.seat.owner_id)),
        start_steps=_start_steps(version.form != []),
        practice=settings.lab_backend != "docker" or not version.has_checks,
        backend=settings.lab_backend,
        ended=ENDED.get(last_ending(work) or "") if work is not None else None,
        submit_key=uuid.uuid4().hex,
        attention=desk.attention if session is not None and session.counts else None,
        go="go" in request.args,
    )


def _start_steps(without_notebook: bool) -> list[dict[str, str]]:
    """The steps that the spawner tells (shixun_labs.progress), as trainees read them."""
    return [
        {"id": "network", "label": _("Checking that the lab is closed off")},
        {"id": "queue", "label": _("Waiting for a place")},
        {"id": "create", "label": _("Making your container")},
        {"id": "plant", "label": _("Starting the plant")},
        {
            "id": "server",
            "label": _("Opening the screen")
            if without_notebook
            else _("Starting JupyterLab and bringing your work back"),
        },
    ]


def state(desk: Desk) -> Response:
    """For pages whose event stream is away: reload once the state is another."""
    _work, session, _other = mine(desk.seat)
    answer = Response(status=204)
    if state_of(session) != request.args.get("seen"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def submissions(desk: Desk) -> str:
    """The list of what was handed in, as a part of the page."""
    work, version = answer_pages.version_of(desk)
    return render_template(
        "workbench/_submissions.html",
        submissions=submissions_of(work) if work is not None else [],
        form=version.form,
    )


def start(desk: Desk) -> Any:
    """Start the lab; somebody who was never at the hub signs in there first and comes back."""
    here = desk.url("lab")
    if not Hub(_settings()).knows(g.person.hub_user):
        back = quote(f"/hub/shixun/return?to={quote(here + '?go=1', safe='')}", safe="")
        return go_to(f"{_settings().labs_url}/hub/oauth_login?next={back}")
    operations.start(actor(), desk.seat)
    return go_to(here)


def go_to(address: str) -> Any:
    """Go to an address, whether the browser or htmx asked."""
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, code=303)


def stop(desk: Desk) -> Any:
    """Stop this lab; with `again` a fresh one follows."""
    _work, session, _other = mine(desk.seat)
    if session is not None:
        operations.stop(actor(), session, again=request.form.get("again") == "1")
    return go_to(desk.url("lab"))


def submit(desk: Desk) -> Any:
    """Hand in the last saved state of the notebook, or the form."""
    work, version = answer_pages.version_of(desk)
    if version.form:
        return answer_pages.submit(desk)
    saved = operations.saved_files(work) if work is not None else {}
    if work is None or not saved:
        raise Conflict(_("Nothing is saved yet. Open the notebook, work on it, save it (Ctrl+S), then submit."))
    operations.submit(actor(), work, saved, request.form.get("key") or uuid.uuid4().hex)
    flash(_("Handed in. The result appears below as soon as it is graded."), "success")
    return redirect(desk.url("lab") + "#submissions", 303)
