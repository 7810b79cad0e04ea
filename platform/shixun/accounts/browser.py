"""Who is at the browser: from the cookie to the person, and from the center's slug to the actor."""

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from shixun.accounts import queries
from shixun.core.errors import Forbidden
from shixun.core.i18n import _l
from shixun.core.permissions import Access, Actor
from shixun.web.routing import SAFE, rule_of

KEY = "token"
AT_THE_HUB = "hub"  # this browser was signed in there, too
_OPEN_TO_FIRST_PASSWORDS = {"accounts.password", "accounts.sign_out"}


def token() -> str | None:
    """The session token in the browser's cookie."""
    found = session.get(KEY)
    return found if isinstance(found, str) else None


def refuse_nul() -> None:
    """No text that people type holds a NUL character, and PostgreSQL can neither store nor compare one."""
    if "\0" in request.path or any("\0" in value for value in request.values.values()):
        abort(400)


def load_person() -> None:
    """Before every request: the person whose session this is."""
    g.person = g.sign_in = None
    if request.endpoint == "static":
        return
    held = token()
    if held is None:
        return
    g.sign_in = queries.sign_in_session(held)
    if g.sign_in is not None:
        g.person = g.sign_in.person
        g.actor = Actor(g.person.id, None, queries.permissions_of(queries.roles_of(g.person.id, None)))


def ask_for_new_password() -> Response | None:
    """A first password went through other hands: until it is changed, it opens nothing but the page that changes it."""
    if g.person is None or not g.person.must_change_password or request.endpoint is None:
        return None
    if request.endpoint in _OPEN_TO_FIRST_PASSWORDS or rule_of(current_app, request.endpoint) is Access.PUBLIC:
        return None
    if request.method in SAFE and not request.path.startswith("/api/"):
        return redirect(url_for("accounts.password"))
    raise Forbidden(_l("Choose a password of your own first."), code="password-change-needed")


def enter_center(slug: str) -> Actor | None:
    """Enter the center that the address names; None for anybody who is not its member."""
    center = queries.center_of(g.person.id, slug)
    if center is None:
        return None
    g.center = center
    return queries.actor_in(g.person, center)


def init_app(app: Flask) -> None:
    app.before_request(refuse_nul)
    app.before_request(load_person)
    app.before_request(ask_for_new_password)
    app.extensions["shixun-enter-center"] = enter_center
