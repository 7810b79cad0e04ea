"""What this feature's codes in the audit trail mean."""

from flask_babel import LazyString

from shixun.core.i18n import _l

AUDIT: dict[str, LazyString] = {
    "enrolment.run.created": _l("Run planned"),
    "enrolment.run.changed": _l("Run changed"),
    "enrolment.run.opened": _l("Run opened"),
    "enrolment.trainee.enrolled": _l("Trainee added to a run"),
    "enrolment.trainee.withdrawn": _l("Trainee taken out of a run"),
    "enrolment.meeting.planned": _l("Class meeting planned"),
    "enrolment.meeting.changed": _l("Class meeting changed"),
    "enrolment.meeting.removed": _l("Class meeting removed"),
    "enrolment.meeting.checked-in": _l("Checked in to a class meeting"),
    "enrolment.meeting.left": _l("Left a class meeting"),
}
