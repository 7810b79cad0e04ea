"""Pages that belong to no feature: the language switch, health."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response

from shixun.core.db import db
from shixun.core.i18n import LANGUAGES, _
from shixun.core.permissions import Access
from shixun.web.routing import allow

bp = Blueprint("web", __name__)


def local_path(target: str | None, default: str = "/") -> str:
    """`target` if it is a path on this site, else `default`: nobody is sent away by a link somebody else made."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    parts = urlsplit(target)
    return target if not parts.netloc and not parts.scheme else default


@bp.post("/language/<code>")
@allow(Access.PUBLIC)
def language(code: str) -> Response:
    """Remember the language in the browser and come back."""
    if code not in LANGUAGES:
        abort(404)
    session["language"] = code
    return redirect(local_path(request.form.get("next")))


@bp.get("/healthz")
@allow(Access.PUBLIC)
def healthz() -> Any:
    """This process lives."""
    return jsonify(status="ok")


@bp.get("/readyz")
@allow(Access.PUBLIC)
def readyz() -> Any:
    """This process can serve: its database answers."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok", database="ok")


@bp.get("/proxy-error/<int:status>")
@allow(Access.PUBLIC)
def proxy_error(status: int) -> Any:
    """What the front door shows when a lab or the hub does not answer."""
    message = {
        404: _("There is no such page. A lab that has ended is opened again from its own page."),
        503: _("This lab is not answering. Go back to its page; it starts again from there, with your saved work."),
    }.get(status, _("A part of the platform is not answering just now. Your work is kept. Try again in a minute."))
    return render_template("error.html", status=status, message=message, request_id=g.request_id), 200


@bp.get("/favicon.ico")
@allow(Access.PUBLIC)
def favicon() -> Response:
    return redirect(url_for("static", filename="favicon.svg"), code=301)
