"""Accounts: people, centers, roles, sign-in, the OpenID provider, rosters."""

from flask import Flask

from shixun.accounts import (  # noqa: F401 - view files join their blueprint when imported
    browser,
    center_views,
    openid_server,
    openid_views,
    people_views,
    roster_views,
    views,
)
from shixun.accounts.blueprint import bp
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission


def init(app: Flask) -> None:
    browser.init_app(app)
    openid_server.init_app(app)
    app.extensions.setdefault("shixun-home-cards", [])


MODULE = Module(
    name="shixun.accounts",
    web=[bp, openid_views.bp],
    navigation=[
        NavItem(_l("Overview"), "accounts.center_home", Permission.CENTER_ENTER, "house", 0),
        NavItem(_l("People"), "accounts.people", Permission.PEOPLE_READ, "users", 80),
        NavItem(_l("Audit"), "accounts.audit", Permission.AUDIT_READ, "history", 90),
    ],
    imports=["shixun.accounts.tasks"],
    init=init,
)
