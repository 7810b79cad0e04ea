"""The graders' back channel, on a listener of its own: bearer token, no cookies, nothing else of the platform behind it."""

import hmac
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from pydantic import ValidationError
from werkzeug.wrappers import Response

from shixun.assessment import grading
from shixun.core import blobs
from shixun.core.db import db
from shixun.core.errors import DomainError, Invalid
from shixun.core.i18n import _l
from shixun.core.unit_of_work import rollback
from shixun.core.wakeup import wait
from shixun_graders.protocol import GradingResult

bp = Blueprint("grader", __name__, url_prefix="/grader/v1")
LONGEST_WAIT = 10.0  # seconds; this listener has threads of its own, and graders are few


class Unauthorised(DomainError):
    """No or a wrong token."""

    status = 401
    code = "token"


@bp.before_request
def check_token() -> None:
    expected = "Bearer " + current_app.config["SETTINGS"].grader_token
    if not hmac.compare_digest(request.headers.get("Authorization", ""), expected):
        raise Unauthorised(_l("The grader's token is missing or wrong."))


def _body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Invalid(_l("The request is not a JSON object."))
    return found


@bp.post("/lease")
def lease() -> Any:
    """A job, or 204 after waiting up to `wait` seconds."""
    body = _body()
    worker = str(body.get("worker", ""))
    seconds = min(max(float(body.get("wait", 0)), 0.0), LONGEST_WAIT)
    secret = current_app.config["SETTINGS"].grading_secret
    job = grading.lease(worker, secret)
    if job is None and seconds:
        rollback()  # hold no transaction while waiting
        db.session.remove()
        wait("grading", seconds)
        job = grading.lease(worker, secret)
    return ("", 204) if job is None else jsonify(job.model_dump(mode="json"))


@bp.get("/bundles/<digest>")
def bundle(digest: str) -> Response:
    return Response(blobs.get(digest), mimetype="application/octet-stream")


@bp.post("/jobs/<job_id>/heartbeat")
def heartbeat(job_id: str) -> Any:
    grading.heartbeat(job_id, str(_body().get("lease_id", "")))
    return "", 204


@bp.post("/jobs/<job_id>/result")
def result(job_id: str) -> Any:
    try:
        message = GradingResult.model_validate(_body())
    except ValidationError as error:
        raise Invalid(_l("The result is not of the protocol."), code="protocol") from error
    if message.job_id != job_id:
        raise Invalid(_l("The result is of another job."), code="protocol")
    grading.finish(message)
    return "", 204
