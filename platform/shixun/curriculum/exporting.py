"""A course pack as a Common Cartridge: its lessons and quizzes in one language."""

from shixun.curriculum.portable import portable_lesson, portable_line
from shixun_packs.course import Course, LabItem, LessonItem, QuizItem
from shixun_packs.exchange.cartridge_write import Page, WrittenQuiz, WrittenUnit, write_cartridge
from shixun_packs.exchange.findings import Finding, Findings, both
from shixun_packs.exchange.qti_write import MOST_ATTEMPTS, MOST_WEIGHT, WrittenChoice, WrittenQuestion, has_weight
from shixun_packs.question import ChoiceQuestion, FillQuestion, NumericQuestion, OrderingQuestion, Question
from shixun_packs.text import LocalText

_NO_LABS = both("实验留在平台上：通用课程包里没有实验", "labs stay on the platform: cartridges have none")
_NO_SUCH_LIMIT = both(
    f"作答次数的限制没有保留：通用课程包最多写 {MOST_ATTEMPTS} 次，否则不限",
    f"the limit of attempts is dropped: cartridges have {MOST_ATTEMPTS} at most, or none",
)
_NO_SUCH_POINTS = both(
    f"分值没有保留：通用课程包只有 1 到 {MOST_WEIGHT} 的整数",
    f"the points are dropped: cartridges have whole numbers from 1 to {MOST_WEIGHT}",
)


def course_cartridge(course: Course, lang: str) -> tuple[bytes, list[Finding]]:
    """The course as a cartridge, and what it can't carry: labs, tolerances, orderings as such.

    Questions inside lessons follow their lesson as a quiz of its own.
    """
    findings = Findings()
    units = []
    for unit in course.units:
        items: list[Page | WrittenQuiz] = []
        for item in unit.item:
            title = item.title.get(lang)
            if isinstance(item, LabItem):
                findings.lose(
                    _place(item.title),
                    _NO_LABS,
                )
            elif isinstance(item, QuizItem):
                quiz = course.quizzes[item.slug]
                if quiz.quiz.draw:
                    message = (
                        f"抽 {quiz.quiz.draw} 题变成了全部题目",
                        f"draws {quiz.quiz.draw} questions; the cartridge has all of them",
                    )
                    findings.note(_place(item.title), both(*message))
                if quiz.quiz.attempts > MOST_ATTEMPTS:
                    findings.note(_place(item.title), _NO_SUCH_LIMIT)
                questions = [_question(question, lang, findings) for question in quiz.question]
                items.append(WrittenQuiz(item.slug, title, questions, quiz.quiz.minutes, quiz.quiz.attempts))
            elif isinstance(item, LessonItem):
                items += _lesson(course, item, lang, findings)
        if items:
            units.append(WrittenUnit(unit.title.get(lang), items))
    info = course.info
    data = write_cartridge(course.slug, info.title.get(lang), info.summary.get(lang), lang, units, course.figures)
    return data, findings.found


def _lesson(course: Course, item: LessonItem, lang: str, findings: Findings) -> list[Page | WrittenQuiz]:
    lesson = course.lessons[item.slug]
    made = portable_lesson(lesson.markdown)
    title = item.title.get(lang)
    found: list[Page | WrittenQuiz] = [
        Page(item.slug, title, made.html, tuple(figure for figure, _line in lesson.figures))
    ]
    if made.checks:
        name = {"zh": f"{title}：课内小题", "en": f"{title}: questions in the lesson"}[lang]
        questions = [_question(course.checks[check], lang, findings) for check in made.checks]
        found.append(WrittenQuiz(f"{item.slug}-checks", name, questions))
    return found


def _place(title: LocalText) -> LocalText:
    return both(f"“{title.zh}”", repr(title.en))


def _question(question: Question, lang: str, findings: Findings) -> WrittenQuestion:
    place = both(f"题目 {question.id}", f"question {question.id}")
    if not has_weight(question.points):
        findings.note(place, _NO_SUCH_POINTS)
    text, explanation = portable_line(question.text.get(lang)), portable_line(question.explanation.get(lang))
    if isinstance(question, ChoiceQuestion):
        choices = [
            WrittenChoice(
                portable_line(choice.text.get(lang)),
                choice.correct,
                portable_line(choice.why.get(lang)) if choice.why else "",
            )
            for choice in question.choice
        ]
        return WrittenQuestion(question.id, question.kind, text, explanation, question.points, choices)
    if isinstance(question, NumericQuestion):
        if question.tolerance:
            shown = f"± {question.tolerance:g} {question.unit}".strip()
            findings.note(
                place,
                both(
                    f"允差 {shown} 没有保留：只认这个数",
                    f"the tolerance {shown} is dropped: only the number itself counts",
                ),
            )
        unit = f" ({question.unit})" if question.unit else ""
        accept = [f"{question.answer:g}"]
        return WrittenQuestion(question.id, "fill", text + unit, explanation, question.points, accept=accept)
    if isinstance(question, OrderingQuestion):
        findings.note(
            place, both("排序题变成了选择正确顺序的单选题", "the ordering becomes a single choice among orders")
        )
        return WrittenQuestion(
            question.id,
            "single",
            text,
            explanation,
            question.points,
            _orders([portable_line(entry.get(lang)) for entry in question.order]),
        )
    assert isinstance(question, FillQuestion)
    return WrittenQuestion(question.id, "fill", text, explanation, question.points, accept=list(question.accept))


def _orders(entries: list[str]) -> list[WrittenChoice]:
    """The right order among three wrong ones: two neighbours changed at either end, and the reverse. The right one is second."""
    first, last, back = list(entries), list(entries), list(reversed(entries))
    first[0], first[1] = first[1], first[0]
    last[-1], last[-2] = last[-2], last[-1]
    return [WrittenChoice(" → ".join(order), order is entries) for order in (first, entries, back, last)]
