"""What a center writes itself: its drafts, their beginning and end, their files."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import course_text, forms, labels, operations, problem_texts, publishing, queries
from shixun.authoring.banks import CHECKS
from shixun.authoring.models import Draft
from shixun.core.errors import Invalid, NotFound
from shixun.core.i18n import _, _l, local
from shixun.core.permissions import Permission
from shixun.curriculum import queries as curriculum
from shixun.curriculum.models import CourseVersion, LabVersion
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun_packs.course import CHECKS_FILE
from shixun_packs.exchange.ids import slug_from
from shixun_packs.problems import PackError

bp = Blueprint("authoring", __name__, template_folder="templates")


def the_draft(draft_id: str, kind: str | None = None) -> Draft:
    """A draft of the present center, or `NotFound`."""
    return queries.draft(center_id(), draft_id, kind)


def home_of(draft: Draft) -> str:
    """The address of a draft's first page."""
    return url_for("outlines.show" if draft.kind == "course" else "labs_authoring.show", draft=draft.id)


@bp.get("/c/<center>/authoring")
@allow(Permission.COURSE_AUTHOR)
def index() -> str:
    """Drafts, and what was published from them."""
    drafts = queries.drafts(center_id())
    own = queries.own_packs(center_id())
    open_packs = {(draft.kind, draft.slug) for draft in drafts}
    rest: list[tuple[str, str, CourseVersion | LabVersion]] = [
        ("course", version.course.slug, version) for version in own.courses
    ]
    rest += [("lab", version.lab.slug, version) for version in own.labs]
    return render_template(
        "authoring/index.html",
        drafts=drafts,
        published=[entry for entry in rest if entry[:2] not in open_packs],
        home_of=home_of,
        labels=labels,
    )


@bp.route("/c/<center>/authoring/new-course", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new_course() -> ResponseReturnValue:
    """Begin a course."""
    form = forms.CourseForm(data=None if request.method == "POST" else {"class_hours": 1})
    form.prepare([(version.course.slug, version.title) for version in curriculum.library(center_id())])
    if form.validate_on_submit():
        values = form.values()
        slug = form.slug.data or slug_from(values["title"]["en"], "course", ())
        info = {"slug": slug, "version": course_text.FIRST_VERSION, **values}
        try:
            draft = operations.create_course(
                actor(), center_id(), info, lambda name: queries.taken(center_id(), "course", name)
            )
        except Invalid as invalid:
            show_errors(form, invalid)
        else:
            flash(_("The draft is there. Begin with a first unit."), "success")
            return redirect(home_of(draft))
    page = render_template("authoring/course_form.html", form=form, draft=None)
    return page, 422 if form.is_submitted() else 200


@bp.post("/c/<center>/authoring/start/<kind>/<slug>")
@allow(Permission.COURSE_AUTHOR)
def start(kind: str, slug: str) -> ResponseReturnValue:
    """Open the working copy of something that the center has published."""
    version = queries.own_version(center_id(), kind, slug)
    if version is None:
        raise NotFound(_l("There is no such draft."))
    return redirect(home_of(operations.draft_from(actor(), center_id(), version)))


@bp.get("/c/<center>/authoring/<draft>/history")
@allow(Permission.COURSE_AUTHOR)
def history(draft: str) -> str:
    """Who saved what and when."""
    found = the_draft(draft)
    return render_template(
        "authoring/history.html", draft=found, saves=queries.history(found), labels=labels, home=home_of(found)
    )


@bp.get("/c/<center>/authoring/<draft>/problems")
@allow(Permission.COURSE_AUTHOR)
def problems(draft: str) -> str:
    """Everything that stands between the draft and a version."""
    found = the_draft(draft)
    return render_template("authoring/problems.html", draft=found, problems=listed_problems(found), home=home_of(found))


def listed_problems(draft: Draft) -> list[dict[str, Any]]:
    """What is wrong with a draft: file, line, text, and the page on which it can be mended."""
    files = queries.files(draft)
    return [
        {"path": p.path, "line": p.line, "text": problem_texts.text(p), "url": _mending(draft, files, p.path)}
        for p in publishing.problems(draft, files)
    ]


def _mending(draft: Draft, files: dict[str, bytes], path: str) -> str | None:
    if path not in files:
        return None
    if draft.kind == "course" and path.endswith((".md", ".toml")):
        try:
            items = course_text.read(files[course_text.FILE].decode()).items
        except (PackError, KeyError, UnicodeDecodeError):
            items = []
        for item in items:
            if getattr(item, "file", None) == path and item.kind == "lesson":
                return url_for("lessons.edit", draft=draft.id, item=item.slug)
            if getattr(item, "file", None) == path:
                return url_for("questions.show", draft=draft.id, bank=item.slug)
        if path == CHECKS_FILE:
            return url_for("questions.show", draft=draft.id, bank=CHECKS)
    if path.startswith("figures/"):
        return None
    return url_for("files.edit", draft=draft.id, path=path)


@bp.get("/c/<center>/authoring/<draft>/discard")
@allow(Permission.COURSE_AUTHOR)
def confirm_discard(draft: str) -> str:
    found = the_draft(draft)
    return render_template("confirm.html", **_discarding(found), cancel_url=home_of(found))


def _discarding(draft: Draft) -> dict[str, Any]:
    names = sorted({save.person.name for save in draft.saves})
    text = _("Everything that was written in this draft since the last published version is gone then.")
    if draft.base_version is None:
        text = _("It was never published: everything that was written in it is gone then.")
    return {
        "title": _("Discard the draft “%(title)s”?", title=local(draft.title)),
        "text": text + " " + _("Worked on by %(names)s.", names="、".join(names)),
        "action": url_for("authoring.discard", draft=draft.id),
        "label": _("Discard the draft"),
    }


@bp.post("/c/<center>/authoring/<draft>/discard")
@allow(Permission.COURSE_AUTHOR)
def discard(draft: str) -> ResponseReturnValue:
    operations.discard(actor(), the_draft(draft))
    flash(_("The draft is discarded."), "success")
    return redirect(url_for("authoring.index"))
