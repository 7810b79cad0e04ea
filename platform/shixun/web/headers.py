"""Security headers of every page."""

from flask import Flask, Response, current_app, request

from shixun.config import Settings


def policy(settings: Settings) -> str:
    """The content security policy: own scripts and styles only; frames only of labs."""
    scheme, _, host = settings.labs_url.partition("://")
    labs = f"{scheme}://{host} {scheme}://*.{host}"
    live = f" {settings.live_url}" if settings.live_url else ""
    return (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'{live}; frame-src 'self' {labs}; object-src 'none'; base-uri 'none'; "
        f"form-action 'self' {labs}; frame-ancestors 'none'"
    )


def add(response: Response) -> Response:
    """Set what is missing; a view may have set a stricter policy of its own (feedback is served sandboxed)."""
    settings: Settings = current_app.config["SETTINGS"]
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy(settings))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def init_app(app: Flask) -> None:
    app.after_request(add)
