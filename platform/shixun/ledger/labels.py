"""The ledger's codes in people's words."""

from flask_babel import LazyString

from shixun.core.i18n import _l

KINDS: dict[str, LazyString] = {
    "run.opened": _l("Run opened"),
    "run.enrolled": _l("Enrolled in a run"),
    "time.interval": _l("Learning time"),
    "meeting.checkin": _l("Check-in to a meeting"),
    "quiz.finished": _l("Quiz finished"),
    "lab.graded": _l("Lab graded"),
    "contest.held": _l("Contest held"),
    "contest.team": _l("Team took part"),
    "capacity.places": _l("Places declared"),
    "entry.reversed": _l("Entry reversed"),
}

SOURCES: dict[str, LazyString] = {
    "lesson": _l("Lesson"),
    "lab": _l("Lab"),
    "quiz": _l("Quiz"),
    "meeting": _l("Class meeting"),
    "contest": _l("Contest sitting"),
}

FIELDS: dict[str, LazyString] = {
    "run_id": _l("Run"),
    "course": _l("Course"),
    "course_version": _l("Course version"),
    "title": _l("Title"),
    "planned_minutes": _l("Minutes of the plan"),
    "class_hour_minutes": _l("Minutes of a class hour"),
    "pass_share": _l("Share of the plan that earns the class hours"),
    "field": _l("Subject field"),
    "audience": _l("Meant for"),
    "meetings": _l("Meetings"),
    "item": _l("Part of the course"),
    "source": _l("Learned in"),
    "start": _l("Began at"),
    "end": _l("Ended at"),
    "proofs": _l("Signs of presence"),
    "meeting_id": _l("Meeting"),
    "submission_id": _l("Submission"),
    "verdict": _l("Verdict number"),
    "points": _l("Points"),
    "max_points": _l("Points possible"),
    "contest_id": _l("Contest id"),
    "entry_id": _l("Team"),
    "division": _l("Division"),
    "members": _l("Team members"),
    "places": _l("Places"),
    "basis": _l("Basis"),
    "entry": _l("Entry reversed"),
    "reason": _l("Reason"),
    "requested_by": _l("Requested by"),
    "approved_by": _l("Approved by"),
}

AUDIT: dict[str, LazyString] = {
    "ledger.correction.requested": _l("Reversal of a ledger entry requested"),
    "ledger.correction.approved": _l("Reversal of a ledger entry approved"),
    "ledger.correction.refused": _l("Reversal of a ledger entry refused"),
}
