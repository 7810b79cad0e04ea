"""The lesson editor: text beside its preview, saved as one writes; figures."""

from contextlib import closing
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import figures, forms, labels, lesson_text, operations, outlines, preview, problem_texts, queries
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale
from shixun.authoring.views import home_of, the_draft
from shixun.core.errors import Invalid, NotFound
from shixun.core.i18n import _, _l, local
from shixun.core.permissions import Permission
from shixun.curriculum.syncing import MEDIA_TYPES
from shixun.curriculum.views import picture
from shixun.web.routing import actor, allow
from shixun_packs.course import CHECKS_FILE, Item, LessonItem

bp = Blueprint("lessons", __name__, template_folder="templates")


def _lesson(draft: Draft, slug: str) -> LessonItem:
    item = outlines.item_of(draft, slug)[1]
    if not isinstance(item, LessonItem):
        raise NotFound(_l("There is no such page in this course."))
    return item


def _figure_urls(draft: Draft) -> dict[str, str]:
    """Addresses of the draft's figures; they change with their content."""
    return {
        path: url_for("lessons.figure", draft=draft.id, path=path.removeprefix("figures/"))
        for path in queries.file_digests(draft)
        if path.startswith("figures/")
    }


def _shown(draft: Draft, item: LessonItem, text: str) -> dict[str, Any]:
    """The preview and what is wrong, for page and script alike."""
    found = preview.lesson(text, item.file, _figure_urls(draft), queries.text(draft, CHECKS_FILE))
    first = lesson_text.split(text).first_line
    problems = []
    for problem in found.problems:
        line = (problem.line or 0) - first + 1
        in_body = line > 0
        problems.append(
            {
                "line": line if in_body else None,
                "field": "body" if in_body else "summary",
                "text": problem_texts.text(problem),
            }
        )
    return {"preview": found, "problems": problems}


@bp.route("/c/<center>/authoring/<draft>/lessons/<item>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit(draft: str, item: str) -> ResponseReturnValue:
    """Write a lesson. The page's script saves with JSON; without it the form does."""
    found = the_draft(draft, "course")
    lesson = _lesson(found, item)
    if request.method == "POST":
        sent = request.get_json(silent=True) if request.is_json else request.form
        return _save(found, lesson, sent if hasattr(sent, "get") else {})
    text = queries.text(found, lesson.file) or ""
    return _page(found, lesson, text, queries.file_digests(found).get(lesson.file, ""))


def _save(draft: Draft, lesson: LessonItem, sent: Any) -> ResponseReturnValue:
    summary, body, base = (str(sent.get(key) or "") for key in ("summary", "body", "base"))
    before = queries.text(draft, lesson.file) or ""
    text = lesson_text.join(before, forms.plain(summary), body.replace("\r\n", "\n").replace("\r", "\n"))
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise Invalid(_l("The text has characters that can't be stored.")) from None
    try:
        digest = operations.save(actor(), draft, lesson.file, data, base or None).digest
    except Stale as stale:
        theirs = lesson_text.split(stale.theirs)
        if request.is_json:
            parts = {"summary": theirs.summary, "body": theirs.body}
            return jsonify(digest=stale.digest, theirs=parts, message=str(stale)), 409
        return _page(draft, lesson, text, stale.digest, theirs=theirs), 409
    if request.is_json:
        shown = _shown(draft, lesson, text)
        html = render_template("authoring/_preview.html", preview=shown["preview"])
        return jsonify(digest=digest, problems=shown["problems"], html=html)
    flash(_("Saved."), "success")
    return redirect(url_for("lessons.edit", draft=draft.id, item=lesson.slug))


def _page(draft: Draft, lesson: Item, text: str, base: str, theirs: lesson_text.LessonParts | None = None) -> str:
    assert isinstance(lesson, LessonItem)
    shown = _shown(draft, lesson, text)
    course = outlines.read(draft)
    used = set(queries.text_of_all(draft, "lessons/"))
    checks = preview.readable_questions(queries.text(draft, CHECKS_FILE))
    return render_template(
        "authoring/lesson.html",
        draft=draft,
        item=lesson,
        around=_neighbours(draft, course.items, lesson.slug),
        parts=lesson_text.split(text),
        base=base,
        theirs=theirs,
        figures=_figure_urls(draft),
        checks=[(question, any(f":::check {question.id}\n" in one for one in used)) for question in checks],
        figure_form=forms.FigureForm(),
        home=home_of(draft),
        labels=labels,
        **shown,
    )


def _neighbours(draft: Draft, items: list[Item], slug: str) -> dict[str, tuple[str, str]]:
    lessons = [item for item in items if isinstance(item, LessonItem)]
    at = next(index for index, item in enumerate(lessons) if item.slug == slug)
    found = {}
    for name, index in (("previous", at - 1), ("next", at + 1)):
        if 0 <= index < len(lessons):
            address = url_for("lessons.edit", draft=draft.id, item=lessons[index].slug)
            found[name] = (local(lessons[index].title.model_dump()), address)
    return found


@bp.get("/c/<center>/authoring/<draft>/figures/<path:path>")
@allow(Permission.COURSE_AUTHOR)
def figure(draft: str, path: str) -> Response:
    """A figure of the draft, as a picture and nothing else."""
    media_type = MEDIA_TYPES.get(path.rpartition(".")[2])
    if media_type is None:
        raise NotFound(_l("There is no such figure."))
    return picture(queries.file(the_draft(draft), f"figures/{path}").data, media_type)


@bp.post("/c/<center>/authoring/<draft>/figures")
@allow(Permission.COURSE_AUTHOR)
def add_figure(draft: str) -> ResponseReturnValue:
    """Take a figure in; back to the lesson from which it was sent."""
    found = the_draft(draft)
    form = forms.FigureForm()
    lesson = request.form.get("item", "")
    back = url_for("lessons.edit", draft=draft, item=lesson) if lesson else home_of(found)
    if not form.validate_on_submit():
        flash(" ".join(str(message) for messages in form.errors.values() for message in messages), "error")
        return redirect(back + "#figures")
    with closing(form.file.data) as upload:
        name, data = upload.filename or "", upload.read()
    try:
        path = figures.add(actor(), found, name, data)
    except Invalid as invalid:
        flash(str(invalid), "error")
    else:
        flash(_("The figure is there: %(path)s. Put it into the text with “Insert”.", path=path), "success")
    return redirect(back + "#figures")


@bp.get("/c/<center>/authoring/<draft>/figures/remove")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove_figure(draft: str) -> str:
    found = the_draft(draft)
    path, lesson = request.args.get("path", ""), request.args.get("item", "")
    queries.file(found, path)
    return render_template(
        "confirm.html",
        title=_("Remove the figure “%(path)s”?", path=path),
        text=_("Published versions keep it."),
        action=url_for("lessons.remove_figure", draft=draft),
        fields={"path": path, "item": lesson},
        label=_("Remove"),
        cancel_url=url_for("lessons.edit", draft=draft, item=lesson) + "#figures" if lesson else home_of(found),
    )


@bp.post("/c/<center>/authoring/<draft>/figures/remove")
@allow(Permission.COURSE_AUTHOR)
def remove_figure(draft: str) -> ResponseReturnValue:
    """Take a figure out that no lesson shows."""
    found = the_draft(draft)
    path, lesson = request.form.get("path", ""), request.form.get("item", "")
    back = url_for("lessons.edit", draft=draft, item=lesson) if lesson else home_of(found)
    if any(f"({path})" in text for text in queries.text_of_all(found, "lessons/")):
        flash(_("A lesson still shows this figure. Take it out of the text first."), "error")
    elif path.startswith("figures/"):
        operations.remove(actor(), found, path)
        flash(_("The figure is removed."), "success")
    return redirect(back + "#figures")
