"""Contests: teams, challenges, standings."""

from flask import Flask

from shixun.accounts.audit_labels import LABELS
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun.web import home
from shixun_contests import cards, lab_views
from shixun_contests.labels import AUDIT
from shixun_contests.views import bp

LABELS.update(AUDIT)

lab_views.register(bp)


def init(app: Flask) -> None:
    home.add_source(app, cards.contest_cards)


MODULE = Module(
    name="shixun_contests",
    web=[bp],
    navigation=[NavItem(_l("Contests"), "contests.index", Permission.CONTEST_READ, "trophy", 50)],
    imports=["shixun_contests.models", "shixun_contests.packs", "shixun_contests.standings"],
    init=init,
    translations="messages",
)
