"""`shixun people`, as the operator types it."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from shixun.accounts import cli
from shixun.accounts.models import Person
from shixun.core.db import db
from shixun.core.permissions import Role
from shixun.testing.factories import PASSWORD, make_center, make_person


@pytest.fixture
def run(app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(cli, "_application", lambda: app)
    return lambda *arguments: CliRunner().invoke(cli.group, list(arguments))


def test_an_administrator_is_made(run: Any, browser: Any) -> None:
    done = run("administrator", "Guanli", "平台管理", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["username"] == "guanli"
    assert browser().sign_in("guanli", told["first_password"]).get("/").location == "/password"
    again = run("administrator", "guanli", "别人")
    assert again.exit_code == 1
    assert again.output.startswith("Error: ")
    assert db.session.scalars(db.select(Person)).one().name == "平台管理"


def test_a_password_that_no_center_may_set(run: Any, browser: Any) -> None:
    make_person(make_center(), "zhuren", Role.CENTER_MANAGER)
    db.session.commit()
    here = browser().sign_in("zhuren")
    done = run("password", "zhuren")
    assert done.exit_code == 0, done.output
    assert here.get("/c/longyan/").location.startswith("/sign-in")
    assert browser().post("/sign-in", {"username": "zhuren", "password": PASSWORD}).status_code == 401
    assert run("password", "nobody").exit_code == 1
