"""Publishing a draft, and carrying packs to git and back as zip files."""

from contextlib import closing

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import archives, forms, labels, operations, problem_texts, publishing, queries
from shixun.authoring.question_views import attachment
from shixun.authoring.views import home_of, listed_problems, the_draft
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _
from shixun.core.permissions import Permission
from shixun.core.unit_of_work import rollback
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun_packs.problems import PackError

bp = Blueprint("publishing", __name__, template_folder="templates")


@bp.route("/c/<center>/authoring/<draft>/publish", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def publish(draft: str) -> ResponseReturnValue:
    """What is wrong, what changes, and the version's number."""
    found = the_draft(draft)
    present = queries.own_version(center_id(), found.kind, found.slug)
    choices = publishing.suggestions(present.version if present else None)
    form = forms.PublishForm(data=None if request.method == "POST" else {"version": choices[0]})
    if form.validate_on_submit():
        try:
            version = publishing.publish(actor(), found, form.version.data)
        except Invalid as invalid:
            rollback()
            show_errors(form, invalid)
        except Conflict as conflict:
            rollback()
            flash(str(conflict), "error")
        except PackError:  # the list of problems below names them
            rollback()
        else:
            flash(_("Version %(version)s is published.", version=version.version), "success")
            return redirect(home_of(found))
        found = the_draft(draft)
    page = render_template(
        "authoring/publish.html",
        draft=found,
        form=form,
        present=present,
        choices=choices,
        problems=listed_problems(found),
        changes=publishing.since(found),
        classes=publishing.classes_on(found) if found.kind == "course" else [],
        courses=publishing.courses_with(found) if found.kind == "lab" else [],
        home=home_of(found),
        labels=labels,
    )
    return page, 422 if form.is_submitted() else 200


@bp.get("/c/<center>/authoring/<draft>/pack.zip")
@allow(Permission.COURSE_AUTHOR)
def export(draft: str) -> Response:
    """The draft as a folder to put into git."""
    found = the_draft(draft)
    return attachment(archives.pack(found.slug, queries.files(found)), f"{found.slug}.zip", "application/zip")


@bp.route("/c/<center>/authoring/import", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def bring_in() -> ResponseReturnValue:
    """A pack from git or from another installation as a new draft."""
    form = forms.ArchiveForm()
    problems: list[str] = []
    if form.validate_on_submit():
        with closing(form.file.data) as upload:
            data = upload.read()
        try:
            pack = archives.unpack(data, form.slug.data or "")
            draft = operations.create_from_files(
                actor(),
                center_id(),
                pack.kind,
                pack.slug,
                pack.title,
                pack.files,
                lambda name: queries.taken(center_id(), pack.kind, name),
                source="zip",
            )
        except Invalid as invalid:
            rollback()
            show_errors(form, invalid)
        except PackError as error:
            problems = [problem_texts.placed(problem) for problem in error.problems]
        else:
            flash(_("The draft is there."), "success")
            return redirect(home_of(draft))
    page = render_template("authoring/bring_in.html", form=form, problems=problems, back=url_for("authoring.index"))
    return page, 422 if form.is_submitted() else 200
