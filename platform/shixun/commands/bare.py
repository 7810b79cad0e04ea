"""An application for commands that render pages but know no people and no database."""

import secrets
from pathlib import Path

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader

from shixun.app import init_languages
from shixun.config import MODULES, Settings
from shixun.core.i18n import local
from shixun.core.module import Registry
from shixun.web import manifest

SHIXUN = Path(__file__).parents[1]


def bare_app(*more: Path) -> Flask:
    """Templates of web and curriculum (and of the folders `more`), their languages and front-end files."""
    app = Flask("shixun", static_folder="web/static", static_url_path="/static", template_folder="web/templates")
    app.config.update(SECRET_KEY=secrets.token_hex(), SETTINGS=Settings(secret_key=secrets.token_hex()), LISTENER="web")
    init_languages(app, Registry.load(MODULES))
    manifest.init_app(app)
    folders = [SHIXUN / "web/templates", SHIXUN / "curriculum/templates", *more]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
    app.jinja_env.filters.update(local=local)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    return app
