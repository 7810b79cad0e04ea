"""Accounts: people, centers, roles, sign-in, the OpenID provider, rosters."""

from flask import Flask

from shixun.accounts import browser
from shixun.accounts.views import bp
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission


def init(app: Flask) -> None:
    browser.init_app(app)
    app.extensions.setdefault("shixun-home-cards", [])


MODULE = Module(
    name="shixun.accounts",
    web=[bp],
    navigation=[
        NavItem(_l("Overview"), "accounts.center_home", Permission.CENTER_ENTER, "home", 0),
        NavItem(_l("People"), "accounts.people", Permission.PEOPLE_READ, "users", 80),
    ],
    init=init,
)
