"""What every template can use."""

from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from shixun.core.clock import now
from shixun.core.i18n import language, local
from shixun.core.module import Registry
from shixun.core.permissions import Permission
from shixun.web.routing import may
from shixun.web.times import date_text, minutes_text, time_text


def nav_items() -> list[dict[str, Any]]:
    """The center's menu for the present person."""
    registry: Registry = current_app.extensions["shixun-registry"]
    if g.get("center") is None:
        return []
    items = sorted((item for module in registry.modules for item in module.navigation), key=lambda item: item.order)
    return [
        {
            "url": (url := url_for(item.endpoint)),
            "label": item.label,
            "icon": item.icon,
            "active": request.path == url or (url.count("/") > 2 and request.path.startswith(url + "/")),
        }
        for item in items
        if may(item.permission)
    ]


def _site_notice() -> str | None:
    """What every page says above its content."""
    if current_app.config["SETTINGS"].lab_backend == "practice":
        return str(
            _("Practice mode: labs are not isolated on this machine, so nothing counts: no hours, no scores, no teams.")
        )
    return None


def _context() -> dict[str, Any]:
    return {
        "current_person": g.get("person"),
        "center": g.get("center"),
        "nav_items": nav_items(),
        "locale": "zh-CN" if language() == "zh" else "en",
        "csrf_token": generate_csrf,
        "switch_language_url": lambda code: url_for("web.language", code=code),
        "may": may,
        "Permission": Permission,
        "now": now,
        "site_notice": _site_notice(),
    }


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.jinja_env.filters.update(local=local, date=date_text, time=time_text, minutes=minutes_text)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
