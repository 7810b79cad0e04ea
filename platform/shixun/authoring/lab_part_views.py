"""The parts of a lab that its author changes most, by form: grades, hints, steps of the task."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import lab_forms, labels, labs
from shixun.authoring.form_pages import form_page
from shixun.authoring.lab_views import the_lab
from shixun.authoring.outline_views import STEPS
from shixun.authoring.views import home_of, the_draft
from shixun.core.i18n import _, local
from shixun.core.permissions import Permission
from shixun.web.routing import actor, allow
from shixun_packs.lab import Grade, Hint, LabFile, Step

bp = Blueprint("lab_parts", __name__, template_folder="templates")
_PART = "/c/<center>/authoring/<draft>/lab/<any(grade, hint, step):part>"


def _intro(lab: LabFile, part: str) -> str:
    if part != "grade":
        return ""
    if lab.lab.form:
        return str(_("Fields of form.toml name a grade by its short name; checks.py gives points under it."))
    return str(_("A cell of notebook.py has it as its grade_id, with the same points: change them there, too."))


@bp.route(f"{_PART}/new", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new(draft: str, part: str) -> ResponseReturnValue:
    """Add a grade, hint or step."""
    found, lab = the_lab(draft)
    form = lab_forms.PARTS[part]()

    def save() -> str:
        labs.add_part(actor(), found, part, form.values())
        return home_of(found) + f"#{part}"

    return form_page(form, found, str(labels.NEW_PARTS[part]), None, save, _intro(lab, part))


@bp.route(f"{_PART}/<int:index>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit(draft: str, part: str, index: int) -> ResponseReturnValue:
    """Change a grade, hint or step."""
    found, lab = the_lab(draft)
    stored = labs.part_of(found, part, index)
    assert isinstance(stored, Grade | Hint | Step)
    filled = lab_forms.of_part(stored)
    form = lab_forms.PARTS[part](data=None if request.method == "POST" else filled)

    def save() -> str:
        labs.set_part(actor(), found, part, index, form.values(), form.base.data)
        return home_of(found) + f"#{part}"

    return form_page(form, found, str(labels.CHANGE_PARTS[part]), filled, save, _intro(lab, part))


@bp.post(f"{_PART}/<int:index>/move/<any(up, down):direction>")
@allow(Permission.COURSE_AUTHOR)
def move(draft: str, part: str, index: int, direction: str) -> ResponseReturnValue:
    found = the_draft(draft, "lab")
    labs.move_part(actor(), found, part, index, STEPS[direction], request.form.get("base", ""))
    return redirect(home_of(found) + f"#{part}")


@bp.get(f"{_PART}/<int:index>/remove")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove(draft: str, part: str, index: int) -> str:
    found = the_draft(draft, "lab")
    stored = labs.part_of(found, part, index)
    return render_template(
        "confirm.html",
        title=_("Remove “%(title)s”?", title=_name(stored)),
        text=_("Published versions keep it."),
        action=url_for("lab_parts.remove", draft=draft, part=part, index=index),
        fields={"base": request.args.get("base", "")},
        label=_("Remove"),
        cancel_url=home_of(found),
    )


@bp.post(f"{_PART}/<int:index>/remove")
@allow(Permission.COURSE_AUTHOR)
def remove(draft: str, part: str, index: int) -> ResponseReturnValue:
    found = the_draft(draft, "lab")
    labs.remove_part(actor(), found, part, index, request.form.get("base", ""))
    flash(_("It is removed from the draft."), "success")
    return redirect(home_of(found) + f"#{part}")


def _name(part: Any) -> str:
    return part.key if isinstance(part, Hint) else local(part.title.model_dump())
