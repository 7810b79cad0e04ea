"""Quizzes as trainees take them: the rules, a sitting, its result."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.assessment import quiz_operations, quiz_queries
from shixun.assessment.quiz_models import QuizAttempt
from shixun.core.clock import now
from shixun.core.errors import Conflict
from shixun.core.i18n import _
from shixun.core.permissions import Permission
from shixun.curriculum import questions
from shixun.enrolment import items, queries
from shixun.enrolment.learning_views import neighbours
from shixun.enrolment.models import Enrolment
from shixun.ledger.kinds import instant_text
from shixun.web.routing import actor, allow, center_id

bp = Blueprint("quizzes", __name__, template_folder="templates")
items.register("quiz", "quizzes.home")
_LAST_MOMENT = timedelta(seconds=3)  # at the deadline the page hands in by itself: nobody is asked any more


def _quiz(run: str, item: str) -> tuple[Enrolment, quiz_queries.Quiz]:
    enrolment = queries.own_enrolment(actor(), center_id(), run)
    return enrolment, quiz_queries.quiz(enrolment, item)


@bp.get("/c/<center>/learn/<run>/quizzes/<item>")
@allow(Permission.COURSE_LEARN)
def home(run: str, item: str) -> str:
    """The rules, the sittings so far, and the way into the next."""
    enrolment, quiz = _quiz(run, item)
    attempts = quiz_queries.attempts(enrolment, item)
    open_attempt = attempts[-1] if attempts and not quiz_operations.is_over(attempts[-1]) else None
    left = None if not quiz.attempts else max(0, quiz.attempts - len(attempts))
    return render_template(
        "assessment/quiz_home.html",
        run=enrolment.run,
        item=quiz.item,
        unit=enrolment.run.version.units[quiz.item.unit],
        quiz=quiz,
        attempts=attempts,
        best=quiz_queries.best(attempts),
        open_attempt=open_attempt,
        left=left,
        running=queries.state_of(enrolment.run) is queries.RunState.RUNNING,
        around=neighbours(enrolment, quiz.item),
    )


@bp.post("/c/<center>/learn/<run>/quizzes/<item>/begin")
@allow(Permission.COURSE_LEARN)
def begin(run: str, item: str) -> ResponseReturnValue:
    enrolment, _quiz_found = _quiz(run, item)
    try:
        attempt = quiz_operations.begin(actor(), enrolment, item)
    except Conflict as conflict:
        flash(str(conflict), "error")
        return redirect(url_for("quizzes.home", run=run, item=item))
    return redirect(url_for("quizzes.attempt", run=run, item=item, attempt=attempt.id))


@bp.get("/c/<center>/learn/<run>/quizzes/<item>/attempts/<attempt>")
@allow(Permission.COURSE_LEARN)
def attempt(run: str, item: str, attempt: str) -> str:
    """A sitting: its questions, or its result once it is over."""
    enrolment, quiz = _quiz(run, item)
    found = quiz_queries.own_attempt(actor(), enrolment, item, attempt)
    return _review_page(enrolment, quiz, found) if found.finished_at else _sitting_page(enrolment, quiz, found)


def _sitting_page(
    enrolment: Enrolment, quiz: quiz_queries.Quiz, attempt: QuizAttempt, unanswered: list[str] | None = None
) -> str:
    saved = quiz_queries.saved(attempt)
    cards = []
    for place in attempt.layout:
        question = quiz.by_id[place["id"]]
        answer = saved.get(place["id"])
        given = answer.answer["given"] if answer is not None else None
        cards.append(
            {
                "question": questions.card(question, place["order"]),
                "answer": questions.card_answer(question, place["order"], given),
                "saved_at": answer.saved_at if answer is not None else None,
            }
        )
    return render_template(
        "assessment/quiz_sitting.html",
        run=enrolment.run,
        item=quiz.item,
        quiz=quiz,
        attempt=attempt,
        cards=cards,
        unanswered=[(n, key["id"]) for n, key in enumerate(attempt.layout, 1) if key["id"] in (unanswered or [])],
        over=quiz_operations.is_over(attempt),
        ends=instant_text(attempt.deadline_at) if quiz.minutes else None,
        now_text=instant_text(now()),
    )


def _review_page(enrolment: Enrolment, quiz: quiz_queries.Quiz, attempt: QuizAttempt) -> str:
    attempts = quiz_queries.attempts(enrolment, attempt.item)
    run_is_over = queries.state_of(enrolment.run) is queries.RunState.ENDED
    reveal = quiz_queries.may_see_answers(quiz, attempts, run_is_over=run_is_over)
    saved = quiz_queries.saved(attempt)
    cards: list[dict[str, Any]] = []
    for place in attempt.layout:
        question = quiz.by_id[place["id"]]
        given = saved[place["id"]].answer["given"] if place["id"] in saved else None
        cards.append(
            {
                "question": questions.card(question, place["order"]),
                "answer": questions.card_answer(question, place["order"], given),
                "result": questions.result(question, place["order"], given, reveal=reveal),
            }
        )
    return render_template(
        "assessment/quiz_review.html",
        run=enrolment.run,
        item=quiz.item,
        quiz=quiz,
        attempt=attempt,
        cards=cards,
        reveal=reveal,
        right=sum(one["right"] for one in attempt.result.values()),
        again=not quiz.attempts or len(attempts) < quiz.attempts,
        around=neighbours(enrolment, quiz.item),
    )


@bp.post("/c/<center>/learn/<run>/quizzes/<item>/attempts/<attempt>/answers/<question>")
@allow(Permission.COURSE_LEARN)
def save(run: str, item: str, attempt: str, question: str) -> ResponseReturnValue:
    """Keep one answer while the trainee goes on; the line under the question says so."""
    enrolment, _quiz_found = _quiz(run, item)
    found = quiz_queries.own_attempt(actor(), enrolment, item, attempt)
    answer = quiz_operations.save(actor(), found, question, request.form)
    return render_template("assessment/quiz_saved.html", saved_at=answer.saved_at if answer else None)


@bp.post("/c/<center>/learn/<run>/quizzes/<item>/attempts/<attempt>/submit")
@allow(Permission.COURSE_LEARN)
def submit(run: str, item: str, attempt: str) -> ResponseReturnValue:
    """Hand in. Questions without an answer are named once before."""
    enrolment, quiz = _quiz(run, item)
    found = quiz_queries.own_attempt(actor(), enrolment, item, attempt)
    if found.finished_at is None:
        quiz_operations.save_all(actor(), found, request.form)
        in_time = now() < found.deadline_at - _LAST_MOMENT
        missing = quiz_operations.unanswered(found)
        if missing and in_time and "confirm" not in request.form:
            return _sitting_page(enrolment, quiz, found, missing)
        quiz_operations.submit(actor(), found)
        flash(_("Your answers are handed in."), "success")
    return redirect(url_for("quizzes.attempt", run=run, item=item, attempt=attempt))
