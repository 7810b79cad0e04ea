"""Centers: a center's figures against the criteria, and what it declares about itself."""

from flask import Flask

from shixun.accounts.audit_labels import LABELS
from shixun.centers import home
from shixun.centers.labels import AUDIT
from shixun.centers.views import bp
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun.web.home import add_source

LABELS.update(AUDIT)


def init(app: Flask) -> None:
    add_source(app, home.cards)


MODULE = Module(
    name="shixun.centers",
    web=[bp],
    navigation=[NavItem(_l("Figures"), "centers.figures", Permission.FIGURES_READ, "chart-column", 70)],
    init=init,
)
