"""What this feature's codes in the audit trail mean."""

from flask_babel import LazyString

from shixun.core.i18n import _l

AUDIT: dict[str, LazyString] = {
    "contests.contest.created": _l("Contest planned"),
    "contests.contest.opened": _l("Contest opened for sign-up"),
    "contests.entry.created": _l("Team signed up"),
    "contests.entry.joined": _l("Joined a team"),
    "contests.results.published": _l("Contest results published"),
}
