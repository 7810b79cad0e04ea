"""What the codes of the audit trail mean, in people's words. A feature adds its own in its module: `LABELS.update({…})`."""

from flask_babel import LazyString

from shixun.core.i18n import _l

LABELS: dict[str, LazyString] = {
    "accounts.center.created": _l("Center opened"),
    "accounts.person.created": _l("Account made"),
    "accounts.role.granted": _l("Role given"),
    "accounts.role.revoked": _l("Role taken away"),
    "accounts.membership.ended": _l("Membership ended"),
    "accounts.membership.restored": _l("Let in again"),
    "accounts.password.reset": _l("New first password made"),
    "accounts.password.changed": _l("Password changed by its owner"),
    "accounts.session.started": _l("Signed in"),
    "accounts.session.others-ended": _l("Other browsers signed out"),
    "accounts.openid.authorized": _l("Signed in to the labs"),
    "accounts.openid.code-reused": _l("A lab sign-in code was used twice; its tokens were revoked"),
    "accounts.roster.confirmed": _l("Roster imported"),
    "accounts.roster.handed-out": _l("First passwords of a roster downloaded"),
    "accounts.roster.reissued": _l("First passwords of a roster made anew"),
}
