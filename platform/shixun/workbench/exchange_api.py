"""The labs' back channel: nbgrader's exchange and saved work over HTTP, on a listener of its own.

A lab's token opens that trainee's work in that lab and nothing else, and only while the session lasts. Everything that
arrives here is a trainee's: sizes and paths are checked before anything is kept.
"""

import base64
import binascii
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from sqlalchemy import select
from werkzeug.exceptions import RequestEntityTooLarge

from shixun.accounts import queries as accounts
from shixun.accounts.browser import refuse_nul
from shixun.accounts.models import Center, Person
from shixun.assessment import scores
from shixun.assessment.models import Submission
from shixun.core import blobs
from shixun.core.db import db
from shixun.core.errors import DomainError, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.workbench import operations
from shixun.workbench.models import LabSession, LabWork
from shixun.workbench.queries import submissions_of
from shixun.workbench.tickets import session_of_token
from shixun_packs.digest import read_bundle

bp = Blueprint("exchange", __name__, url_prefix="/exchange/v1")


class Unauthorised(DomainError):
    """No token, a wrong one, or one whose lab has ended."""

    status = 401
    code = "token"


bp.before_request(refuse_nul)


@bp.before_request
def enter() -> None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    session_id = session_of_token(current_app.config["SETTINGS"], token)
    session = db.session.get(LabSession, session_id) if session_id else None
    if session is None or session.ended_at is not None:
        raise Unauthorised(_l("This lab has ended. Open it again from its page."))
    g.session = session
    g.work = session.work
    center = db.session.get_one(Center, session.center_id)
    g.actor = accounts.actor_in(db.session.get_one(Person, session.person_id), center)


def _work() -> LabWork:
    work: LabWork = g.work
    return work


def _encoded(files: dict[str, bytes]) -> list[dict[str, str]]:
    return [{"path": path, "data": base64.b64encode(data).decode()} for path, data in sorted(files.items())]


def _decoded(data: object) -> bytes:
    if not isinstance(data, str):
        raise Invalid(_l("A file's content is missing."), code="data")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Invalid(_l("A file's content is not base64."), code="data") from None


def _body() -> dict[str, Any]:
    try:
        found = request.get_json(silent=True)
    except RequestEntityTooLarge:
        raise operations.TooLarge(_l("This is too large. Clear the outputs and try again.")) from None
    if not isinstance(found, dict) or b"\\u0000" in request.get_data():  # a NUL, which no name or key holds
        raise Invalid(_l("The request is not a JSON object."))
    return found


def _described(submission: Submission) -> dict[str, Any]:
    found = scores.score(submission)
    verdict = scores.in_force(submission)
    state = "queued" if verdict is None else verdict.outcome
    if verdict is None and submission.jobs and submission.jobs[-1].started_at is not None:
        state = "failed" if submission.jobs[-1].given_up_at is not None else "running"
    return {
        "id": submission.id,
        "submitted_at": submission.created_at.isoformat(),
        "state": state,
        "score": found.points if found else None,
        "max_score": submission.max_points,
        "feedback": verdict is not None and verdict.feedback_digest is not None,
    }


@bp.get("/assignments")
def assignments() -> Any:
    work = _work()
    return jsonify(
        [
            {
                "course_id": "shixun",
                "assignment_id": work.item,
                "status": "released",
                "notebooks": ["notebook.ipynb"],
                "submissions": [_described(submission) for submission in submissions_of(work)],
            }
        ]
    )


def _check_assignment(assignment: str) -> None:
    if assignment != _work().item:
        raise NotFound(_l("There is no such assignment in this lab."))


@bp.get("/assignments/<assignment>/files")
def files(assignment: str) -> Any:
    """What the trainee receives: the release notebook and its assets."""
    _check_assignment(assignment)
    digest = _work().lab.release_digest
    return jsonify(digest=digest, files=_encoded(read_bundle(blobs.get(digest))))


@bp.post("/assignments/<assignment>/submissions")
def submit(assignment: str) -> Any:
    _check_assignment(assignment)
    body = _body()
    sent = body.get("files")
    if not isinstance(sent, list) or not all(isinstance(file, dict) for file in sent):
        raise Invalid(_l("The submission has no list of files."), code="files")
    found = {str(file.get("path", "")): _decoded(file.get("data")) for file in sent}
    submission, new = operations.submit(g.actor, _work(), found, str(body.get("key", "")))
    return jsonify(id=submission.id, submitted_at=submission.created_at.isoformat()), 201 if new else 200


@bp.get("/submissions/<submission_id>/feedback")
def feedback(submission_id: str) -> Any:
    work = _work()
    submission = db.session.scalar(
        select(Submission).where(
            Submission.id == submission_id,
            Submission.center_id == work.center_id,
            Submission.context_id == work.context_id,
            Submission.item == work.item,
            Submission.owner_id == work.owner_id,
        )
    )
    verdict = scores.in_force(submission) if submission else None
    if verdict is None or verdict.feedback_digest is None:
        raise NotFound(_l("There is no feedback yet."))
    return jsonify(files=_encoded({"feedback.html": blobs.get(verdict.feedback_digest)}))


@bp.get("/work")
def work_files() -> Any:
    """The saved work, to be put back when a lab starts."""
    return jsonify(
        files=[
            {"path": f.path, "data": base64.b64encode(blobs.get(f.digest)).decode(), "saved_at": f.saved_at.isoformat()}
            for f in _work().files
        ]
    )


@bp.put("/work")
def save() -> Any:
    body = _body()
    operations.save_file(_work(), str(body.get("path", "")), _decoded(body.get("data")))
    return Response(status=204)


@bp.delete("/work")
def remove() -> Any:
    """The trainee deleted or renamed a file: it doesn't come back at the next start."""
    operations.remove_file(_work(), str(_body().get("path", "")))
    return Response(status=204)
