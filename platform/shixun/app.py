"""The application factory. One code base, three listeners: pages, the graders' API, the labs' exchange."""

import uuid
from pathlib import Path
from typing import Any, Literal

import structlog
from flask import Flask, Response, g, redirect, request, session
from flask_babel import Babel
from flask_migrate import Migrate

from shixun.config import MODULES, Settings
from shixun.core import i18n, unit_of_work
from shixun.core.db import db, set_reading
from shixun.core.module import Registry
from shixun.web import context, csrf, errors, headers, manifest, routing

Listener = Literal["web", "grader", "exchange"]
MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings, listener: Listener = "web", *, testing: bool = False) -> Flask:
    """Build the application of one listener. Nothing here touches the database or the network."""
    static = "web/static" if listener == "web" else None
    app = Flask("shixun", static_folder=static, static_url_path="/static", template_folder="web/templates")
    app.testing = testing
    app.config.update(
        SETTINGS=settings,
        LISTENER=listener,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        SESSION_COOKIE_NAME="__Host-shixun" if settings.secure_cookies else "shixun",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=24 * 2**20,
        MAX_FORM_MEMORY_SIZE=4 * 2**20,
    )
    registry = Registry.load(MODULES)
    app.extensions["shixun-registry"] = registry
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), compare_type=True)
    init_languages(app, registry)
    _init_edge(app, listener)
    errors.init_app(app)
    if listener == "web":
        csrf.init_app(app)
        headers.init_app(app)
        manifest.init_app(app)
        context.init_app(app)
    for module in registry.modules:
        for blueprint in getattr(module, listener):
            app.register_blueprint(blueprint)
        if module.init is not None and listener == "web":
            module.init(app)
    if listener == "web":
        app.before_request(routing.guard)
        app.url_defaults(routing.fill_center)
    return app


def engine_options(settings: Settings) -> dict[str, Any]:
    """How SQLAlchemy keeps its connections."""
    return {} if settings.sqlalchemy_url.startswith("sqlite") else {"pool_pre_ping": True}


def init_languages(app: Flask, registry: Registry) -> None:
    """Let the application speak the features' catalogues, in the language of session, person or browser."""
    folders, domains = [], []
    for module in registry.modules:
        package = module.name.split(".")[0]
        root = i18n.TRANSLATIONS if package == "shixun" else Path(__import__(package).__path__[0]) / "translations"
        folders.append(str(root))
        domains.append(module.translations or module.name.split(".")[-1])
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=";".join(folders), BABEL_DOMAIN=";".join(domains))
    Babel(app, default_locale="zh", locale_selector=_select_language)


def _select_language() -> str:
    chosen = session.get("language") if request else None
    if chosen in i18n.LANGUAGES:
        return str(chosen)
    person = g.get("person")
    if person is not None and person.language in i18n.LANGUAGES:
        return str(person.language)
    return request.accept_languages.best_match(i18n.LANGUAGES, "zh") if request else "zh"


def _init_edge(app: Flask, listener: Listener) -> None:
    """Request id, canonical host, and the one commit."""

    @app.before_request
    def begin() -> Response | None:
        g.request_id = uuid.uuid4().hex[:16]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        routing.begin()
        if listener == "web" and request.method == "GET" and request.host.split(":")[0] == "127.0.0.1":
            settings: Settings = app.config["SETTINGS"]
            back_channel = ("/healthz", "/readyz", "/metrics", "/oauth/", "/proxy-error/")
            if not request.path.startswith(back_channel):
                return redirect(settings.public_url + request.full_path.rstrip("?"), code=302)  # type: ignore[return-value]
        return None

    @app.after_request
    def end(response: Response) -> Response:
        if response.status_code < 400:
            unit_of_work.commit()
        else:
            unit_of_work.rollback()
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        set_reading(False)
