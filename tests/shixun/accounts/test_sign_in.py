"""Signing in and out, as a browser sees it."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher

from shixun.accounts import demo, operations, sessions
from shixun.accounts.models import SignInFailure, SignInSession
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.permissions import system_actor
from shixun.testing.factories import PASSWORD, make_center, make_person


@pytest.fixture
def trainee(app: Any) -> Any:
    person = make_person(make_center(), "wang.fang", name="王芳")
    db.session.commit()
    return person


def test_sign_in_leads_to_the_only_center(browser: Any, trainee: Any) -> None:
    page = browser().sign_in("Wang.Fang").get("/")
    assert page.status_code == 302
    assert page.location == "/c/longyan/"


def test_wrong_password_keeps_the_name_and_says_no_more(browser: Any, trainee: Any) -> None:
    for name in ("wang.fang", "nobody"):
        page = browser().post("/sign-in", {"username": name, "password": "wrong"})
        assert page.status_code == 401
        text = page.get_data(as_text=True)
        assert name in text
        assert "wrong" not in text.split("<form")[1]


def test_guessing_is_slowed_down(browser: Any, trainee: Any) -> None:
    person = browser()
    for _ in range(10):
        person.post("/sign-in", {"username": "wang.fang", "password": "wrong"})
    assert person.post("/sign-in", {"username": "wang.fang", "password": PASSWORD}).status_code == 401
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert person.post("/sign-in", {"username": "wang.fang", "password": PASSWORD}).status_code == 302


def test_sign_out_ends_the_session_in_the_database(browser: Any, trainee: Any) -> None:
    person = browser().sign_in("wang.fang")
    cookie = person.client.get_cookie("__Host-shixun", domain="www.shixun.localhost")
    assert cookie is not None
    assert cookie.secure
    assert cookie.http_only
    person.post("/sign-out")
    assert db.session.scalars(db.select(SignInSession)).one().ended_at is not None
    person.client.set_cookie("__Host-shixun", cookie.value, domain="www.shixun.localhost")
    assert person.get("/c/longyan/").location.startswith("/sign-in")


def test_a_session_ends_by_itself(browser: Any, trainee: Any) -> None:
    person = browser().sign_in("wang.fang")
    with time_machine.travel(now() + timedelta(hours=13)):
        assert person.get("/c/longyan/").location.startswith("/sign-in")


def test_nobody_is_sent_to_another_site(browser: Any, trainee: Any) -> None:
    tricks = ("/\t/evil.example", "/\n/evil.example", "\\\\evil.example", " //evil.example", "http:evil.example")
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", *tricks):
        page = browser().post("/sign-in", {"username": "wang.fang", "password": PASSWORD, "next": target})
        assert page.location == "/"


def test_unsafe_requests_need_a_token_and_a_fitting_origin(browser: Any, trainee: Any) -> None:
    person = browser().sign_in("wang.fang")
    bare = person.client.post("/sign-out", base_url=person.origin)
    assert bare.status_code == 400
    lab = person.post("/sign-out", headers={"Sec-Fetch-Site": "same-site"})
    assert lab.status_code == 403
    assert person.get("/c/longyan/").status_code == 200


def test_changing_the_password_signs_other_browsers_out(browser: Any, trainee: Any) -> None:
    here, there = browser().sign_in("wang.fang"), browser().sign_in("wang.fang")
    new = {"old_password": PASSWORD, "password": "stapler under the lake", "again": "stapler under the lake"}
    assert here.post("/password", {**new, "old_password": "no"}).status_code == 422
    assert here.post("/password", {**new, "password": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}).status_code == 422
    assert here.post("/password", new).status_code == 302
    assert here.get("/c/longyan/").status_code == 200
    assert there.get("/c/longyan/").location.startswith("/sign-in")
    browser().sign_in("wang.fang", "stapler under the lake")


def test_another_centers_address_is_not_found(browser: Any, trainee: Any) -> None:
    make_person(make_center("xiamen"), "other")
    db.session.commit()
    person = browser().sign_in("wang.fang")
    assert person.get("/c/xiamen/").status_code == 404
    assert person.get("/c/nowhere/").status_code == 404


def test_a_planted_session_is_worth_nothing(browser: Any, trainee: Any) -> None:
    """Fixation: what was in the cookie before signing in is not in it afterwards, and its CSRF token is another."""
    victim = browser()
    victim.get("/sign-in")
    with victim.client.session_transaction(base_url=victim.origin) as session:
        session["token"] = "planted"
        session["extra"] = "planted"
        before = session["csrf_token"]
    victim.sign_in("wang.fang")
    victim.get("/password")
    with victim.client.session_transaction(base_url=victim.origin) as session:
        assert session["token"] != "planted"
        assert "extra" not in session
        assert session["csrf_token"] != before


def test_signing_in_again_is_a_new_session(browser: Any, trainee: Any) -> None:
    person = browser().sign_in("wang.fang").sign_in("wang.fang")
    assert len(db.session.scalars(db.select(SignInSession)).all()) == 2
    assert person.get("/c/longyan/").status_code == 200


@pytest.mark.parametrize("name", ["wang.fang", "nobody", "< odd >", "disabled", "newcomer", "ｗａｎｇ．ｆａｎｇ"])
def test_every_name_costs_one_check(browser: Any, trainee: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Known, unknown, malformed, disabled, and with a first password: the same work, the same answer."""
    actor = system_actor(trainee.memberships[0].center_id)
    operations.create_newcomer(actor, "newcomer", "新人")
    operations.create_person(actor, "disabled", "停用", PASSWORD, must_change=False).disabled_at = now()
    db.session.commit()
    dummy_is_made_once = browser()
    dummy_is_made_once.post("/sign-in", {"username": "warm-up", "password": "x"})
    checked: list[str] = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, *given: checked.append("x") or verify(self, *given))
    with monkeypatch.context() as patch:
        patch.setattr(PasswordHasher, "hash", lambda *given: pytest.fail("a name may not cost a hash more"))
        answer = browser().post("/sign-in", {"username": name, "password": "wrong wrong wrong"})
    assert answer.status_code == 401
    assert checked == ["x"]
    page = answer.get_data(as_text=True).split("<template")[0]
    alerts = re.findall(r'class="alert[^"]*".*?</div>', page, re.DOTALL)
    assert len(alerts) == 1
    assert name not in alerts[0]


def test_an_older_cost_is_raised_at_sign_in(browser: Any, trainee: Any, app: Any) -> None:
    before = trainee.password_hash
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"argon2_time_cost": 2})
    browser().sign_in("wang.fang")
    db.session.refresh(trainee)
    assert trainee.password_hash != before
    assert "t=2" in trainee.password_hash
    browser().sign_in("wang.fang")


def test_closing_an_account_ends_its_sessions(browser: Any, trainee: Any) -> None:
    person = browser().sign_in("wang.fang")
    trainee.disabled_at = now()
    db.session.commit()
    assert person.get("/c/longyan/").location.startswith("/sign-in")
    assert person.post("/sign-in", {"username": "wang.fang", "password": PASSWORD}).status_code == 401


def test_the_present_password_is_no_new_one(browser: Any, trainee: Any) -> None:
    same = {"old_password": PASSWORD, "password": PASSWORD, "again": PASSWORD}
    assert browser().sign_in("wang.fang").post("/password", same).status_code == 422


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"username": "x"},
        {"password": "x"},
        {"username": "x" * 999, "password": "x"},
        {"username": "a\tb", "password": "x\x1f"},
        {"username": "\U0001f600\ud7ff", "password": "\u202e"},
    ],
)
def test_odd_forms_are_answered(browser: Any, app: Any, odd: dict[str, str]) -> None:
    assert browser().post("/sign-in", odd).status_code in {401, 422}


def test_demo_sign_ins_are_one_click_where_the_demo_is_on(settings: Any, browser: Any, trainee: Any, app: Any) -> None:
    assert "shixun-demo-2026" not in browser().get("/sign-in").get_data(as_text=True)
    app.config["SETTINGS"] = settings.model_copy(update={"demo": True})
    page = browser().get("/sign-in").get_data(as_text=True)
    for one in demo.SIGN_INS:
        assert f'name="username" value="{one.username}"' in page
    assert "<script>" not in page


def test_what_is_long_over_is_swept(browser: Any, trainee: Any) -> None:
    browser().sign_in("wang.fang").post("/sign-in", {"username": "nobody", "password": "x"})
    with time_machine.travel(now() + timedelta(days=40)):
        sessions.sweep()
        assert db.session.scalars(db.select(SignInSession)).all() == []
        assert db.session.scalars(db.select(SignInFailure)).all() == []


def test_no_text_holds_a_nul(browser: Any, trainee: Any) -> None:
    person = browser().sign_in("wang.fang")
    for address in ("/c/longyan/?q=%00", "/c/longyan/people/%00", "/c/%00/", "/%00"):
        assert person.get(address).status_code in {400, 404}, address
    assert person.post("/sign-in", {"username": "a\x00b", "password": "x"}).status_code == 400
