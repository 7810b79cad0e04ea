"""Unsafe requests need a token and a fitting origin. Labs are same-site with the pages, so SameSite cookies protect nothing here."""

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect

from shixun.core.errors import Forbidden
from shixun.core.i18n import _l
from shixun.web.routing import SAFE

csrf = CSRFProtect()


def check_origin() -> None:
    """Refuse an unsafe request that another origin caused: a lab page, for one, is 'same-site' and must not act here."""
    if request.method in SAFE:
        return
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        if fetch_site not in {"same-origin", "none"}:
            raise Forbidden(
                _l("This request came from another page. Open the page again and retry."), code="cross-site"
            )
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != current_app.config["SETTINGS"].public_url:
        raise Forbidden(_l("This request came from another page. Open the page again and retry."), code="cross-site")


def init_app(app: Flask) -> None:
    """Only the page listener: back channels carry bearer tokens and no cookies."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # the token lives as long as the session that it is bound to
    csrf.init_app(app)
    app.before_request(check_origin)
