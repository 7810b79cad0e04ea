"""Signing in and out, as a browser sees it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from shixun.accounts.models import SignInSession
from shixun.core.clock import now
from shixun.core.db import db
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
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
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
