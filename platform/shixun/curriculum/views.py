"""The catalogue, course pages, what instructors see before a run, the center's choice of courses, figures."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.core import blobs
from shixun.core.errors import NotFound
from shixun.core.i18n import _, _l, local
from shixun.core.permissions import Access, Permission
from shixun.curriculum import labels, operations, panels, queries, questions
from shixun.curriculum.models import CourseItem, CourseVersion
from shixun.curriculum.outline import outline
from shixun.web.routing import actor, allow, center_id, may

bp = Blueprint("curriculum", __name__, template_folder="templates")


@bp.get("/c/<center>/courses")
@allow(Permission.COURSE_READ)
def catalogue() -> str:
    """What this center teaches."""
    return render_template("curriculum/catalogue.html", courses=queries.offered(center_id()), labels=labels)


@bp.get("/c/<center>/courses/<course>")
@allow(Permission.COURSE_READ)
def course(course: str) -> str:
    """One course: goals, audience, units; features above add what can be done with it."""
    version = queries.current_version(course, center_id())
    preview = may(Permission.COURSE_PREVIEW)

    def url(item: CourseItem) -> str | None:
        return url_for("curriculum.preview", course=course, item=item.slug) if preview and item.kind != "lab" else None

    return render_template(
        "curriculum/course.html",
        version=version,
        units=outline(version, url=url),
        prerequisites=queries.titles_by_slug(version.prerequisites, center_id()),
        offered=queries.offered_slugs(center_id()),
        panels=panels.panels(panels.Place.COURSE, actor(), version),
        labels=labels,
    )


@bp.get("/c/<center>/courses/<course>/preview/<item>")
@allow(Permission.COURSE_PREVIEW)
def preview(course: str, item: str) -> str:
    """A lesson or a quiz as an instructor reads it: with the answers."""
    version = queries.current_version(course, center_id())
    found = queries.item(version.id, item)
    around = _neighbours(version, found)
    if found.kind == "lesson":
        text = queries.lesson_text(found)
        cards = {key: questions.answered(question) for key, question in queries.checks(version.id).items()}
        return render_template(
            "curriculum/preview_lesson.html", version=version, item=found, text=text, cards=cards, around=around
        )
    if found.kind == "quiz":
        bank = queries.bank(version.id, "quiz", found.slug)
        cards_in_order = [questions.answered(question) for question in bank.questions]
        return render_template(
            "curriculum/preview_quiz.html",
            version=version,
            item=found,
            rules=bank.rules,
            cards=cards_in_order,
            around=around,
        )
    raise NotFound(_l("A lab is tried in a run, not here."))


def _neighbours(version: CourseVersion, here: CourseItem) -> dict[str, tuple[str, str]]:
    around = {}
    readable = [item for item in version.items if item.kind != "lab"]
    place = next(index for index, item in enumerate(readable) if item.id == here.id)
    for name, index in (("previous", place - 1), ("next", place + 1)):
        if 0 <= index < len(readable):
            other = readable[index]
            address = url_for("curriculum.preview", course=version.course.slug, item=other.slug)
            around[name] = (local(other.title), address)
    return around


@bp.get("/c/<center>/courses/_library")
@allow(Permission.COURSE_OFFER)
def library() -> str:
    """All courses of the platform and the center's own, to choose from."""
    return render_template(
        "curriculum/library.html",
        courses=queries.library(center_id()),
        offered=queries.offered_slugs(center_id()),
        labels=labels,
    )


@bp.post("/c/<center>/courses/_library/<course>/offer")
@allow(Permission.COURSE_OFFER)
def offer(course: str) -> ResponseReturnValue:
    operations.offer(actor(), center_id(), queries.course(course, center_id()))
    flash(_("The course is in your catalogue now. Open a run, and trainees can begin."), "success")
    return redirect(url_for("curriculum.library"))


@bp.get("/c/<center>/courses/_library/<course>/withdraw")
@allow(Permission.COURSE_OFFER)
def confirm_withdraw(course: str) -> str:
    version = queries.current_version(course, center_id())
    return render_template(
        "confirm.html",
        title=_("Take “%(course)s” out of the catalogue?", course=local(version.title)),
        text=_("Nobody can open a new run of it. Runs that there are go on, and nothing is lost."),
        action=url_for("curriculum.withdraw", course=course),
        label=_("Take out of the catalogue"),
        cancel_url=url_for("curriculum.library"),
    )


@bp.post("/c/<center>/courses/_library/<course>/withdraw")
@allow(Permission.COURSE_OFFER)
def withdraw(course: str) -> ResponseReturnValue:
    operations.withdraw_offer(actor(), center_id(), queries.course(course, center_id()))
    flash(_("The course is no longer in your catalogue."), "success")
    return redirect(url_for("curriculum.library"))


@bp.get("/packs/<digest>/<path:path>")
@allow(Access.SIGNED_IN)
def figure(digest: str, path: str) -> Response:
    """A figure of a pack. Its address holds the pack's digest, so browsers may keep it.

    An SVG file is a document that could carry scripts: packs refuse such files, and here it is a picture and nothing
    else. Opened by itself it lands in a sandbox without scripts, styles from elsewhere, or our origin.
    """
    found = queries.pack_file(f"sha256:{digest}", path)
    response = picture(blobs.get(found.blob_digest), found.media_type)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def picture(data: bytes, media_type: str) -> Response:
    """A file from a pack as a picture and nothing else."""
    response = Response(data, mimetype=media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.headers.get("Sec-Fetch-Dest", "image") not in {"image", "empty"}:
        response.headers["Content-Disposition"] = "attachment"
    return response
