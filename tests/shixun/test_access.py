"""Who may take which route: every route × every role, asked over HTTP.

The table is the specification; the code only has to agree with it. Who adds a route adds a line here:
- `PAGES` (and `BACK_CHANNELS` for the other listeners): endpoint → rule. A route that is not listed fails the test.
- `WHO`: permission → roles, for a new permission.
- `FOREIGN`: a new kind of id in an address → how to make one that belongs to another center. With it, every address that
  carries such an id is asked with that one, and must answer 404.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shixun.accounts import roster_operations
from shixun.accounts.models import Center, Person
from shixun.accounts.queries import actor_in
from shixun.accounts.roster import Row
from shixun.app import create_app
from shixun.core.db import db
from shixun.core.permissions import GRANTS, Access, Permission, Role, system_actor
from shixun.testing.factories import make_center, make_person
from shixun.web.routing import rule_of

P = Permission
PUBLIC, SIGNED_IN = Access.PUBLIC, Access.SIGNED_IN
T, I, O, M, A = Role  # noqa: E741 - trainee, instructor, organizer, center manager, platform administrator

PAGES: dict[str, Permission | Access] = {
    "static": PUBLIC,
    "web.favicon": PUBLIC,
    "web.healthz": PUBLIC,
    "web.language": PUBLIC,
    "web.proxy_error": PUBLIC,
    "web.readyz": PUBLIC,
    "accounts.add_person": P.PEOPLE_MANAGE,
    "accounts.audit": P.AUDIT_READ,
    "accounts.center_home": P.CENTER_ENTER,
    "accounts.centers": P.CENTERS_MANAGE,
    "accounts.confirm_person": P.PEOPLE_MANAGE,
    "accounts.end_membership": P.PEOPLE_MANAGE,
    "accounts.home": PUBLIC,
    "accounts.open_center": P.CENTERS_MANAGE,
    "accounts.password": SIGNED_IN,
    "accounts.people": P.PEOPLE_READ,
    "accounts.person": P.PEOPLE_READ,
    "accounts.profile": SIGNED_IN,
    "accounts.reset_password": P.PEOPLE_MANAGE,
    "accounts.roster_confirm": P.PEOPLE_MANAGE,
    "accounts.roster_passwords": P.PEOPLE_MANAGE,
    "accounts.roster_preview": P.PEOPLE_MANAGE,
    "accounts.roster_reissue": P.PEOPLE_MANAGE,
    "accounts.roster_template": P.PEOPLE_MANAGE,
    "accounts.roster_upload": P.PEOPLE_MANAGE,
    "accounts.set_roles": P.PEOPLE_MANAGE,
    "accounts.sign_in": PUBLIC,
    "accounts.sign_out": SIGNED_IN,
    "accounts.sign_out_others": SIGNED_IN,
    "openid.authorize": PUBLIC,
    "openid.configuration": PUBLIC,
    "openid.jwks": PUBLIC,
    "openid.token": PUBLIC,
    "openid.userinfo": PUBLIC,
    "curriculum.catalogue": P.COURSE_READ,
    "curriculum.confirm_withdraw": P.COURSE_OFFER,
    "curriculum.course": P.COURSE_READ,
    "curriculum.figure": SIGNED_IN,
    "curriculum.library": P.COURSE_OFFER,
    "curriculum.offer": P.COURSE_OFFER,
    "curriculum.preview": P.COURSE_PREVIEW,
    "curriculum.withdraw": P.COURSE_OFFER,
    "assessment.feedback": P.COURSE_READ,
    "assessment.grade": P.GRADE,
    "assessment.gradebook": P.GRADEBOOK_READ,
    "assessment.gradebook_csv": P.GRADEBOOK_READ,
    "assessment.regrade": P.GRADE,
    "assessment.result": P.COURSE_READ,
    "assessment.waiting": P.GRADE,
    "workbench.lab": P.LAB_USE,
    "workbench.start": P.LAB_USE,
    "workbench.state": P.LAB_USE,
    "workbench.stop": P.LAB_USE,
    "workbench.stop_other": P.LAB_USE,
    "workbench.submissions": P.LAB_USE,
    "workbench.submit": P.SUBMIT,
}
# Routes of the back channels ask for a bearer token of their own: without one, 401, whoever's cookie comes along.
BACK_CHANNELS: dict[str, set[str]] = {
    "grader": {"grader.bundle", "grader.heartbeat", "grader.lease", "grader.result"},
    "exchange": {
        "exchange.assignments",
        "exchange.feedback",
        "exchange.files",
        "exchange.save",
        "exchange.submit",
        "exchange.work_files",
    },
}
WHO: dict[Permission, set[Role]] = {
    P.CENTER_ENTER: {T, I, O, M},
    P.PEOPLE_READ: {I, O, M},
    P.PEOPLE_MANAGE: {M},
    P.COURSE_READ: {T, I, O, M},
    P.COURSE_LEARN: {T},
    P.COURSE_PREVIEW: {I, M},
    P.COURSE_OFFER: {M},
    P.RUN_MANAGE: {I, M},
    P.LAB_USE: {T, I},
    P.SUBMIT: {T},
    P.GRADE: {I},
    P.GRADEBOOK_READ: {I, M},
    P.CONTEST_READ: {T, I, O, M},
    P.CONTEST_ENTER: {T},
    P.CONTEST_MANAGE: {O},
    P.FIGURES_READ: {M},
    P.LEDGER_READ: {M},
    P.LEDGER_CORRECT: {M},
    P.AUDIT_READ: {M},
    P.CENTERS_MANAGE: {A},
    P.PACKS_MANAGE: {A},
    P.OPERATIONS_READ: {A},
}
# What stands in addresses and is no id. Everything else that is not a number gets the id of nothing.
VALUES: dict[str, str | int] = {"code": "zh", "deed": "end", "path": "x.svg", "filename": "none.svg", "status": 503}
NOTHING = "z" * 20
# These answer strangers by themselves: with a redirect, or by the rules of OAuth.
ANSWER_THEMSELVES = {"accounts.home", "openid.authorize", "openid.token", "openid.userinfo"}


@dataclass
class World:
    """A center with one person for each role, the platform's administrator, and somebody who is everything in another center."""

    center: Center
    elsewhere: Center
    people: dict[Role, Person]
    outsider: Person


FOREIGN: dict[str, Callable[[World], str]] = {
    "person_id": lambda world: world.outsider.id,
    "import_id": lambda world: (
        roster_operations.preview(
            actor_in(world.outsider, world.elsewhere), world.elsewhere.id, [Row(2, "x1", "X", (T,))], "x.csv"
        ).id
    ),
}


@pytest.fixture
def world(app: Any) -> World:
    from shixun.accounts import operations

    center, elsewhere = make_center("longyan"), make_center("xiamen")
    people = {role: make_person(center, f"in.{role}", role) for role in (T, I, O, M)}
    people[A] = operations.create_person(
        system_actor(), "in.platform", "Platform", "correct horse battery", must_change=False
    )
    operations.grant_platform_role(system_actor(), people[A])
    outsider = make_person(elsewhere, "out", T, I, O, M)
    db.session.commit()
    return World(center, elsewhere, people, outsider)


def _routes(app: Any) -> Iterator[tuple[str, str, Any]]:
    """(endpoint, method, url rule) of everything listed that this application answers; the unlisted fails its own test."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PAGES and app.config["LISTENER"] == "web":
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, rule


def _address(app: Any, rule: Any, world: World, foreign: dict[str, str] | None = None) -> str:
    values: dict[str, str | int] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        values[name] = VALUES.get(name, 0 if converter == "IntegerConverter" else NOTHING)
    values.update({name: one for name, one in (foreign or {}).items() if name in values})
    if "center" in values:
        values["center"] = world.center.slug
    with app.test_request_context():
        return str(app.url_map.bind("").build(rule.endpoint, values))


def _ask(person: Any, method: str, address: str) -> Any:
    return person.get(address) if method == "GET" else person.post(address, method=method)


def _signed_in(browser: Any, person: Person) -> Any:
    return browser().sign_in(person.username)


@pytest.mark.parametrize("listener", ["web", "grader", "exchange"])
def test_every_route_is_in_the_table(settings: Any, listener: Any) -> None:
    app = create_app(settings, listener, testing=True)
    found = {rule.endpoint for rule in app.url_map.iter_rules()}
    if listener == "web":
        assert found == set(PAGES), "list new routes in PAGES, and take out what is gone"
        assert {endpoint: rule_of(app, endpoint) for endpoint in sorted(found)} == dict(sorted(PAGES.items()))
    else:
        assert found - {"static"} == BACK_CHANNELS[listener]


def test_every_permission_is_in_the_table() -> None:
    assert set(WHO) == set(Permission)
    for permission, roles in WHO.items():
        assert {role for role in Role if permission in GRANTS[role]} == roles, permission


def test_strangers_are_asked_to_sign_in(app: Any, browser: Any, world: World) -> None:
    for endpoint, method, rule in _routes(app):
        if endpoint in ANSWER_THEMSELVES:
            continue
        answer = _ask(browser(), method, _address(app, rule, world))
        wanted = f"{method} {endpoint} answered {answer.status_code}"
        if PAGES[endpoint] is PUBLIC:
            assert answer.status_code not in {401, 403}, wanted
        elif method == "GET":
            assert answer.status_code == 302, wanted
            assert answer.location.startswith("/sign-in?next="), wanted
        else:
            assert answer.status_code == 401, wanted


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_its_own_and_nothing_else(app: Any, browser: Any, world: World, role: Role) -> None:
    person = _signed_in(browser, world.people[role])
    for endpoint, method, rule in _routes(app):
        if endpoint in ANSWER_THEMSELVES or endpoint == "accounts.sign_out":
            continue
        answer = _ask(person, method, _address(app, rule, world))
        said = f"{method} {endpoint} answered {answer.status_code} to {role}"
        allowed = PAGES[endpoint]
        if "center" in rule.arguments and role is A:
            assert answer.status_code == 404, said
        elif isinstance(allowed, Permission) and role not in WHO[allowed]:
            assert answer.status_code == 403, said
        else:
            assert answer.status_code not in {401, 403, 500}, said
            assert not (answer.location or "").startswith("/sign-in"), said


def test_another_center_is_not_there(app: Any, browser: Any, world: World) -> None:
    person = _signed_in(browser, world.outsider)
    for endpoint, method, rule in _routes(app):
        if "center" in rule.arguments:
            answer = _ask(person, method, _address(app, rule, world))
            assert answer.status_code == 404, f"{method} {endpoint} answered {answer.status_code}"


def test_ids_of_another_center_are_not_there(app: Any, browser: Any, world: World) -> None:
    """Asked by people who may, in their own center, for things that exist elsewhere, or nowhere."""
    foreign = {name: make(world) for name, make in FOREIGN.items()}
    db.session.commit()
    for role in Role:
        person = _signed_in(browser, world.people[role])
        for endpoint, method, rule in _routes(app):
            allowed = PAGES[endpoint]
            ids = [name for name in rule.arguments if name.endswith("_id")]
            if not ids or not isinstance(allowed, Permission) or role not in WHO[allowed]:
                continue
            answer = _ask(person, method, _address(app, rule, world, foreign))
            assert answer.status_code == 404, f"{method} {endpoint} answered {answer.status_code} to {role}"


@pytest.mark.parametrize("listener", ["grader", "exchange"])
def test_back_channels_want_their_own_token(app: Any, settings: Any, world: World, listener: Any, browser: Any) -> None:
    channel = create_app(settings, listener, testing=True)
    manager = _signed_in(browser, world.people[M])
    cookie = manager.client.get_cookie("__Host-shixun", domain="www.shixun.localhost")
    client = channel.test_client()
    client.set_cookie("__Host-shixun", cookie.value)
    for endpoint, method, rule in _routes(channel):
        if endpoint == "static":
            continue
        address = _address(channel, rule, world)
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
            answer = client.open(address, method=method, headers=headers, json={})
            assert answer.status_code == 401, f"{method} {endpoint} answered {answer.status_code}"
    assert client.get("/").status_code == 404
    assert client.get("/sign-in").status_code == 404
