"""The outline of a draft course: units and items, and the course's own data."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import course_text, forms, labels, outlines, queries
from shixun.authoring.form_pages import form_page, other_values
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale, digest_of
from shixun.authoring.views import home_of, the_draft
from shixun.core.errors import NotFound
from shixun.core.i18n import _, _l, local
from shixun.core.permissions import Permission
from shixun.curriculum import queries as curriculum
from shixun.curriculum.labels import hours_text
from shixun.web.routing import actor, allow, center_id
from shixun_packs.course import Item
from shixun_packs.problems import PackError

bp = Blueprint("outlines", __name__, template_folder="templates")
_MINUTES = {"lesson": 20, "quiz": 10, "lab": 60}
STEPS = {"up": -1, "down": 1}


@bp.get("/c/<center>/authoring/<draft>")
@allow(Permission.COURSE_AUTHOR)
def show(draft: str) -> str:
    """A draft: its outline and everything that can be done with it."""
    found = the_draft(draft, "course")
    course, unreadable = None, []
    try:
        course = outlines.read(found)
    except PackError as error:
        unreadable = error.problems
    return render_template(
        "authoring/course.html",
        draft=found,
        course=course,
        unreadable=unreadable,
        base=queries.file_digests(found).get(course_text.FILE, ""),
        saves=queries.history(found)[:5],
        labels=labels,
        item_url=lambda item: item_url(found, item),
        hours_text=hours_text,
    )


def item_url(draft: Draft, item: Item) -> str:
    """Where an item is written; a lab has its own pack, so here only its name and minutes."""
    if item.kind == "quiz":
        return url_for("questions.show", draft=draft.id, bank=item.slug)
    endpoint = "lessons.edit" if item.kind == "lesson" else "outlines.edit_item"
    return url_for(endpoint, draft=draft.id, item=item.slug)


def _read(draft: Draft) -> course_text.DraftCourse:
    try:
        return outlines.read(draft)
    except PackError:
        raise NotFound(_l("course.toml can't be read as it is: mend it first.")) from None


@bp.route("/c/<center>/authoring/<draft>/settings", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def settings(draft: str) -> ResponseReturnValue:
    """Titles, goals, audience, level, hours."""
    found = the_draft(draft, "course")
    stored = _read(found).course
    form = forms.CourseForm(data=None if request.method == "POST" else forms.of_course(stored))
    others = [v for v in curriculum.library(center_id()) if v.course.slug != found.slug]
    form.prepare([(version.course.slug, version.title) for version in others], stored)
    del form.slug
    theirs = None
    if form.validate_on_submit():
        try:
            outlines.set_info(actor(), found, form.values(), form.base.data)
        except Stale as stale:
            theirs = other_values(form, forms.of_course(stale.theirs))
            form.base.data = stale.digest
        else:
            flash(_("Saved."), "success")
            return redirect(home_of(found))
    page = render_template("authoring/course_form.html", form=form, draft=found, theirs=theirs)
    return page, 409 if theirs is not None else 422 if form.is_submitted() else 200


@bp.route("/c/<center>/authoring/<draft>/units/new", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new_unit(draft: str) -> ResponseReturnValue:
    found = the_draft(draft, "course")
    _read(found)
    form = forms.UnitForm()

    def save() -> str:
        slug = outlines.add_unit(actor(), found, form.title())
        return home_of(found) + f"#unit-{slug}"

    return form_page(form, found, _("New unit"), None, save)


@bp.route("/c/<center>/authoring/<draft>/units/<unit>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit_unit(draft: str, unit: str) -> ResponseReturnValue:
    found = the_draft(draft, "course")
    stored = outlines.unit_of(found, unit)[1].title
    filled = {"base": digest_of(stored.model_dump()), "title_zh": stored.zh, "title_en": stored.en}
    form = forms.UnitForm(data=None if request.method == "POST" else filled)

    def save() -> str:
        outlines.set_unit(actor(), found, unit, form.title(), form.base.data)
        return home_of(found) + f"#unit-{unit}"

    return form_page(form, found, _("Rename the unit"), filled, save)


@bp.post("/c/<center>/authoring/<draft>/units/<unit>/move/<any(up, down):direction>")
@allow(Permission.COURSE_AUTHOR)
def move_unit(draft: str, unit: str, direction: str) -> ResponseReturnValue:
    found = the_draft(draft, "course")
    outlines.move_unit(actor(), found, unit, STEPS[direction], request.form.get("base", ""))
    return redirect(home_of(found) + f"#unit-{unit}")


@bp.get("/c/<center>/authoring/<draft>/units/<unit>/remove")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove_unit(draft: str, unit: str) -> str:
    found = the_draft(draft, "course")
    stored = outlines.unit_of(found, unit)[1]
    return render_template(
        "confirm.html",
        title=_("Remove the unit “%(title)s”?", title=local(stored.title.model_dump())),
        text=_(
            "Its %(count)s lessons, quizzes and labs go with it. Published versions keep them.", count=len(stored.item)
        ),
        action=url_for("outlines.remove_unit", draft=draft, unit=unit),
        fields={"base": request.args.get("base", "")},
        label=_("Remove the unit"),
        cancel_url=home_of(found),
    )


@bp.post("/c/<center>/authoring/<draft>/units/<unit>/remove")
@allow(Permission.COURSE_AUTHOR)
def remove_unit(draft: str, unit: str) -> ResponseReturnValue:
    found = the_draft(draft, "course")
    outlines.remove_unit(actor(), found, unit, request.form.get("base", ""))
    flash(_("The unit is removed from the draft."), "success")
    return redirect(home_of(found))


@bp.route("/c/<center>/authoring/<draft>/units/<unit>/add/<kind>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new_item(draft: str, unit: str, kind: str) -> ResponseReturnValue:
    """Put a lesson, a quiz or a lab into a unit."""
    found = the_draft(draft, "course")
    if kind not in _MINUTES:
        raise NotFound(_l("There is no such page."))
    outlines.unit_of(found, unit)
    form = forms.ItemForm(data=None if request.method == "POST" else {"minutes": _MINUTES[kind]})
    form.prepare(_labs(None) if kind == "lab" else None)

    def save() -> str:
        slug = outlines.add_item(actor(), found, unit, kind, form.values())
        item = outlines.item_of(found, slug)[1]
        return home_of(found) + f"#item-{slug}" if kind == "lab" else item_url(found, item)

    headings = {"lesson": _("New lesson"), "quiz": _("New quiz"), "lab": _("Put in a lab")}
    return form_page(form, found, headings[kind], None, save)


def _labs(chosen: str | None) -> list[tuple[str, str]]:
    listed = [(version.lab.slug, local(version.title)) for version in queries.labs_seen(center_id())]
    return listed + ([(chosen, chosen)] if chosen and chosen not in dict(listed) else [])


@bp.route("/c/<center>/authoring/<draft>/items/<item>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit_item(draft: str, item: str) -> ResponseReturnValue:
    """Names and minutes of an item."""
    found = the_draft(draft, "course")
    stored = outlines.item_of(found, item)[1]
    filled = forms.of_item(stored)
    form = forms.ItemForm(data=None if request.method == "POST" else filled)
    form.prepare(_labs(filled["lab"]) if stored.kind == "lab" else None)

    def save() -> str:
        outlines.set_item(actor(), found, item, form.values(), form.base.data)
        return home_of(found) + f"#item-{item}"

    return form_page(form, found, _("Title and length"), filled, save)


@bp.post("/c/<center>/authoring/<draft>/items/<item>/move/<any(up, down):direction>")
@allow(Permission.COURSE_AUTHOR)
def move_item(draft: str, item: str, direction: str) -> ResponseReturnValue:
    found = the_draft(draft, "course")
    outlines.move_item(actor(), found, item, STEPS[direction], request.form.get("base", ""))
    return redirect(home_of(found) + f"#item-{item}")


@bp.get("/c/<center>/authoring/<draft>/items/<item>/remove")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove_item(draft: str, item: str) -> str:
    found = the_draft(draft, "course")
    stored = outlines.item_of(found, item)[1]
    return render_template(
        "confirm.html",
        title=_("Remove “%(title)s”?", title=local(stored.title.model_dump())),
        text=_("Its text goes with it. Published versions keep it."),
        action=url_for("outlines.remove_item", draft=draft, item=item),
        fields={"base": request.args.get("base", "")},
        label=_("Remove"),
        cancel_url=home_of(found),
    )


@bp.post("/c/<center>/authoring/<draft>/items/<item>/remove")
@allow(Permission.COURSE_AUTHOR)
def remove_item(draft: str, item: str) -> ResponseReturnValue:
    found = the_draft(draft, "course")
    outlines.remove_item(actor(), found, item, request.form.get("base", ""))
    flash(_("It is removed from the draft."), "success")
    return redirect(home_of(found))
