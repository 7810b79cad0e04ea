"""What this feature's codes in the audit trail mean."""

from flask_babel import LazyString

from shixun.core.i18n import _l

AUDIT: dict[str, LazyString] = {
    "workbench.lab.started": _l("Lab started"),
    "workbench.lab.stopped": _l("Lab stopped"),
    "workbench.lab.reset": _l("Lab reset"),
}
