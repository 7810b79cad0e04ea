"""Labs in the browser: from the template, file by file, tried in the real graders, then published."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import lab_forms, lab_text, labels, labs, queries, trials
from shixun.authoring.form_pages import form_page
from shixun.authoring.models import Draft
from shixun.authoring.views import home_of, listed_problems, the_draft
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _, _l
from shixun.core.permissions import Permission
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun_packs.exchange.ids import slug_from
from shixun_packs.lab import LabFile, WrongFile
from shixun_packs.problems import PackError

bp = Blueprint("labs_authoring", __name__, template_folder="templates")


@bp.route("/c/<center>/authoring/new-lab", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new() -> ResponseReturnValue:
    """Begin a lab from the template."""
    form = lab_forms.NewLabForm()
    form.prepare()
    if form.validate_on_submit():
        slug = form.slug.data or slug_from(form.title_en.data, "lab", ())
        try:
            draft = labs.create(actor(), center_id(), slug, form.title(), form.template.data)
        except Invalid as invalid:
            show_errors(form, invalid)
        else:
            flash(
                _("The lab begins as a small one that works. Try it once, then change it bit by bit."),
                "success",
            )
            return redirect(home_of(draft))
    page = render_template("authoring/new_lab.html", form=form)
    return page, 422 if form.is_submitted() else 200


def the_lab(draft_id: str) -> tuple[Draft, LabFile]:
    """A lab draft of the present center with its `lab.toml`, or `NotFound`."""
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
    digests = queries.file_digests(found)
    return render_template(
        "authoring/lab.html",
        draft=found,
        lab=lab,
        files=sorted(digests),
        base=digests.get(lab_text.FILE, ""),
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
    found, stored = the_lab(draft)
    filled = lab_forms.of_lab(stored.lab)
    form = lab_forms.LabForm(data=None if request.method == "POST" else filled)
    form.prepare(stored.lab.field)

    def save() -> str:
        labs.set_info(actor(), found, form.values(), form.base.data)
        flash(_("Saved."), "success")
        return home_of(found)

    return form_page(form, found, _("Lab data"), filled, save)


@bp.route("/c/<center>/authoring/<draft>/lab/wrong", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new_wrong(draft: str) -> ResponseReturnValue:
    """Add a wrong solution."""
    found, stored = the_lab(draft)
    form = lab_forms.wrong_form(stored, _("none"))

    def save() -> str:
        file = labs.add_wrong(actor(), found, form.values())
        if stored.lab.form:
            flash(_("Say which fields are answered wrong, and what stands in them."), "success")
        else:
            flash(_("Here is the right solution: put the mistake in."), "success")
        return url_for("files.edit", draft=draft, path=file)

    intro = _("You put one mistake in that trainees make: a sign, a unit, off by one.")
    return form_page(form, found, _("Add a wrong solution"), None, save, intro)


@bp.route("/c/<center>/authoring/<draft>/lab/wrong/<int:index>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit_wrong(draft: str, index: int) -> ResponseReturnValue:
    """What a wrong solution deserves."""
    found, stored = the_lab(draft)
    wrong = labs.part_of(found, "wrong", index)
    assert isinstance(wrong, WrongFile)
    filled = lab_forms.of_wrong(wrong)
    form = lab_forms.wrong_form(stored, _("none"), filled)

    def save() -> str:
        labs.set_part(actor(), found, "wrong", index, form.values(), form.base.data)
        return home_of(found) + "#wrong"

    intro = _("The file is %(file)s; here stands what it deserves.", file=wrong.file)
    return form_page(form, found, _("What a wrong solution deserves"), filled, save, intro)


@bp.get("/c/<center>/authoring/<draft>/lab/wrong/<path:path>/remove")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove_wrong(draft: str, path: str) -> str:
    found, stored = the_lab(draft)
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
    found, stored = the_lab(draft)
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
