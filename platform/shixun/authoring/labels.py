"""Words for what authoring does."""

from flask_babel import LazyString

from shixun.core.i18n import _l

AUDIT: dict[str, LazyString] = {
    "authoring.draft.started": _l("Draft started"),
    "authoring.draft.discarded": _l("Draft discarded"),
    "authoring.lab.tried": _l("Solutions of a lab draft tried"),
    "authoring.pack.published": _l("Version published from a draft"),
}
ACTIONS: dict[str, LazyString] = {
    "saved": _l("Saved"),
    "removed": _l("Removed"),
    "imported": _l("Brought in"),
    "published": _l("Published"),
}
KINDS: dict[str, LazyString] = {"course": _l("Course"), "lab": _l("Lab")}
ITEM_KINDS: dict[str, LazyString] = {"lesson": _l("Lesson"), "quiz": _l("Quiz"), "lab": _l("Lab")}
QUESTION_KINDS: dict[str, LazyString] = {
    "single": _l("Single choice"),
    "multiple": _l("Multiple choice"),
    "numeric": _l("Numeric"),
    "ordering": _l("Ordering"),
    "fill": _l("Fill in"),
}
NEW_PARTS: dict[str, LazyString] = {
    "grade": _l("New grade"),
    "hint": _l("New hint"),
    "step": _l("New step of the task"),
}
CHANGE_PARTS: dict[str, LazyString] = {
    "grade": _l("Change the grade"),
    "hint": _l("Change the hint"),
    "step": _l("Change the step of the task"),
}
CHANGES: dict[str, LazyString] = {
    "lesson": _l("Lesson"),
    "quiz": _l("Quiz"),
    "lab": _l("Lab"),
    "course": _l("Course data"),
    "order": _l("Order or names of units"),
    "checks": _l("Questions in lessons"),
    "figure": _l("Figure"),
    "file": _l("File"),
}
