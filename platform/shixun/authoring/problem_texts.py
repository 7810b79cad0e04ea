"""What is wrong with a pack, in the reader's language. Packs say it in English; what is not listed here stays so."""

import re

from shixun.core.i18n import _ as translated
from shixun_packs.problems import Problem


def _(text: str) -> str:
    """Marks a message for the catalogue; it is translated when it is shown."""
    return text


_MESSAGES = [
    _("there is no such file"),
    _("there is no figure %(name)s"),
    _("there is no question %(name)s in %(file)s"),
    _("the question %(name)s stands in a lesson already"),
    _("the question %(name)s stands in no lesson"),
    _("stands in no unit of course.toml"),
    _("there is no lab %(name)s"),
    _("there is no course %(name)s"),
    _("a course can't require itself"),
    _("the lesson is empty"),
    _("must begin with front matter: a line `+++`, summary_en, a line `+++`"),
    _("the front matter has no closing `+++`"),
    _("a lesson's headings begin with ##: its title is in course.toml"),
    _("the link %(link)s leads nowhere: use http(s)://, mailto: or #"),
    _("a box is one of %(boxes)s, on a line of its own"),
    _("the box has no closing `:::`"),
    _("write `:::check question-id`"),
    _("a check can't stand inside a list, a quote or another box"),
    _("the figure %(name)s must be a %(kinds)s file in figures/"),
    _("the figure %(name)s has no caption"),
    _("the formula %(formula)s can't be read: %(reason)s"),
    _("the formula %(formula)s has an unknown command %(command)s"),
    _("the formula %(formula)s lacks a part (a fraction needs two, for example)"),
    _("is larger than %(most)s bytes"),
    _("is not a %(kind)s image"),
    _("must begin with an <svg> that has a viewBox"),
    _("<%(name)s> is not allowed in a figure"),
    _("the attribute %(name)s is not allowed in a figure"),
    _("the attribute %(name)s refers to something outside the figure"),
    _("a style refers to something outside the figure"),
    _("a document type is not allowed in a figure"),
    _("a processing instruction is not allowed in a figure"),
    _("not valid SVG: %(reason)s"),
    _("not valid TOML: %(reason)s"),
    _("not valid Python: %(reason)s"),
    _("%(key)s: is missing"),
    _("%(key)s: unknown key"),
    _("%(key)s: must not be empty"),
    _("%(key)s: a wrong choice needs `why`: the mistake that leads to it"),
    _("%(key)s: has no right answer: set correct = true on a choice"),
    _("%(key)s: is single, but %(count)s choices are correct"),
    _("%(key)s: every choice is correct: there is nothing to choose"),
    _("%(key)s: two choice texts are the same: %(text)s"),
    _("%(key)s: two entry texts are the same: %(text)s"),
    _("%(key)s: has %(zh)s entries in zh and %(en)s in en"),
    _("%(key)s: List should have at least %(least)s after validation, not %(count)s"),
    _("draws %(count)s of %(all)s questions"),
    _("draws questions, so all must have the same points"),
    _("%(name)s is there twice (first on line %(line)s)"),
    _("%(file)s has no graded cell %(name)s"),
    _("%(name)s has %(here)s points here and %(there)s in lab.toml"),
    _("%(name)s is graded by hand, so it must be a solution cell"),
    _("the graded cell %(name)s is not in lab.toml"),
    _("%(name)s is judged by checks, but [lab] names none"),
    _("there is no function %(name)s"),
    _("there is no hint %(name)s"),
    _("scores: %(name)s is missing"),
    _("scores: %(name)s is no automatic cell"),
    _("scores: %(name)s must be from 0 to %(most)s"),
    _("scores: a wrong solution has full marks"),
    _("has no cells: a cell begins with a line `# %%%%`"),
    _("has no cells: a cell begins with a line `# %%%% [grade_id]`"),
    _("%(name)s is the same as in the reference solution"),
    _("%(name)s is no solution cell of the notebook"),
    _("a markdown cell has only comment lines (each begins with `# `)"),
    _("is not UTF-8 (saved as GBK?): save the file as UTF-8"),
    _("has more than %(most)s files"),
    _("the lesson is longer than %(most)s characters"),
]
_GAP = re.compile(r"%\((\w+)\)s")


def _pattern(message: str) -> re.Pattern[str]:
    pieces = _GAP.split(message)
    return re.compile(
        "".join(f"(?P<{p}>.+?)" if n % 2 else re.escape(p.replace("%%", "%")) for n, p in enumerate(pieces)), re.DOTALL
    )


_PATTERNS = [(_pattern(message), message) for message in _MESSAGES]


def placed(problem: Problem) -> str:
    """The message of a problem behind its file and line."""
    place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return f"{place}: {text(problem)}"


def text(problem: Problem) -> str:
    """The message of a problem."""
    for pattern, message in _PATTERNS:
        match = pattern.fullmatch(problem.message)
        if match is not None:
            return str(translated(message, **match.groupdict()) if match.groupdict() else translated(message))
    return problem.message
