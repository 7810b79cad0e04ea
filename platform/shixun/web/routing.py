"""How a route says who may take it, and where that is enforced: before the view, once, deny by default."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from shixun.core.db import set_reading
from shixun.core.errors import Forbidden, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Access, Actor, Permission

F = TypeVar("F", bound=Callable[..., Any])
Rule = Permission | Access
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def allow(rule: Rule, *, writes_on_get: bool = False) -> Callable[[F], F]:
    """Decorator (below `@bp.route`): who may take this route. A route without it answers 500, and a test fails.

    `writes_on_get`: a GET of this route changes something (an OpenID code is issued); all others can only read.
    """

    def mark(view: F) -> F:
        view.shixun_rule = rule  # type: ignore[attr-defined]
        view.shixun_writes_on_get = writes_on_get  # type: ignore[attr-defined]
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """What `allow` said of the endpoint's view; static files are public."""
    if endpoint == "static":
        return Access.PUBLIC
    return getattr(app.view_functions[endpoint], "shixun_rule", None)


def may(permission: Permission) -> bool:
    """For templates: whether the present person may do this in the present center."""
    actor: Actor | None = g.get("actor")
    return actor is not None and actor.may(permission)


def actor() -> Actor:
    """The present request's actor."""
    found: Actor | None = g.get("actor")
    if found is None:
        raise Forbidden(_l("Please sign in."))
    return found


def center_id() -> str:
    """The center that the address names; the guard has checked the membership."""
    return str(g.center.id)


def begin() -> None:
    """A transaction of a safe request only reads, unless its view says otherwise."""
    view = current_app.view_functions.get(request.endpoint or "")
    set_reading(request.method in SAFE and not getattr(view, "shixun_writes_on_get", False))


def guard() -> Response | None:
    """Authorise the request: center by membership (else 404), then the route's permission (else 403, or sign in first)."""
    if request.endpoint is None:
        return None
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        raise RuntimeError(f"{request.endpoint} does not say who may take it")
    slug = (request.view_args or {}).pop("center", None)
    if rule is Access.PUBLIC and slug is None:
        return None
    if g.get("person") is None:
        if request.method in SAFE and "HX-Request" not in request.headers and not request.path.startswith("/api/"):
            return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
        abort(401)
    resolve: Callable[[str], Actor | None] = current_app.extensions["shixun-enter-center"]
    if slug is not None:
        g.actor = resolve(slug)
        if g.actor is None:
            raise NotFound(_l("There is no such page."))
    if isinstance(rule, Permission):
        actor().require(rule)
    return None


def fill_center(endpoint: str, values: dict[str, Any]) -> None:
    """`url_for` inside a center needs no `center=`."""
    if (
        "center" not in values
        and g.get("center") is not None
        and current_app.url_map.is_endpoint_expecting(endpoint, "center")
    ):
        values["center"] = g.center.slug
