"""Labs in the browser: from the template, file by file, tried in the real graders, then published."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import forms, labels, labs, queries, trials
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale
from shixun.authoring.outline_views import other_values
from shixun.authoring.views import home_of, listed_problems, the_draft
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _, _l
from shixun.core.permissions import Permission
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun_packs.exchange.ids import slug_from
from shixun_packs.lab import LabFile
from shixun_packs.problems import PackError

bp = Blueprint("labs_authoring", __name__, template_folder="templates")


@bp.route("/c/<center>/authoring/new-lab", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new() -> ResponseReturnValue:
    """Begin a lab from the template."""
    form = forms.NewLabForm()
    if form.validate_on_submit():
        slug = form.slug.data or slug_from(form.title_en.data, "lab", ())
        try:
            draft = labs.create(actor(), center_id(), slug, form.title())
        except Invalid as invalid:
            show_errors(form, invalid)
        else:
            flash(
                _("The lab begins as a small one that works: OEE of a shift. Try it once, then change it bit by bit."),
                "success",
            )
            return redirect(home_of(draft))
    page = render_template("authoring/new_lab.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _lab(draft_id: str) -> tuple[Draft, LabFile]:
    draft = the_draft(draft_id, "lab")
    try:
        return draft, labs.read(draft)
    except PackError:
        raise NotFound(_l("lab.toml can't be read as it is: mend it first.")) from None


@bp.get("/c/<center>/authoring/<draft>/lab")
@allow(Permission.COURSE_AUTHOR)
def show(draft: str) -> str:
    """A lab draft: its files, its solutions, the last trial."""
    found = the_draft(draft, "lab")
    lab = None
    with suppress(PackError):  # the list of problems says it
        lab = labs.read(found)
    trial = trials.latest(found)
    return render_template(
        "authoring/lab.html",
        draft=found,
        lab=lab,
        files=sorted(queries.file_digests(found)),
        problems=listed_problems(found),
        trial=trial,
        rows=trials.rows(trial) if trial else [],
        of_present=trials.is_of_present(found, trial) if trial else True,
        saves=queries.history(found)[:5],
        labels=labels,
    )


@bp.route("/c/<center>/authoring/<draft>/lab/settings", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def settings(draft: str) -> ResponseReturnValue:
    """Titles, summary, minutes, field."""
    found, stored = _lab(draft)
    form = forms.LabForm(data=None if request.method == "POST" else forms.of_lab(stored.lab))
    form.prepare(stored.lab.field)
    theirs = None
    if form.validate_on_submit():
        try:
            labs.set_info(actor(), found, form.values(), form.base.data)
        except Stale as stale:
            theirs = other_values(form, forms.of_lab(stale.theirs))
            form.base.data = stale.digest
        else:
            flash(_("Saved."), "success")
            return redirect(home_of(found))
    page = render_template("authoring/lab_form.html", form=form, draft=found, theirs=theirs, home=home_of(found))
    return page, 409 if theirs is not None else 422 if form.is_submitted() else 200


@bp.route("/c/<center>/authoring/<draft>/lab/wrong", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new_wrong(draft: str) -> ResponseReturnValue:
    """Add a wrong solution."""
    found, stored = _lab(draft)
    form = forms.WrongForm()
    form.hint.choices = [("", _("none")), *((hint.key, hint.key) for hint in stored.hint)]
    if form.validate_on_submit():
        try:
            file = labs.add_wrong(actor(), found, form.mistake(), form.hint.data or None)
        except Conflict as conflict:
            flash(str(conflict), "error")
        else:
            flash(_("Here is the right solution: put the mistake in, and say in lab.toml what it deserves."), "success")
            return redirect(url_for("files.edit", draft=draft, path=file))
    page = render_template("authoring/wrong_form.html", form=form, draft=found, home=home_of(found))
    return page, 422 if form.is_submitted() else 200


@bp.get("/c/<center>/authoring/<draft>/lab/wrong/<path:path>/remove")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove_wrong(draft: str, path: str) -> str:
    found, stored = _lab(draft)
    if path not in {wrong.file for wrong in stored.wrong}:
        raise NotFound(_l("There is no such file in this draft."))
    return render_template(
        "confirm.html",
        title=_("Remove “%(title)s”?", title=path),
        text=_("Its text goes with it. Published versions keep it."),
        action=url_for("labs_authoring.remove_wrong", draft=draft, path=path),
        label=_("Remove"),
        cancel_url=home_of(found),
    )


@bp.post("/c/<center>/authoring/<draft>/lab/wrong/<path:path>/remove")
@allow(Permission.COURSE_AUTHOR)
def remove_wrong(draft: str, path: str) -> ResponseReturnValue:
    found, stored = _lab(draft)
    if path not in {wrong.file for wrong in stored.wrong}:
        raise NotFound(_l("There is no such file in this draft."))
    labs.remove_wrong(actor(), found, path)
    flash(_("It is removed from the draft."), "success")
    return redirect(home_of(found))


@bp.post("/c/<center>/authoring/<draft>/lab/try")
@allow(Permission.COURSE_AUTHOR)
def try_out(draft: str) -> ResponseReturnValue:
    """Let every solution be graded."""
    found = the_draft(draft, "lab")
    try:
        trials.start(actor(), found)
    except PackError:
        flash(_("The lab has problems. Mend them first; they are listed on this page."), "error")
    except Conflict as conflict:
        flash(str(conflict), "error")
    return redirect(home_of(found) + "#trial")


@bp.get("/c/<center>/authoring/<draft>/lab/trial")
@allow(Permission.COURSE_AUTHOR)
def trial_table(draft: str) -> str:
    """The table of the last trial, asked for again while it is going on."""
    found = the_draft(draft, "lab")
    trial = trials.latest(found)
    if trial is None:
        raise NotFound(_l("There is no such page."))
    context: dict[str, Any] = {
        "draft": found,
        "trial": trial,
        "rows": trials.rows(trial),
        "of_present": trials.is_of_present(found, trial),
    }
    return render_template("authoring/_trial.html", **context)
