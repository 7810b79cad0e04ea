"""Quizzes: sittings, deadlines, grading, and what trainees try to see too early."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from werkzeug.datastructures import MultiDict

from shixun.accounts.models import Center, Person
from shixun.accounts.queries import actor_in
from shixun.assessment import quiz_operations, quiz_queries
from shixun.assessment.quiz_models import QuizAttempt
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.permissions import Actor
from shixun.curriculum import questions
from shixun.enrolment.models import Enrolment, ItemProgress
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_center, make_person
from shixun.testing.learning import QUIZ, make_course, make_enrolment, make_run

QUESTIONS = ["one", "some", "number", "steps", "word"]
RIGHT: dict[str, Any] = {"one": 0, "some": [0, 1], "number": "41.9", "steps": [0, 1, 2], "word": "气蚀"}
WRONG: dict[str, Any] = {"one": 1, "some": [0, 2], "number": "42.1", "steps": [2, 1, 0], "word": "空气"}
SECRETS = ["41.75", "Kavitation42", "错因甲", "错因乙", "错因丙", "单选解释", "数值解释", "填空解释"]


@dataclass
class Sitting:
    """A trainee before a quiz."""

    center: Center
    person: Person
    enrolment: Enrolment
    clock: Any

    @property
    def actor(self) -> Actor:
        return actor_in(self.person, self.center)

    @property
    def path(self) -> str:
        return f"/c/longyan/learn/{self.enrolment.run_id}/quizzes/curve-quiz"

    def begin(self) -> QuizAttempt:
        return quiz_operations.begin(self.actor, self.enrolment, "curve-quiz")

    def form(self, attempt: QuizAttempt, answers: dict[str, Any]) -> MultiDict[str, str]:
        """The form that a browser sends for these answers."""
        quiz = quiz_queries.quiz(self.enrolment, "curve-quiz")
        found: MultiDict[str, str] = MultiDict()
        for place in attempt.layout:
            key, order = place["id"], place["order"]
            if key not in answers:
                continue
            shown = questions.card_answer(quiz.by_id[key], order, answers[key])
            if isinstance(shown, dict):
                found.update({f"q-{key}-{value}": str(number) for value, number in shown.items()})
            else:
                found.setlist(f"q-{key}", shown if isinstance(shown, list) else [shown])
        return found

    def save(self, attempt: QuizAttempt, **answers: Any) -> None:
        for key in answers:
            quiz_operations.save(self.actor, attempt, key, self.form(attempt, answers))
        db.session.commit()


@pytest.fixture
def sitting(app: Any, tmp_path: Path) -> Any:
    center = make_center()
    person = make_person(center, "xueyuan", name="王芳")
    enrolment = make_enrolment(make_run(center, make_course(center, tmp_path)), person)
    db.session.commit()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=False) as clock:
        yield Sitting(center, person, enrolment, clock)


def ledger(kind: str) -> list[dict[str, Any]]:
    return [entry.data for entry in db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == kind))]


def seconds(data: dict[str, Any]) -> float:
    return (datetime.fromisoformat(data["end"]) - datetime.fromisoformat(data["start"])).total_seconds()


def test_all_right_is_full_marks(sitting: Sitting) -> None:
    attempt = sitting.begin()
    sitting.save(attempt, **RIGHT)
    sitting.clock.shift(240)
    quiz_operations.submit(sitting.actor, attempt)
    assert (attempt.points, attempt.max_points, attempt.passed) == (5.0, 5.0, True)
    assert [data["points"] for data in ledger("quiz.finished")] == [5.0]
    row = db.session.scalars(db.select(ItemProgress)).one()
    assert (row.points, row.done_at is not None) == (5.0, True)


@pytest.mark.parametrize("wrong", QUESTIONS)
def test_each_wrong_answer_costs_its_points(sitting: Sitting, wrong: str) -> None:
    attempt = sitting.begin()
    sitting.save(attempt, **{**RIGHT, wrong: WRONG[wrong]})
    quiz_operations.submit(sitting.actor, attempt)
    assert attempt.points == 4.0
    assert [key for key, judged in attempt.result.items() if not judged["right"]] == [wrong]


def test_the_best_attempt_counts_and_there_are_only_two(sitting: Sitting) -> None:
    first = sitting.begin()
    sitting.save(first, **RIGHT)
    quiz_operations.submit(sitting.actor, first)
    second = sitting.begin()
    assert second.id != first.id
    quiz_operations.submit(sitting.actor, second)
    assert second.points == 0
    with pytest.raises(Conflict) as error:
        sitting.begin()
    assert error.value.code == "attempts"
    best = quiz_queries.best(quiz_queries.attempts(sitting.enrolment, "curve-quiz"))
    assert best is not None
    assert best.id == first.id
    assert db.session.scalars(db.select(ItemProgress.points)).one() == 5.0


def test_beginning_again_goes_on_with_the_open_sitting(sitting: Sitting) -> None:
    attempt = sitting.begin()
    deadline = attempt.deadline_at
    sitting.clock.shift(120)
    assert sitting.begin().id == attempt.id
    assert attempt.deadline_at == deadline


def test_answers_after_the_time_limit_are_refused_and_what_was_saved_is_graded(sitting: Sitting) -> None:
    attempt = sitting.begin()
    sitting.save(attempt, one=0, word="气蚀")
    sitting.clock.shift(600 + 6)
    with pytest.raises(Conflict) as error:
        quiz_operations.save(sitting.actor, attempt, "number", sitting.form(attempt, RIGHT))
    assert error.value.code == "over"
    quiz_operations.save_all(sitting.actor, attempt, sitting.form(attempt, RIGHT))
    quiz_operations.submit(sitting.actor, attempt)
    assert attempt.points == 2.0
    assert attempt.finished_at == attempt.deadline_at


def test_the_sweep_grades_what_a_vanished_browser_left(sitting: Sitting) -> None:
    attempt = sitting.begin()
    sitting.save(attempt, one=0)
    quiz_operations.close_expired()
    assert attempt.finished_at is None
    sitting.clock.shift(700)
    quiz_operations.close_expired()
    quiz_operations.close_expired()
    quiz_operations.submit(sitting.actor, attempt)
    assert attempt.points == 1.0
    assert len(ledger("quiz.finished")) == 1


def test_an_expired_sitting_is_closed_before_the_next_begins(sitting: Sitting) -> None:
    first = sitting.begin()
    sitting.save(first, one=0)
    sitting.clock.shift(1000)
    second = sitting.begin()
    assert (first.points, second.number) == (1.0, 2)


def test_the_deadline_never_lies_behind_the_run(sitting: Sitting) -> None:
    sitting.enrolment.run.ends_at = now() + timedelta(minutes=3)
    db.session.commit()
    assert sitting.begin().deadline_at == sitting.enrolment.run.ends_at
    sitting.clock.shift(400)
    with pytest.raises(Conflict) as error:
        sitting.begin()
    assert error.value.code == "dates"


def test_sitting_time_runs_from_proof_to_proof(sitting: Sitting) -> None:
    attempt = sitting.begin()
    sitting.clock.shift(60)
    sitting.save(attempt, one=0)
    sitting.clock.shift(60)
    sitting.save(attempt, word="气蚀")
    sitting.clock.shift(1000)
    quiz_operations.close_expired()
    found = ledger("time.interval")
    assert [(seconds(data), data["proofs"], data["source"], data["item"]) for data in found] == [
        (120.0, 2, "quiz", "curve-quiz")
    ]


def test_a_long_pause_in_a_sitting_is_left_out(sitting: Sitting, tmp_path: Path) -> None:
    version = make_course(
        sitting.center, tmp_path / "slow", {"quizzes/curve.toml": QUIZ.replace("minutes = 10", "minutes = 0")}
    )
    sitting.enrolment = make_enrolment(make_run(sitting.center, version), sitting.person)
    attempt = sitting.begin()
    assert attempt.deadline_at == sitting.enrolment.run.ends_at
    sitting.clock.shift(300)
    sitting.save(attempt, one=0)
    sitting.clock.shift(3600)
    sitting.save(attempt, one=1)
    sitting.clock.shift(120)
    quiz_operations.save_all(sitting.actor, attempt, sitting.form(attempt, {"one": 0}))
    quiz_operations.submit(sitting.actor, attempt)
    assert [seconds(data) for data in ledger("time.interval")] == [300.0, 120.0]


def test_an_empty_answer_takes_the_earlier_back(sitting: Sitting) -> None:
    attempt = sitting.begin()
    sitting.save(attempt, word="气蚀")
    assert quiz_operations.unanswered(attempt) == ["one", "some", "number", "steps"]
    quiz_operations.save(sitting.actor, attempt, "word", MultiDict())
    assert len(quiz_operations.unanswered(attempt)) == 5


def test_impossible_answers_are_refused_and_lose_no_other(sitting: Sitting) -> None:
    attempt = sitting.begin()
    with pytest.raises(Invalid):
        quiz_operations.save(sitting.actor, attempt, "one", MultiDict({"q-one": "17"}))
    with pytest.raises(NotFound):
        quiz_operations.save(sitting.actor, attempt, "nothing", MultiDict({"q-nothing": "0"}))
    form = sitting.form(attempt, RIGHT)
    form["q-one"] = "17"
    quiz_operations.save_all(sitting.actor, attempt, form)
    quiz_operations.submit(sitting.actor, attempt)
    assert attempt.points == 4.0


def test_a_bank_is_drawn_from(sitting: Sitting, tmp_path: Path) -> None:
    version = make_course(
        sitting.center, tmp_path / "drawn", {"quizzes/curve.toml": QUIZ.replace("draw = 0", "draw = 2")}
    )
    sitting.enrolment = make_enrolment(make_run(sitting.center, version), sitting.person)
    attempt = sitting.begin()
    assert len(attempt.layout) == 2
    assert attempt.max_points == 2.0
    seed = attempt.seed
    assert attempt.layout == questions.draw(quiz_queries.quiz(sitting.enrolment, "curve-quiz").questions, 2, seed)
    outside = next(key for key in QUESTIONS if key not in {place["id"] for place in attempt.layout})
    with pytest.raises(NotFound):
        quiz_operations.save(sitting.actor, attempt, outside, MultiDict({f"q-{outside}": "0"}))


def test_no_answer_reaches_the_browser_before_the_end(sitting: Sitting, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    page = person.get(sitting.path).get_data(as_text=True)
    begun = person.post(f"{sitting.path}/begin")
    attempt_path = begun.location
    page += person.get(attempt_path).get_data(as_text=True)
    attempt = db.session.scalars(db.select(QuizAttempt)).one()
    for key in QUESTIONS:
        saved = person.post(f"{attempt_path}/answers/{key}", sitting.form(attempt, {key: WRONG[key]}))
        assert saved.status_code == 200
        page += saved.get_data(as_text=True)
    page += person.get(attempt_path).get_data(as_text=True)
    assert not [secret for secret in SECRETS if secret in page]
    assert attempt.seed not in page
    assert person.post(f"{attempt_path}/submit", {"confirm": "1"}).location == attempt_path
    review = person.get(attempt_path).get_data(as_text=True)
    assert "错因甲" in review  # why what was chosen is wrong
    assert "错因乙" not in review
    assert "41.75" not in review  # there is another attempt
    assert "Kavitation42" not in review
    second = person.post(f"{sitting.path}/begin").location
    person.post(f"{second}/submit", {"confirm": "1"})
    assert "41.75" in person.get(attempt_path).get_data(as_text=True)  # no attempt is left


def test_handing_in_names_what_is_missing_first(sitting: Sitting, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    attempt_path = person.post(f"{sitting.path}/begin").location
    attempt = db.session.scalars(db.select(QuizAttempt)).one()
    form = sitting.form(attempt, {"one": 0, "some": [0, 1], "steps": [0, 1, 2]})
    asked = person.post(f"{attempt_path}/submit", form)
    assert asked.status_code == 200
    assert 'name="confirm"' in asked.get_data(as_text=True)
    assert len(quiz_queries.saved(attempt)) == 3  # nothing is lost by being asked
    sitting.clock.shift(598)
    over = person.post(f"{attempt_path}/submit", sitting.form(attempt, RIGHT))
    assert over.location == attempt_path  # at the end of the time nobody is asked
    db.session.expire_all()
    assert attempt.points == 5.0


def test_the_page_after_the_time_offers_the_result(sitting: Sitting, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    attempt_path = person.post(f"{sitting.path}/begin").location
    sitting.clock.shift(700)
    page = person.get(attempt_path).get_data(as_text=True)
    assert "question-text" not in page
    late = person.post(f"{attempt_path}/answers/word", {"q-word": "气蚀"}, headers={"Accept": "application/json"})
    assert late.status_code == 409
    assert person.post(f"{attempt_path}/submit", {"q-word": "气蚀"}).location == attempt_path
    assert db.session.scalars(db.select(QuizAttempt.points)).one() == 0


def test_other_peoples_attempts_are_not_found(sitting: Sitting, browser: Any) -> None:
    attempt = sitting.begin()
    other = make_person(sitting.center, "other")
    make_enrolment(sitting.enrolment.run, other)
    make_person(sitting.center, "outside")
    make_person(make_center("xiamen"), "fremd")
    db.session.commit()
    for name, center in (("other", "longyan"), ("outside", "longyan"), ("fremd", "xiamen"), ("fremd", "longyan")):
        person = browser().sign_in(name)
        path = f"/c/{center}/learn/{sitting.enrolment.run_id}/quizzes/curve-quiz/attempts/{attempt.id}"
        assert person.get(path).status_code == 404
        assert person.post(f"{path}/answers/one", {"q-one": "0"}).status_code == 404
        assert person.post(f"{path}/submit").status_code == 404
    assert db.session.scalars(db.select(QuizAttempt.finished_at)).one() is None


def test_pages_over_http_from_begin_to_review(sitting: Sitting, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    attempt_path = person.post(f"{sitting.path}/begin").location
    attempt = db.session.scalars(db.select(QuizAttempt)).one()
    assert "data-countdown" in person.get(attempt_path).get_data(as_text=True)
    done = person.post(f"{attempt_path}/submit", sitting.form(attempt, RIGHT))
    assert done.status_code == 302
    review = person.get(attempt_path).get_data(as_text=True)
    assert "填空解释" in review
    home = person.get(sitting.path).get_data(as_text=True)
    assert "5 / 5" in home
    person.post("/language/en")
    assert "You have passed this quiz." in person.get(sitting.path).get_data(as_text=True)
    assert "5 / 5" in person.get(f"/c/longyan/learn/{sitting.enrolment.run_id}").get_data(as_text=True)
