"""Entry points of the listeners for gunicorn: `gunicorn 'shixun.wsgi:listener("web")'`."""

from flask import Flask

from shixun.app import Listener, create_app
from shixun.config import Settings
from shixun.core.logs import configure


def listener(name: Listener) -> Flask:
    """The application of one listener, set up from the environment."""
    configure(name)
    return create_app(Settings.from_env(), name)
