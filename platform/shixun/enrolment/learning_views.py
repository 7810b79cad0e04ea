"""What trainees see: their courses, a run's outline, lessons with their checks."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _, local
from shixun.core.permissions import Permission
from shixun.curriculum import panels, questions
from shixun.curriculum import queries as curriculum
from shixun.curriculum.models import CourseItem, LessonText
from shixun.curriculum.outline import outline
from shixun.enrolment import attention, checks, items, meetings, operations, queries
from shixun.enrolment.models import CheckAnswer, Enrolment
from shixun.web.routing import actor, allow, center_id

bp = Blueprint("learning", __name__, template_folder="templates")


@bp.get("/c/<center>/learn")
@allow(Permission.COURSE_LEARN)
def index() -> str:
    """My courses."""
    found = queries.own_enrolments(actor(), center_id())
    rows = []
    for enrolment in found:
        version = enrolment.run.version
        standing = queries.standings(version, [enrolment.id])[enrolment.id]
        rows.append((enrolment, standing, queries.state_of(enrolment.run)))
    return render_template("enrolment/my_courses.html", rows=rows)


@bp.post("/c/<center>/learn/<run>/join")
@allow(Permission.COURSE_LEARN)
def join(run: str) -> ResponseReturnValue:
    enrolment = operations.enrol_self(actor(), queries.run(center_id(), run))
    flash(_("You take part in this run now."), "success")
    return redirect(url_for("learning.run", run=enrolment.run_id))


@bp.get("/c/<center>/learn/<run>")
@allow(Permission.COURSE_LEARN)
def run(run: str) -> str:
    """One run as its trainee sees it: what comes next, the outline, meetings."""
    enrolment = queries.own_enrolment(actor(), center_id(), run)
    version = enrolment.run.version
    standing = queries.standings(version, [enrolment.id])[enrolment.id]
    coming = queries.next_item(version, standing)
    return render_template(
        "enrolment/learner.html",
        enrolment=enrolment,
        run=enrolment.run,
        state=queries.state_of(enrolment.run),
        standing=standing,
        units=learner_outline(enrolment, standing),
        next=(coming, items.url(enrolment.run, coming)) if coming else None,
        meetings=_own_meetings(enrolment),
        panels=panels.panels(panels.Place.LEARNER, actor(), enrolment),
    )


def learner_outline(
    enrolment: Enrolment, standing: queries.Standing, current: CourseItem | None = None
) -> list[dict[str, Any]]:
    """The outline of a run with the trainee's progress."""

    def state(item: CourseItem) -> str:
        if current is not None and item.id == current.id:
            return "current"
        row = standing.rows.get(item.slug)
        return "done" if row is not None and row.done_at is not None else "new"

    def note(item: CourseItem) -> str:
        row = standing.rows.get(item.slug)
        if row is None:
            return ""
        if row.points is not None and row.max_points:
            return f"{row.points:g} / {row.max_points:g}"
        return "" if row.done_at is not None else str(_("started"))

    return outline(enrolment.run.version, url=lambda item: items.url(enrolment.run, item), state=state, note=note)


def _own_meetings(enrolment: Enrolment) -> list[dict[str, Any]]:
    stays = queries.attendance_of(enrolment.id)
    return [
        {
            "meeting": meeting,
            "attended": bool(stays.get(meeting.id)),
            "here": any(stay.ended_at is None for stay in stays.get(meeting.id, [])),
            "open": meetings.is_open(meeting),
        }
        for meeting in queries.meetings(enrolment.run)
    ]


@bp.get("/c/<center>/learn/<run>/lessons/<item>")
@allow(Permission.COURSE_LEARN)
def lesson(run: str, item: str) -> str:
    return _lesson_page(*_open_lesson(run, item))


def _open_lesson(run: str, item: str) -> tuple[Enrolment, CourseItem]:
    enrolment = queries.own_enrolment(actor(), center_id(), run)
    return enrolment, curriculum.item(enrolment.run.course_version_id, item, "lesson")


def _lesson_page(enrolment: Enrolment, found: CourseItem, missing: str | None = None) -> str:
    version = enrolment.run.version
    text = curriculum.lesson_text(found)
    standing = queries.standings(version, [enrolment.id])[enrolment.id]
    row = standing.rows.get(found.slug)
    around = neighbours(enrolment, found)
    return render_template(
        "enrolment/lesson.html",
        enrolment=enrolment,
        run=enrolment.run,
        item=found,
        unit=version.units[found.unit],
        text=text,
        cards=_cards(enrolment, found, text),
        missing=missing,
        done=row is not None and row.done_at is not None,
        units=learner_outline(enrolment, standing, found),
        around=around,
        counting=queries.state_of(enrolment.run) is queries.RunState.RUNNING,
        nonce=attention.start_token(enrolment, found.slug, "lesson"),
    )


def neighbours(enrolment: Enrolment, here: CourseItem) -> dict[str, tuple[str, str]]:
    """The items before and after one, as (title, url), for `ui.lesson_nav`."""
    all_items = enrolment.run.version.items
    place = next(index for index, item in enumerate(all_items) if item.id == here.id)
    around = {}
    for name, index in (("previous", place - 1), ("next", place + 1)):
        if 0 <= index < len(all_items) and (address := items.url(enrolment.run, all_items[index])):
            around[name] = (local(all_items[index].title), address)
    return around


def _cards(enrolment: Enrolment, item: CourseItem, text: LessonText) -> dict[str, dict[str, Any]]:
    ids = [part["check"] for part in text.parts if "check" in part]
    if not ids:
        return {}
    bank = curriculum.checks(item.version_id)
    given = checks.answers(enrolment, item.slug)
    return {key: check_card(enrolment, bank[key], number, given.get(key)) for number, key in enumerate(ids, start=1)}


def check_card(
    enrolment: Enrolment, question: questions.Question, number: int, answer: CheckAnswer | None
) -> dict[str, Any]:
    """One check for its template: open, wrong with another try, or closed with the answer."""
    order = checks.order_of(enrolment, question)
    given = answer.answer["given"] if answer is not None else None
    closed = answer is not None and checks.is_closed(answer)
    return {
        "id": question["id"],
        "number": number,
        "question": questions.card(question, order) | {"points": None},
        "answer": questions.card_answer(question, order, given),
        "result": questions.result(question, order, given, reveal=closed) | {"points": None} if answer else None,
        "closed": closed,
    }


@bp.post("/c/<center>/learn/<run>/lessons/<item>/checks/<question>")
@allow(Permission.COURSE_LEARN)
def check(run: str, item: str, question: str) -> ResponseReturnValue:
    """Answer a check. htmx gets the question back, other browsers the page at the question."""
    enrolment, found = _open_lesson(run, item)
    message = None
    answer: CheckAnswer | None
    try:
        answer = checks.answer(actor(), enrolment, item, question, request.form)
    except Invalid as invalid:
        if "HX-Request" not in request.headers:
            flash(str(invalid), "error")
            return redirect(url_for("learning.lesson", run=run, item=item, _anchor=f"check-{question}"))
        message, answer = str(invalid), checks.answers(enrolment, item).get(question)
    if "HX-Request" not in request.headers:
        return redirect(url_for("learning.lesson", run=run, item=item, _anchor=f"check-{question}"))
    number = checks.of_lesson(found).index(question) + 1
    card = check_card(enrolment, curriculum.checks(found.version_id)[question], number, answer)
    if message is not None and isinstance(typed := request.form.get(f"check-{question}"), str):
        card["answer"] = card["answer"] if card["question"].get("choices") else typed[: questions.LONGEST]
    page = render_template("enrolment/_check_answered.html", run=enrolment.run, item=found, card=card, message=message)
    return page, 422 if message else 200


@bp.post("/c/<center>/learn/<run>/lessons/<item>/done")
@allow(Permission.COURSE_LEARN)
def done(run: str, item: str) -> ResponseReturnValue:
    """Read: on to the next item."""
    enrolment, found = _open_lesson(run, item)
    try:
        operations.finish_lesson(actor(), enrolment, item)
    except Conflict as conflict:
        return _lesson_page(enrolment, found, missing=conflict.code), 409
    following = neighbours(enrolment, found).get("next")
    return redirect(following[1] if following else url_for("learning.run", run=run))


@bp.post("/c/<center>/attention/beat")
@allow(Permission.COURSE_LEARN)
def beat() -> ResponseReturnValue:
    """One heartbeat of a page; see the top of assets/js/heartbeat.js."""
    body = _body()
    has_input, present = body.get("input", False), body.get("present", False)
    if not isinstance(has_input, bool) or not isinstance(present, bool):
        raise Invalid(_("This is not a heartbeat."))
    answer = attention.beat(actor(), center_id(), body["nonce"], has_input=has_input, present=present)
    return {"nonce": answer.nonce, "ask": answer.ask, "stop": answer.stop, "interval": attention.EVERY}


@bp.post("/c/<center>/attention/end")
@allow(Permission.COURSE_LEARN)
def end() -> ResponseReturnValue:
    """The page is left."""
    attention.end(actor(), center_id(), _body()["nonce"])
    return "", 204


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("nonce"), str) or len(body["nonce"]) > 500:
        raise Invalid(_("This is not a heartbeat."))
    return body
