"""Who is at the browser: from the cookie to the person, and from the center's slug to the actor."""

from flask import Flask, g, request, session

from shixun.accounts import queries
from shixun.core.permissions import Actor

KEY = "token"


def token() -> str | None:
    """The session token in the browser's cookie."""
    found = session.get(KEY)
    return found if isinstance(found, str) else None


def load_person() -> None:
    """Before every request: the person whose session this is."""
    g.person = None
    if request.endpoint == "static":
        return
    held = token()
    if held is not None:
        g.person = queries.session_person(held)
        if g.person is not None:
            g.actor = Actor(g.person.id, None, queries.permissions_of(queries.roles_of(g.person.id, None)))


def enter_center(slug: str) -> Actor | None:
    """Enter the center that the address names; None for anybody who is not its member."""
    center = queries.center_of(g.person.id, slug)
    if center is None:
        return None
    g.center = center
    return queries.actor_in(g.person, center)


def init_app(app: Flask) -> None:
    app.before_request(load_person)
    app.extensions["shixun-enter-center"] = enter_center
