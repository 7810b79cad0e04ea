"""What this feature's codes in the audit trail mean."""

from flask_babel import LazyString

from shixun.core.i18n import _l

AUDIT: dict[str, LazyString] = {
    "assessment.quiz.begun": _l("Quiz begun"),
    "assessment.submission.received": _l("Submission received"),
    "assessment.submission.regraded": _l("Submission sent to be graded again"),
    "assessment.manual.graded": _l("Part graded by hand"),
}
