"""Sittings of quizzes: begun with a draw of their own, saved answer by answer, graded on the server when they end.

What was saved before the deadline counts, whatever becomes of the browser; what comes after it does not. Learning time of
a sitting runs from proof to proof (begin, each saved answer, submit); a pause longer than the idle limit is left out.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from shixun.accounts.queries import subject_of
from shixun.assessment import quiz_queries
from shixun.assessment.quiz_models import QuizAnswer, QuizAttempt
from shixun.core import audit
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.events import emit
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission, system_actor
from shixun.curriculum import questions
from shixun.enrolment import evidence, progress
from shixun.enrolment.events import ItemScored
from shixun.enrolment.models import Enrolment
from shixun.ledger.operations import record

GRACE = timedelta(seconds=5)  # an answer that left the browser in time may arrive a little later


def begin(actor: Actor, enrolment: Enrolment, item: str) -> QuizAttempt:
    """Begin a sitting, or go on with the one that is open. Raises `Conflict` without attempts left or outside the run."""
    actor.require(Permission.COURSE_LEARN, enrolment.center_id)
    quiz = quiz_queries.quiz(enrolment, item)
    progress.one_at_a_time(enrolment)
    attempts = quiz_queries.attempts(enrolment, item)
    if attempts and attempts[-1].finished_at is None:
        if not is_over(attempts[-1]):
            return attempts[-1]
        finish(attempts[-1])
    instant = now()
    if not enrolment.run.starts_at <= instant < enrolment.run.ends_at:
        raise Conflict(_l("A quiz can be taken from the first to the last day of the run."), code="dates")
    if quiz.attempts and len(attempts) >= quiz.attempts:
        raise Conflict(_l("You have no attempts left for this quiz."), code="attempts")
    seed = secrets.token_hex(32)
    layout = questions.draw(quiz.questions, quiz.draw, seed)
    bank = quiz.by_id
    run_ends = enrolment.run.ends_at
    attempt = QuizAttempt(
        center_id=enrolment.center_id,
        enrolment=enrolment,
        item=item,
        number=len(attempts) + 1,
        seed=seed,
        layout=layout,
        started_at=instant,
        deadline_at=min(run_ends, instant + timedelta(minutes=quiz.minutes)) if quiz.minutes else run_ends,
        max_points=sum(bank[place["id"]]["points"] for place in layout),
        stretch_started_at=instant,
        last_proof_at=instant,
    )
    db.session.add(attempt)
    db.session.flush()
    progress.touch(enrolment, item)
    audit.record(actor, "assessment.quiz.begun", attempt.id, item=item, number=attempt.number)
    return attempt


def is_over(attempt: QuizAttempt, instant: datetime | None = None) -> bool:
    """Whether answers are taken no more."""
    return attempt.finished_at is not None or (instant or now()) > attempt.deadline_at + GRACE


def save(actor: Actor, attempt: QuizAttempt, question_id: str, form: questions.Form) -> QuizAnswer | None:
    """Keep an answer to one question; an empty one takes the earlier back. Raises `Conflict` when the time is over."""
    actor.require(Permission.COURSE_LEARN, attempt.center_id)
    db.session.refresh(attempt, with_for_update=True)
    instant = now()
    if is_over(attempt, instant):
        raise Conflict(_l("The time of this quiz is over. What you saved before counts."), code="over")
    order = {place["id"]: place["order"] for place in attempt.layout}.get(question_id)
    if order is None:
        raise NotFound(_l("There is no such question in this quiz."))
    question = quiz_queries.quiz(attempt.enrolment, attempt.item).by_id[question_id]
    try:
        given = questions.read(question, order, form)
    except questions.Malformed as error:
        raise Invalid(_l("This answer is not possible here. Reload the page and choose again.")) from error
    _prove(attempt, instant)
    return _keep(attempt, question_id, given, instant)


def save_all(actor: Actor, attempt: QuizAttempt, form: questions.Form) -> None:
    """Save what the whole form brings (a browser without scripts); an impossible answer to one question loses no other.

    What the form leaves out stays as it was saved. Nothing is saved when the time is over: what was saved before counts.
    """
    actor.require(Permission.COURSE_LEARN, attempt.center_id)
    db.session.refresh(attempt, with_for_update=True)
    instant = now()
    if is_over(attempt, instant):
        return
    bank = quiz_queries.quiz(attempt.enrolment, attempt.item).by_id
    for place in attempt.layout:
        try:
            given = questions.read(bank[place["id"]], place["order"], form)
        except questions.Malformed:
            continue
        if given is not None:
            _keep(attempt, place["id"], given, instant)
    _prove(attempt, instant)


def _keep(
    attempt: QuizAttempt, question_id: str, given: questions.Given | None, instant: datetime
) -> QuizAnswer | None:
    found = db.session.scalar(
        select(QuizAnswer).where(QuizAnswer.attempt_id == attempt.id, QuizAnswer.question == question_id)
    )
    if given is None:
        if found is not None:
            db.session.delete(found)
            db.session.flush()
        return None
    if found is None:
        found = QuizAnswer(attempt_id=attempt.id, question=question_id)
        db.session.add(found)
    if found.answer != {"given": given}:
        found.answer = {"given": given}
        found.saved_at = instant
    db.session.flush()
    return found


def unanswered(attempt: QuizAttempt) -> list[str]:
    """The questions of a sitting that have no saved answer, in order."""
    answered = quiz_queries.saved(attempt)
    return [place["id"] for place in attempt.layout if place["id"] not in answered]


def submit(actor: Actor, attempt: QuizAttempt) -> None:
    """End a sitting: what was saved is graded. Twice changes nothing."""
    actor.require(Permission.COURSE_LEARN, attempt.center_id)
    finish(attempt)


def finish(attempt: QuizAttempt) -> None:
    """Grade what was saved and close the sitting, once."""
    db.session.refresh(attempt, with_for_update=True)
    if attempt.finished_at is not None:
        return
    instant = now()
    enrolment = attempt.enrolment
    quiz = quiz_queries.quiz(enrolment, attempt.item)
    judged = _judge(quiz.by_id, attempt)
    attempt.result = judged
    attempt.points = sum(one["points"] for one in judged.values())
    attempt.passed = attempt.points + 1e-9 >= attempt.max_points * quiz.pass_percent / 100
    attempt.finished_at = min(instant, attempt.deadline_at)
    db.session.flush()
    _close_stretch(attempt)
    record(
        system_actor(attempt.center_id),
        "quiz.finished",
        subject_id=subject_of(enrolment.person_id, enrolment.center_id),
        key=attempt.id,
        occurred_at=attempt.finished_at,
        data={
            "run_id": enrolment.run_id,
            "item": attempt.item,
            "points": attempt.points,
            "max_points": attempt.max_points,
        },
    )
    _score(enrolment, attempt.item)


def _score(enrolment: Enrolment, item: str) -> None:
    """Tell the best attempt, and whether any passed."""
    attempts = quiz_queries.attempts(enrolment, item)
    best = quiz_queries.best(attempts)
    if best is not None:
        passed = any(one.passed for one in attempts)
        emit(ItemScored(enrolment.id, item, best.points or 0.0, best.max_points, passed))


def _judge(bank: Mapping[str, questions.Question], attempt: QuizAttempt) -> dict[str, Any]:
    given = {answer.question: answer.answer["given"] for answer in quiz_queries.saved(attempt).values()}
    found = {}
    for place in attempt.layout:
        question = bank[place["id"]]
        right = questions.is_right(question, given.get(place["id"]))
        found[place["id"]] = {"right": right, "points": question["points"] if right else 0}
    return found


def close_expired() -> None:
    """Grade sittings whose time is over and whose browser has gone. For the worker's tick."""
    query = (
        select(QuizAttempt)
        .where(QuizAttempt.finished_at.is_(None), QuizAttempt.deadline_at < now() - GRACE)
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    for attempt in db.session.scalars(query).all():
        finish(attempt)


def _prove(attempt: QuizAttempt, instant: datetime) -> None:
    """Somebody works on the quiz now. After a long pause a new stretch begins."""
    idle = timedelta(minutes=int(current_app.config["SETTINGS"].idle_minutes))
    if instant - attempt.last_proof_at > idle:
        _close_stretch(attempt)
        attempt.stretch_started_at = instant
    attempt.last_proof_at = instant
    attempt.proofs += 1
    db.session.flush()


def _close_stretch(attempt: QuizAttempt) -> None:
    evidence.interval(
        attempt.enrolment,
        item=attempt.item,
        source="quiz",
        key=f"{attempt.id}:{attempt.stretches}",
        start=attempt.stretch_started_at,
        end=attempt.last_proof_at,
        proofs=attempt.proofs,
    )
    attempt.stretches += 1
    attempt.proofs = 0
