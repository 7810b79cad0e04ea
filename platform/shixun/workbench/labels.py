"""What this feature's codes in the audit trail mean, and how a lab's page says that a lab ended."""

from typing import NamedTuple

from flask_babel import LazyString

from shixun.core.i18n import _l

AUDIT: dict[str, LazyString] = {
    "workbench.lab.started": _l("Lab started"),
    "workbench.lab.stopped": _l("Lab stopped"),
    "workbench.lab.reset": _l("Lab reset"),
}


class Ended(NamedTuple):
    """What the page says of the last session, and in which kind of alert."""

    text: LazyString
    kind: str


ENDED = {
    "failed": Ended(
        _l("The last start failed. Your work is kept. Try again; if it fails again, tell your instructor."), "danger"
    ),
    "idle": Ended(_l("Your lab was stopped because nobody used it for a while. Your saved work is kept."), "info"),
    "age": Ended(
        _l("Your lab was stopped because no lab runs longer. Your saved work is kept; start it again."), "info"
    ),
    "memory": Ended(
        _l("Your lab ran out of memory and ended. Your saved work is kept; use less memory at once."), "warn"
    ),
    "crashed": Ended(_l("Your lab ended by itself. Your saved work is kept. Start it again."), "warn"),
    "lost": Ended(_l("Your lab is gone: its machine was stopped or restarted. Your saved work is kept."), "warn"),
}
