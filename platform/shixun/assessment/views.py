"""The result of a submission, the gradebook, and grading by hand."""

import csv
import io
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from shixun.assessment import grading, operations, queries, scores
from shixun.assessment.forms import ManualForm
from shixun.assessment.models import Submission
from shixun.core import blobs
from shixun.core.errors import Invalid, NotFound
from shixun.core.i18n import _, local
from shixun.core.live_tickets import events_url
from shixun.core.permissions import Permission
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun_graders.protocol import NOTE_TEXT, REASON_TEXT, Note, Reason

bp = Blueprint("assessment", __name__, template_folder="templates")
bp.add_app_template_filter(scores.score, "score")
bp.add_app_template_filter(queries.grading_state, "grading_state")


def _texts(submission: Submission) -> tuple[str | None, list[str]]:
    """The reason of a refusal and the notes of the verdict in force, in the reader's language."""
    verdict = scores.in_force(submission)
    if verdict is None:
        return None, []
    reason = local(REASON_TEXT[Reason(verdict.reason)]) if verdict.reason else None
    return reason, [local(NOTE_TEXT[Note(note)]) for note in verdict.notes]


@bp.get("/c/<center>/submissions/<submission_id>")
@allow(Permission.COURSE_READ)
def result(submission_id: str) -> Any:
    submission = queries.visible_submission(actor(), submission_id)
    lab = queries.lab_of(submission)
    reason, notes = _texts(submission)
    return render_template(
        "assessment/result.html",
        submission=submission,
        lab=lab,
        titles={grade["id"]: local(grade["title"]) for grade in lab.grades} if lab else {},
        hints={key: local(text) for key, text in lab.hints.items()} if lab else {},
        found=scores.score(submission),
        verdict=scores.in_force(submission),
        state=queries.grading_state(submission),
        reason=reason,
        notes=notes,
        form=ManualForm() if actor().may(Permission.GRADE) else None,
        stream=events_url(grading.grading_channel(submission.owner_id)),
    )


@bp.get("/c/<center>/submissions/<submission_id>/feedback")
@allow(Permission.COURSE_READ)
def feedback(submission_id: str) -> Response:
    """The executed notebook. It holds a trainee's output: sanitised by the grader, and served where nothing of it can act."""
    verdict = scores.in_force(queries.visible_submission(actor(), submission_id))
    if verdict is None or verdict.feedback_digest is None:
        raise NotFound(_("There is no feedback yet."))
    page = render_template("assessment/feedback.html", html=blobs.get(verdict.feedback_digest).decode())
    answer = Response(page, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'self'"
    )
    return answer


@bp.get("/c/<center>/runs/<run>/gradebook")
@allow(Permission.GRADEBOOK_READ)
def gradebook(run: str) -> Any:
    book = queries.gradebook(center_id(), run)
    return render_template("assessment/gradebook.html", book=book)


@bp.get("/c/<center>/runs/<run>/gradebook.csv")
@allow(Permission.GRADEBOOK_READ)
def gradebook_csv(run: str) -> Response:
    book = queries.gradebook(center_id(), run)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Name"), _("Sign-in name"), *[local(item.title) for item in book.items], _("Points")])
    for row in book.rows:
        points = ["" if cell.points is None else f"{cell.points:g}" for cell in row.cells]
        writer.writerow([_plain(row.person.name), _plain(row.person.username), *points, f"{row.points:g}"])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="gradebook.csv"'
    return answer


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in "=+-@\t\r" else text


@bp.get("/c/<center>/runs/<run>/grading")
@allow(Permission.GRADE)
def waiting(run: str) -> Any:
    """What waits for an instructor."""
    found = queries.run_of(center_id(), run)
    return render_template(
        "assessment/waiting.html", run=found, submissions=queries.waiting_for_instructor(center_id(), found.id)
    )


@bp.post("/c/<center>/submissions/<submission_id>/grades/<grade_id>")
@allow(Permission.GRADE)
def grade(submission_id: str, grade_id: str) -> Any:
    submission = queries.visible_submission(actor(), submission_id)
    form = ManualForm()
    if form.validate():
        try:
            operations.grade_by_hand(actor(), submission, grade_id, float(form.points.data), form.comment.data or "")
            flash(_("The grade is saved."), "success")
        except Invalid as invalid:
            show_errors(form, invalid)
    for messages in form.errors.values():
        for message in messages:
            flash(str(message), "error")
    return redirect(url_for("assessment.result", submission_id=submission.id) + "#cells", 303)


@bp.post("/c/<center>/submissions/<submission_id>/regrade")
@allow(Permission.GRADE)
def regrade(submission_id: str) -> Any:
    submission = queries.visible_submission(actor(), submission_id)
    grading.regrade(actor(), submission)
    flash(_("The submission is graded again. The earlier verdict stays readable."), "success")
    return redirect(url_for("assessment.result", submission_id=submission.id), 303)
