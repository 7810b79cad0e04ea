"""Roles as people call them."""

from flask_babel import LazyString

from shixun.core.i18n import _l
from shixun.core.permissions import Role

ROLE_NAMES: dict[Role, LazyString] = {
    Role.TRAINEE: _l("Trainee"),
    Role.INSTRUCTOR: _l("Instructor"),
    Role.ORGANIZER: _l("Contest organizer"),
    Role.CENTER_MANAGER: _l("Center manager"),
    Role.PLATFORM_ADMINISTRATOR: _l("Platform administrator"),
}
ROLE_HINTS: dict[Role, LazyString] = {
    Role.TRAINEE: _l("Takes courses, uses labs, enters contests."),
    Role.INSTRUCTOR: _l("Runs classes, previews courses, grades."),
    Role.ORGANIZER: _l("Prepares and runs contests."),
    Role.CENTER_MANAGER: _l("Manages people, sees the center's figures, ledger and audit."),
}
