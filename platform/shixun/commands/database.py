"""`shixun db`: migrations, by command, never at the start of a process."""

import click
import flask_migrate
from flask import Flask

from shixun.app import MIGRATIONS, create_app
from shixun.config import Settings


def application() -> Flask:
    """The application as the environment sets it up, for commands that use the database."""
    return create_app(Settings.from_env())


@click.group()
def group() -> None:
    """Look after the database."""


@group.command()
def upgrade() -> None:
    """Bring the database to this version's tables. Safe to repeat."""
    app = application()
    app.config["SETTINGS"].var.mkdir(parents=True, exist_ok=True)  # where the embedded database stands
    with app.app_context():
        flask_migrate.upgrade(str(MIGRATIONS))


@group.command()
def check() -> None:
    """Fail if the models differ from the migrations."""
    with application().app_context():
        flask_migrate.check(str(MIGRATIONS))


@group.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration for what changed in the models (developers)."""
    with application().app_context():
        flask_migrate.migrate(str(MIGRATIONS), message=message)
