"""Who may take which route: every route × every role, asked over HTTP.

The table is the specification; the code only has to agree with it. Who adds a route adds a line here:
- `TABLE` (and `BACK_CHANNELS` for the other listeners): which rule an endpoint has. A route that is not listed fails the test.
- `WHO`: permission → roles, for a new permission.
- `things`: a new kind of id in addresses → how to make such a thing in a center. Every address that carries such an id is
  asked, by whoever may, with the thing of another center in a place where one's own would fit, and must answer 404.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts import roster_operations
from shixun.accounts.models import Center, Person
from shixun.accounts.queries import actor_in
from shixun.accounts.roster import Row
from shixun.app import create_app
from shixun.assessment.models import Submission
from shixun.core import blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.permissions import GRANTS, Access, Permission, Role, system_actor
from shixun.enrolment.models import Meeting
from shixun.ledger.models import LedgerEntry
from shixun.testing.authoring import make_draft
from shixun.testing.factories import make_center, make_person
from shixun.testing.learning import make_course, make_enrolment, make_run
from shixun.web.routing import rule_of
from shixun_contests import operations as contests
from shixun_contests.models import ContestPack
from shixun_contests.packs import sync_contest

P = Permission
PUBLIC, SIGNED_IN = Access.PUBLIC, Access.SIGNED_IN
T, I, O, M, A = Role  # noqa: E741 - trainee, instructor, organizer, center manager, platform administrator

# blueprint → rule → endpoints
TABLE: dict[str, dict[Permission | Access, str]] = {
    "": {PUBLIC: "static"},
    "web": {PUBLIC: "favicon healthz language proxy_error readyz"},
    "accounts": {
        PUBLIC: "home sign_in",
        SIGNED_IN: "password profile sign_out sign_out_others",
        P.CENTER_ENTER: "center_home",
        P.PEOPLE_READ: "people person",
        P.PEOPLE_MANAGE: (
            "add_person confirm_person end_membership reset_password set_roles "
            "roster_confirm roster_passwords roster_preview roster_reissue roster_template roster_upload"
        ),
        P.AUDIT_READ: "audit",
        P.CENTERS_MANAGE: "centers open_center",
    },
    "openid": {PUBLIC: "authorize configuration jwks token userinfo"},
    "ledger": {P.LEDGER_READ: "download entry latest_heads overview", P.LEDGER_CORRECT: "ask_reversal decide"},
    "curriculum": {
        SIGNED_IN: "figure",
        P.COURSE_READ: "catalogue course",
        P.COURSE_PREVIEW: "preview",
        P.COURSE_OFFER: "confirm_withdraw library offer withdraw",
    },
    "runs": {
        P.RUN_MANAGE: ("confirm_open confirm_withdraw edit index new open_run show trainee trainees withdraw"),
    },
    "meetings": {
        P.RUN_MANAGE: "by_hand confirm_remove edit new presence remove show",
        P.COURSE_LEARN: "check_in confirm_leave leave",
    },
    "learning": {P.COURSE_LEARN: "beat check done end index join lesson run"},
    "quizzes": {P.COURSE_LEARN: "attempt begin home save submit"},
    "assessment": {
        P.COURSE_READ: "feedback result",
        P.GRADE: "grade regrade waiting",
        P.GRADEBOOK_READ: "gradebook gradebook_csv",
    },
    "workbench": {
        P.LAB_USE: "answers lab save_answers start state stop stop_other submissions",
        P.SUBMIT: "submit",
    },
    "authoring": {P.COURSE_AUTHOR: "confirm_discard discard history index new_course problems start"},
    "outlines": {
        P.COURSE_AUTHOR: (
            "confirm_remove_item confirm_remove_unit edit_item edit_unit move_item move_unit new_item new_unit "
            "remove_item remove_unit settings show"
        ),
    },
    "lessons": {P.COURSE_AUTHOR: "add_figure confirm_remove_figure edit figure remove_figure"},
    "files": {P.COURSE_AUTHOR: "edit"},
    "questions": {P.COURSE_AUTHOR: "confirm_remove edit move new remove rules show"},
    "question_files": {P.COURSE_AUTHOR: "export take upload xlsx_template"},
    "publishing": {P.COURSE_AUTHOR: "bring_in export publish"},
    "labs_authoring": {
        P.COURSE_AUTHOR: "confirm_remove_wrong edit_wrong new new_wrong remove_wrong settings show trial_table try_out"
    },
    "lab_parts": {P.COURSE_AUTHOR: "confirm_remove edit move new remove"},
    "centers": {
        P.FIGURES_READ: "figures names record records records_csv statement",
        P.CAPACITY_DECLARE: "places",
    },
    "contests": {
        P.CONTEST_READ: "board contest index",
        P.CONTEST_ENTER: "answers challenge file join lab save_answers sign_up start state stop submissions submit",
        P.CONTEST_MANAGE: "new open_contest publish",
    },
}
PAGES: dict[str, Permission | Access] = {
    f"{blueprint}.{name}".lstrip("."): rule
    for blueprint, rules in TABLE.items()
    for rule, names in rules.items()
    for name in names.split()
}
# Routes of the back channels ask for a bearer token of their own: without one, 401, whoever's cookie comes along.
BACK_CHANNELS: dict[str, set[str]] = {
    "grader": {"grader.bundle", "grader.heartbeat", "grader.lease", "grader.result"},
    "exchange": {
        "exchange.assignments",
        "exchange.feedback",
        "exchange.files",
        "exchange.remove",
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
    P.COURSE_AUTHOR: {I},
    P.RUN_MANAGE: {I, M},
    P.LAB_USE: {T, I},
    P.SUBMIT: {T},
    P.GRADE: {I},
    P.GRADEBOOK_READ: {I, M},
    P.CONTEST_READ: {T, I, O, M},
    P.CONTEST_ENTER: {T},
    P.CONTEST_MANAGE: {O},
    P.FIGURES_READ: {M},
    P.CAPACITY_DECLARE: {M},
    P.LEDGER_READ: {M},
    P.LEDGER_CORRECT: {M},
    P.AUDIT_READ: {M},
    P.CENTERS_MANAGE: {A},
    P.PACKS_MANAGE: {A},
    P.OPERATIONS_READ: {A},
}
# What stands in addresses and is no id. Everything else that is not a number gets the id of nothing.
VALUES: dict[str, str | int] = {
    "bank": "curve-quiz",
    "code": "zh",
    "deed": "end",
    "decision": "approve",
    "direction": "up",
    "figure": "person-times",
    "filename": "none.svg",
    "item": "curve",
    "kind": "lesson",
    "path": "x.svg",
    "question": "which-axis",
    "status": 503,
    "unit": "basics",
    "year": 2026,
}
NOTHING = "z" * 20
DEMO_CUP = Path(__file__).parents[2] / "competitions" / "packs" / "demo-cup"
# These answer strangers by themselves: with a redirect, or by the rules of OAuth.
ANSWER_THEMSELVES = {"accounts.home", "openid.authorize", "openid.token", "openid.userinfo"}


@dataclass
class World:
    """A center with one person for each role, the platform's administrator, and somebody who is everything in another center."""

    center: Center
    elsewhere: Center
    people: dict[Role, Person]
    outsider: Person


def things(center: Center, person: Person, learner: Person, folder: Path) -> dict[str, str]:
    """One of everything that has an id, in a center: the name that its id has in addresses → the id."""
    actor = system_actor(center.id)
    own = actor_in(person, center)
    run = make_run(center, make_course(center, folder))
    sync_contest(DEMO_CUP)
    hour = timedelta(hours=1)
    pack = db.session.scalars(db.select(ContestPack)).one()
    contest = contests.create_contest(actor, center.id, pack, contests.ContestPlan(now() - hour, now() + hour))
    contests.open_contest(actor, contest)
    submission = Submission(
        center_id=center.id,
        context="run",
        context_id=run.id,
        item="curve",
        owner_id=learner.id,
        person_id=learner.id,
        key="k",
        lab="pumps",
        pack_digest="sha256:0",
        files_digest=blobs.put(b"files"),
        max_points=10,
        map_seed="00",
    )
    meeting = Meeting(center_id=center.id, run_id=run.id, title="1", starts_at=now(), ends_at=now() + hour)
    db.session.add_all([submission, meeting])
    db.session.flush()
    return {
        "person_id": learner.id,
        "import_id": roster_operations.preview(own, center.id, [Row(2, "x1", "X", (T,))], "x.csv").id,
        "run": run.id,
        "enrolment": make_enrolment(run, learner).id,
        "meeting": meeting.id,
        "draft": make_draft(center, person).id,
        "submission_id": submission.id,
        "contest_id": contest.id,
        "entry_id": db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.center_id == center.id)).first().id,
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


def _address(app: Any, rule: Any, world: World, given: dict[str, str] | None = None) -> str:
    values: dict[str, str | int] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        kind = type(converter).__name__
        any_of = min(converter.items) if kind == "AnyConverter" else NOTHING
        values[name] = VALUES.get(name, 0 if kind == "IntegerConverter" else any_of)
    values.update({name: one for name, one in (given or {}).items() if name in values})
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


def test_things_of_another_center_are_not_there(app: Any, browser: Any, world: World, tmp_path: Path) -> None:
    """Asked by people who may, in their own center, for things that exist elsewhere, or nowhere."""
    own = things(world.center, world.people[M], world.people[T], tmp_path)
    foreign = things(world.elsewhere, world.outsider, world.outsider, tmp_path)
    db.session.commit()
    reached = set()
    for role in (T, I, O, M):
        person = _signed_in(browser, world.people[role])
        for endpoint, method, rule in _routes(app):
            allowed = PAGES[endpoint]
            if not isinstance(allowed, Permission) or role not in WHO[allowed]:
                continue
            if method == "GET" and _ask(person, method, _address(app, rule, world, own)).status_code == 200:
                reached |= rule.arguments
            for name in rule.arguments & set(own):
                for wrong in (foreign[name], NOTHING):
                    answer = _ask(person, method, _address(app, rule, world, {**own, name: wrong}))
                    said = f"{method} {endpoint} answered {answer.status_code} to {role} for the wrong {name}"
                    assert answer.status_code == 404, said
    assert reached >= set(own), "a 404 says something only where one's own thing is found"


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
