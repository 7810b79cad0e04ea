"""Any text file of a draft as text, with what is wrong with the pack by line: for corrections that no form has."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import operations, problem_texts, publishing, queries
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale
from shixun.authoring.views import home_of, the_draft
from shixun.core.errors import Invalid, NotFound
from shixun.core.i18n import _, _l
from shixun.core.permissions import Permission
from shixun.web.routing import actor, allow

bp = Blueprint("files", __name__, template_folder="templates")


@bp.route("/c/<center>/authoring/<draft>/files/<path:path>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit(draft: str, path: str) -> ResponseReturnValue:
    """Edit one file as text."""
    found = the_draft(draft)
    text = queries.text(found, path)
    if text is None:
        raise NotFound(_l("There is no such file in this draft."))
    if request.method == "GET":
        return _page(found, path, text, queries.file_digests(found)[path])
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise Invalid(_l("The text has characters that can't be stored.")) from None
    try:
        operations.save(actor(), found, path, data, request.form.get("base") or None)
    except Stale as stale:
        return _page(found, path, text, stale.digest, theirs=stale.theirs), 409
    flash(_("Saved."), "success")
    return redirect(url_for("files.edit", draft=draft, path=path))


def _page(draft: Draft, path: str, text: str, base: str, theirs: str | None = None) -> str:
    files = queries.files(draft) | {path: text.encode()}
    found = publishing.problems(draft, files)
    return render_template(
        "authoring/file.html",
        draft=draft,
        path=path,
        text=text,
        base=base,
        theirs=theirs,
        problems=[(problem.line, problem_texts.text(problem)) for problem in found if problem.path == path],
        elsewhere=sum(problem.path != path for problem in found),
        home=home_of(draft),
    )
