"""The ledger: append-only, sealed evidence of what happened in a center."""

from shixun.accounts.audit_labels import LABELS
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun.ledger.labels import AUDIT
from shixun.ledger.views import bp

LABELS.update(AUDIT)

MODULE = Module(
    name="shixun.ledger",
    web=[bp],
    navigation=[NavItem(_l("Ledger"), "ledger.overview", Permission.LEDGER_READ, "fingerprint", 75)],
    imports=["shixun.ledger.models", "shixun.ledger.protection", "shixun.ledger.tasks"],
)
