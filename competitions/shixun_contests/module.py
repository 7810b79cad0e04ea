"""Contests: teams, challenges, standings."""

from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun_contests import lab_views
from shixun_contests.views import bp

lab_views.register(bp)

MODULE = Module(
    name="shixun_contests",
    web=[bp],
    navigation=[NavItem(_l("Contests"), "contests.index", Permission.CONTEST_READ, "trophy", 50)],
    imports=["shixun_contests.models", "shixun_contests.packs", "shixun_contests.standings"],
    translations="messages",
)
