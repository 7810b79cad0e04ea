"""Questions inside lessons: answered in place, judged at once, and a proof that somebody is reading."""

from sqlalchemy import select

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor, Permission
from shixun.curriculum import queries as curriculum
from shixun.curriculum import questions
from shixun.curriculum.models import CourseItem
from shixun.enrolment import attention, progress
from shixun.enrolment.models import CheckAnswer, Enrolment

TRIES = 2  # wrong answers before the right one is shown


def of_lesson(lesson: CourseItem) -> list[str]:
    """Ids of the questions in a lesson, in order."""
    return [part["check"] for part in curriculum.lesson_text(lesson).parts if "check" in part]


def answers(enrolment: Enrolment, item: str) -> dict[str, CheckAnswer]:
    """What was answered in a lesson, by question."""
    query = select(CheckAnswer).where(CheckAnswer.enrolment_id == enrolment.id, CheckAnswer.item == item)
    return {answer.question: answer for answer in db.session.scalars(query)}


def open_checks(enrolment: Enrolment, lesson: CourseItem) -> list[str]:
    """The questions of a lesson that have no answer yet, in order."""
    answered = answers(enrolment, lesson.slug)
    return [question for question in of_lesson(lesson) if question not in answered]


def is_closed(answer: CheckAnswer) -> bool:
    """Whether the right answer is on the page by now."""
    return answer.right or answer.tries >= TRIES


def order_of(enrolment: Enrolment, question: questions.Question) -> list[int]:
    """The order in which this trainee sees the choices, every time."""
    return questions.order_of(question, enrolment.id)


def answer(actor: Actor, enrolment: Enrolment, item: str, question_id: str, form: questions.Form) -> CheckAnswer:
    """Take an answer. Raises `Invalid` for none or an impossible one, `Conflict` after the right one was shown."""
    actor.require(Permission.COURSE_LEARN, enrolment.center_id)
    lesson = curriculum.item(enrolment.run.course_version_id, item, "lesson")
    if question_id not in of_lesson(lesson):
        raise NotFound(_l("There is no such question in this lesson."))
    question = curriculum.checks(lesson.version_id)[question_id]
    try:
        given = questions.read(question, order_of(enrolment, question), form, prefix="check-")
    except questions.Malformed as error:
        raise Invalid(_l("This answer is not possible here. Reload the page and choose again.")) from error
    if given is None:
        raise Invalid(_l("Choose or type an answer first."))
    if question["kind"] == "numeric" and questions.number(str(given)) is None:
        raise Invalid(_l("Type a number, like 12.5"))
    right = questions.is_right(question, given)
    progress.one_at_a_time(enrolment)
    found = answers(enrolment, item).get(question_id)
    if found is None:
        found = CheckAnswer(
            center_id=enrolment.center_id,
            enrolment_id=enrolment.id,
            item=item,
            question=question_id,
            first_right=right,
            tries=0,
        )
        db.session.add(found)
    elif is_closed(found):
        raise Conflict(_l("You have answered this question."))
    found.answer = {"given": given}
    found.right = right
    found.tries += 1
    found.answered_at = now()
    db.session.flush()
    attention.prove(enrolment, item)
    return found
