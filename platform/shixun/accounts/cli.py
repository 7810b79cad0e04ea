"""`shixun people`: what only the operator at the machine may do with accounts."""

import json
from importlib import import_module

import click
from flask import Flask

from shixun.accounts import operations
from shixun.accounts.operations import Newcomer
from shixun.config import Settings
from shixun.core.errors import DomainError
from shixun.core.unit_of_work import unit_of_work


def _application() -> Flask:
    """The application stands above the features, so a feature's commands reach it by name."""
    app: Flask = import_module("shixun.app").create_app(Settings.from_env())
    return app


@click.group()
def group() -> None:
    """Make administrators of the platform; set passwords that no center can."""


_json_option = click.option("as_json", "--json", is_flag=True, help="Print JSON for programs.")


def _print(newcomer: Newcomer, as_json: bool) -> None:
    told = {"username": newcomer.person.username, "first_password": newcomer.first_password}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"{told['username']}: first password {told['first_password']} (to be changed at the first sign-in)")


@group.command()
@click.argument("username")
@click.argument("name")
@_json_option
def administrator(username: str, name: str, as_json: bool) -> None:
    """Make an administrator of the platform: an account USERNAME for the person called NAME."""
    with _application().test_request_context():  # messages need a language
        try:
            with unit_of_work():
                newcomer = operations.create_administrator(username, name)
                _print(newcomer, as_json)
        except DomainError as error:
            raise click.ClickException(str(error)) from error


@group.command()
@click.argument("username")
@_json_option
def password(username: str, as_json: bool) -> None:
    """Give USERNAME a new first password and sign them out everywhere."""
    with _application().test_request_context():
        try:
            with unit_of_work():
                newcomer = operations.reset_password_of(username)
                _print(newcomer, as_json)
        except DomainError as error:
            raise click.ClickException(str(error)) from error
