"""Errors as pages (or JSON on machine faces): what happened and the way out. Nothing of an error's inside reaches a reader."""

from typing import Any

import structlog
from flask import Flask, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from shixun.core.errors import DomainError
from shixun.core.i18n import _
from shixun.core.unit_of_work import rollback

log = structlog.get_logger(__name__)


def _texts() -> dict[int, str]:
    return {
        400: _("The request could not be understood. Go back, reload the page and try again."),
        401: _("Please sign in."),
        403: _("Your role does not allow this. Ask your center manager if you need it."),
        404: _("There is no such page, or it is not one that you may see."),
        405: _("This address does not take that kind of request. Go back and use the page's own buttons."),
        409: _("Somebody else changed this in the meantime. Reload the page to see how it stands now."),
        413: _("That is too large. The page where you chose it says how large a file may be."),
        429: _("Too many tries in a short time. Wait a minute, then try again."),
        500: _(
            "Something went wrong on our side. Nothing you sent before was lost. "
            "Try again; if it happens again, tell the operator the number below."
        ),
        503: _("A part of the platform is not answering just now. Your work is kept. Try again in a minute."),
    }


def wants_json() -> bool:
    """Machine faces, and scripts of our pages that say so."""
    return (
        current_app.config["LISTENER"] != "web"
        or request.path.startswith(("/api/", "/oauth/token", "/oauth/userinfo"))
        or request.accept_mimetypes.best == "application/json"
    )


def answer(status: int, message: str, code: str, fields: dict[str, str] | None = None) -> tuple[Any, int]:
    """One error, as the reader wants it."""
    rollback()
    request_id = g.get("request_id", "")
    if wants_json():
        return jsonify(
            error={"code": code, "message": message, "fields": fields or {}, "request_id": request_id}
        ), status
    return render_template("error.html", status=status, message=message, request_id=request_id), status


def _domain(error: DomainError) -> tuple[Any, int]:
    return answer(
        error.status, str(error.message), error.code, {k: str(v) for k, v in getattr(error, "fields", {}).items()}
    )


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:  # redirects travel as exceptions in places
        return error
    message = _texts().get(status, error.name)
    if isinstance(error, CSRFError):
        message = _("This form was open too long or came from another page. Go back, reload it and send it again.")
    return answer(status, message, error.name.lower().replace(" ", "-"))


def _database(error: DBAPIError) -> tuple[Any, int]:
    log.exception("database error")
    if isinstance(error, OperationalError):
        return answer(503, _texts()[503], "unavailable")
    return answer(500, _texts()[500], "internal")


def _unexpected(error: Exception) -> tuple[Any, int]:
    log.exception("unexpected error", path=request.path)
    return answer(500, _texts()[500], "internal")


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    if not app.testing:  # tests see the exception itself
        app.register_error_handler(Exception, _unexpected)
