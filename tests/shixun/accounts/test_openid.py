"""The OpenID provider as the hub sees it, and as somebody who would like to be somebody else."""

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet

from shixun.accounts import openid_codes, operations
from shixun.accounts.models import OAuthCode, OAuthToken
from shixun.accounts.openid_clients import Client, find_client
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.permissions import Role, system_actor
from shixun.testing.factories import make_center, make_person

CALLBACK = "http://labs.shixun.localhost:8080/hub/oauth_callback"
BACK_CHANNEL = "http://127.0.0.1:8081"
SECRET = ("jupyterhub", "hub-secret")


class Hub:
    """The hub's side of one sign-in: a verifier of its own for each."""

    def __init__(self, app: Any) -> None:
        self.client = app.test_client()
        self.verifier = secrets.token_urlsafe(32)

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of the authorization request; None leaves one out."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "jupyterhub",
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "xyz",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def authorize(self, browser: Any, **changes: str | None) -> Any:
        return browser.get("/oauth/authorize?" + urlencode(self.request(**changes)))

    def code(self, browser: Any, **changes: str | None) -> str:
        """The code that a signed-in browser brings back."""
        answer = self.authorize(browser, **changes)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        target, query = answer.location.split("?", 1)
        assert target == CALLBACK
        found = parse_qs(query)
        assert found["state"] == ["xyz"]
        return found["code"][0]

    def redeem(self, code: str, auth: tuple[str, str] | None = SECRET, **changes: str | None) -> Any:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **changes,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return self.client.post("/oauth/token", base_url=BACK_CHANNEL, data=sent, auth=auth)

    def userinfo(self, token: str, method: str = "GET") -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.open("/oauth/userinfo", method=method, base_url=BACK_CHANNEL, headers=headers)


@pytest.fixture
def hub(app: Any) -> Hub:
    return Hub(app)


@pytest.fixture
def trainee(app: Any) -> Any:
    person = make_person(make_center(), "wang.fang", name="王芳")
    db.session.commit()
    return person


@pytest.fixture
def signed_in(browser: Any, trainee: Any) -> Any:
    return browser().sign_in("wang.fang")


def refusal(answer: Any) -> str:
    """The error code that an answer takes back to the client, or shows."""
    if answer.status_code == 302:
        assert answer.location.startswith(CALLBACK + "?")
        found = parse_qs(urlsplit(answer.location).query)
        assert "code" not in found
        assert found["state"] == ["xyz"]
        return found["error"][0]
    return str(answer.json["error"])


def test_the_hub_learns_an_opaque_name(hub: Hub, signed_in: Any, trainee: Any) -> None:
    answer = hub.redeem(hub.code(signed_in))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["token_type"] == "Bearer"
    assert "refresh_token" not in answer.json
    expected = {"sub": trainee.id, "preferred_username": trainee.hub_user, "name": "王芳"}
    for method in ("GET", "POST"):
        info = hub.userinfo(answer.json["access_token"], method)
        assert info.status_code == 200
        assert info.json == expected


def test_the_name_needs_the_profile_scope(hub: Hub, signed_in: Any) -> None:
    token = hub.redeem(hub.code(signed_in, scope="openid")).json["access_token"]
    assert set(hub.userinfo(token).json) == {"sub", "preferred_username"}


def test_the_id_token_checks_with_the_published_key(hub: Hub, signed_in: Any, trainee: Any) -> None:
    answer = hub.redeem(hub.code(signed_in, nonce="n-0S6_WzA2Mj"))
    published = signed_in.get("/oauth/jwks").json
    assert "d" not in published["keys"][0]
    decoded = jwt.decode(answer.json["id_token"], KeySet.import_key_set(published), algorithms=["ES256"])
    assert decoded.header["kid"] == published["keys"][0]["kid"]
    claims = decoded.claims
    assert claims["iss"] == "http://www.shixun.localhost:8080"
    assert claims["aud"] == "jupyterhub"
    assert claims["sub"] == trainee.id
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["auth_time"] <= claims["iat"] <= claims["exp"]


def test_discovery_names_what_is_there(browser: Any) -> None:
    page = browser()
    found = page.get("/.well-known/openid-configuration").json
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_endpoint"] == "http://www.shixun.localhost:8080/oauth/authorize"
    assert page.get("/oauth/jwks").json["keys"][0]["alg"] in found["id_token_signing_alg_values_supported"]


def test_the_secret_may_stand_in_the_form(hub: Hub, signed_in: Any) -> None:
    answer = hub.redeem(hub.code(signed_in), None, client_id="jupyterhub", client_secret="hub-secret")
    assert answer.status_code == 200


def test_signing_in_on_the_way_leads_back(hub: Hub, browser: Any, trainee: Any) -> None:
    person = browser()
    away = hub.authorize(person)
    assert away.location.startswith("/sign-in?next=")
    target = parse_qs(urlsplit(away.location).query)["next"][0]
    back = person.post("/sign-in", {"username": "wang.fang", "password": "correct horse battery", "next": target})
    assert back.location == target
    assert person.get(back.location).location.startswith(CALLBACK + "?code=")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "ä" * 43},
        {"code_challenge": "a" * 43 + "\n"},
    ],
)
def test_every_client_needs_pkce_with_s256(hub: Hub, signed_in: Any, changes: Any) -> None:
    assert refusal(hub.authorize(signed_in, **changes)) == "invalid_request"
    assert db.session.scalars(db.select(OAuthCode)).all() == []


@pytest.mark.parametrize("scope", [None, "", "profile", "email"])
def test_without_openid_there_is_nothing_to_give(hub: Hub, signed_in: Any, scope: str | None) -> None:
    assert refusal(hub.authorize(signed_in, scope=scope)) == "invalid_scope"


@pytest.mark.parametrize("kind", ["token", "id_token", "code id_token", "none"])
def test_only_the_code_flow(hub: Hub, signed_in: Any, kind: str) -> None:
    assert refusal(hub.authorize(signed_in, response_type=kind)) == "unsupported_response_type"


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "/hub/oauth_callback",
        "https://evil.example/hub/oauth_callback",
        CALLBACK + "/",
        CALLBACK + "/../evil",
        CALLBACK + "?next=https://evil.example",
        CALLBACK + "#x",
        CALLBACK + "%00",
        CALLBACK.replace("/hub", "//hub"),
        CALLBACK.replace("http:", "https:"),
        CALLBACK.replace(":8080", ""),
        CALLBACK.replace(":8080", ":80"),
        CALLBACK.replace("labs.", "evil.labs."),
        CALLBACK.replace("localhost", "localhost.evil.example"),
        CALLBACK.replace("labs.", "labs.shixun.localhost:8080@evil."),
        CALLBACK.upper(),
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_to_another_address(hub: Hub, signed_in: Any, target: str | None) -> None:
    answer = hub.authorize(signed_in, redirect_uri=target)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert db.session.scalars(db.select(OAuthCode)).all() == []


def test_a_wrong_request_asks_nobody_to_sign_in(hub: Hub, browser: Any, trainee: Any) -> None:
    assert hub.authorize(browser(), redirect_uri="https://evil.example/").status_code == 400
    assert hub.authorize(browser(), client_id="somebody").status_code == 400


def test_parameters_come_once(hub: Hub, signed_in: Any) -> None:
    query = urlencode([*hub.request().items(), ("redirect_uri", "https://evil.example/")])
    assert signed_in.get("/oauth/authorize?" + query).status_code in {302, 400}
    assert db.session.scalars(db.select(OAuthCode)).all() == []
    code = hub.code(signed_in)
    twice = urlencode([("grant_type", "authorization_code"), ("code", code), ("code", "x"), ("redirect_uri", CALLBACK)])
    answer = hub.client.post(
        "/oauth/token", base_url=BACK_CHANNEL, data=twice, content_type="application/x-www-form-urlencoded", auth=SECRET
    )
    assert answer.status_code == 400


def test_a_code_is_used_once_and_a_second_use_revokes(hub: Hub, signed_in: Any) -> None:
    code = hub.code(signed_in)
    token = hub.redeem(code).json["access_token"]
    assert hub.userinfo(token).status_code == 200
    again = hub.redeem(code)
    assert again.status_code == 400
    assert refusal(again) == "invalid_grant"
    assert hub.userinfo(token).status_code == 401


def test_a_wrong_verifier_gets_no_second_guess(hub: Hub, signed_in: Any) -> None:
    code = hub.code(signed_in)
    assert refusal(hub.redeem(code, code_verifier=secrets.token_urlsafe(32))) == "invalid_grant"
    assert refusal(hub.redeem(code)) == "invalid_grant"
    assert db.session.scalars(db.select(OAuthToken)).all() == []


@pytest.mark.parametrize("verifier", [None, "", "short", "a" * 129, "ä" * 50])
def test_a_verifier_is_needed(hub: Hub, signed_in: Any, verifier: str | None) -> None:
    assert hub.redeem(hub.code(signed_in), code_verifier=verifier).status_code == 400


@pytest.mark.parametrize("target", [None, CALLBACK + "/", "https://evil.example/"])
def test_the_code_belongs_to_its_address(hub: Hub, signed_in: Any, target: str | None) -> None:
    assert refusal(hub.redeem(hub.code(signed_in), redirect_uri=target)) == "invalid_grant"


@pytest.mark.parametrize(
    "auth",
    [
        None,
        ("jupyterhub", ""),
        ("jupyterhub", "wrong"),
        ("somebody", "hub-secret"),
        ("", ""),
        ("jupyterhub", "hub-secret "),
    ],
)
def test_only_the_client_redeems(hub: Hub, signed_in: Any, auth: Any) -> None:
    code = hub.code(signed_in)
    assert refusal(hub.redeem(code, auth)) == "invalid_client"
    assert hub.redeem(code).status_code == 200, "a stranger's try must not take the code away"


def test_the_client_needs_a_secret_that_is_set(app: Any, settings: Any) -> None:
    assert find_client(settings.model_copy(update={"hub_client_secret": ""}), "jupyterhub") is None


def test_a_code_of_another_client_is_worth_nothing(hub: Hub, signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code = hub.code(signed_in)
    other = Client("other", "other-secret", frozenset({CALLBACK}))
    monkeypatch.setattr(
        "shixun.accounts.openid_server.find_client",
        lambda settings, client_id: other if client_id == "other" else find_client(settings, client_id),
    )
    assert refusal(hub.redeem(code, ("other", "other-secret"))) == "invalid_grant"
    assert hub.redeem(code).status_code == 200


def test_codes_and_tokens_die_soon(hub: Hub, signed_in: Any) -> None:
    code = hub.code(signed_in)
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert refusal(hub.redeem(code)) == "invalid_grant"
    token = hub.redeem(hub.code(signed_in)).json["access_token"]
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert hub.userinfo(token).status_code == 401


def test_somebody_elses_code_does_not_fit_my_sign_in(app: Any, signed_in: Any, browser: Any) -> None:
    """Cross-session injection: the victim's hub redeems with the verifier of the victim's own browser."""
    attacker, victim = Hub(app), Hub(app)
    code = attacker.code(signed_in)
    assert refusal(victim.redeem(code)) == "invalid_grant"


def test_nothing_is_stored_in_plain_text(hub: Hub, signed_in: Any) -> None:
    code = hub.code(signed_in)
    token = hub.redeem(code).json["access_token"]
    for table in (OAuthCode, OAuthToken):
        row = db.session.execute(db.select(*table.__table__.columns)).one()
        assert code not in map(str, row)
        assert token not in map(str, row)


@pytest.mark.parametrize("nonce", [None, ""])
def test_a_nonce_is_required_where_the_client_says_so(
    hub: Hub, signed_in: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, nonce: str | None
) -> None:
    strict = Client("jupyterhub", "hub-secret", frozenset({CALLBACK}), require_nonce=True)
    monkeypatch.setattr("shixun.accounts.openid_server.find_client", lambda settings, client_id: strict)
    assert refusal(hub.authorize(signed_in, nonce=nonce)) == "invalid_request"
    assert hub.code(signed_in, nonce="once")


def test_a_nonce_is_used_once(hub: Hub, signed_in: Any) -> None:
    assert hub.code(signed_in, nonce="once")
    assert refusal(hub.authorize(signed_in, nonce="once")) == "invalid_request"
    assert refusal(hub.authorize(signed_in, nonce="n" * 201)) == "invalid_request"


def test_silent_requests_are_answered_without_a_page(hub: Hub, browser: Any, signed_in: Any) -> None:
    assert refusal(hub.authorize(browser(), prompt="none")) == "login_required"
    assert hub.code(signed_in, prompt="none")


@pytest.mark.parametrize("role", [Role.ORGANIZER, Role.CENTER_MANAGER])
def test_roles_without_labs_stop_before_the_hub(hub: Hub, browser: Any, trainee: Any, role: Role) -> None:
    make_person(make_center("xiamen"), "other", role)
    db.session.commit()
    page = hub.authorize(browser().sign_in("other"))
    assert page.status_code == 403
    assert "Location" not in page.headers


def test_leaving_the_center_ends_the_way_to_the_hub(hub: Hub, signed_in: Any, trainee: Any) -> None:
    code, token = hub.code(signed_in), hub.redeem(hub.code(signed_in)).json["access_token"]
    center_id = trainee.memberships[0].center_id
    operations.end_membership(system_actor(center_id), center_id, trainee.id)
    db.session.commit()
    assert hub.authorize(signed_in).status_code == 403
    assert refusal(hub.redeem(code)) == "invalid_grant"
    assert hub.userinfo(token).status_code == 401


def test_a_first_password_opens_no_lab(hub: Hub, signed_in: Any, trainee: Any) -> None:
    trainee.must_change_password = True
    db.session.commit()
    assert hub.authorize(signed_in).location == "/password"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "bearer  ", "Bearer " + "x" * 5000])
def test_userinfo_needs_a_token(hub: Hub, header: str) -> None:
    answer = hub.client.get("/oauth/userinfo", base_url=BACK_CHANNEL, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("grant", [None, "password", "client_credentials", "refresh_token", "implicit"])
def test_only_the_code_grant(hub: Hub, signed_in: Any, grant: str | None) -> None:
    assert refusal(hub.redeem(hub.code(signed_in), grant_type=grant)) == "unsupported_grant_type"


def test_what_is_long_over_is_swept(hub: Hub, signed_in: Any) -> None:
    hub.redeem(hub.code(signed_in))
    with time_machine.travel(now() + timedelta(hours=1)):
        openid_codes.sweep()
        assert db.session.scalars(db.select(OAuthToken)).all()
    with time_machine.travel(now() + timedelta(days=2)):
        openid_codes.sweep()
        assert not db.session.scalars(db.select(OAuthToken)).all()
        assert not db.session.scalars(db.select(OAuthCode)).all()


def test_signing_out_goes_by_the_hub_where_the_browser_has_its_cookie(
    browser: Any, hub: Any, trainee: Any, app: Any
) -> None:
    person = browser().sign_in("wang.fang")
    assert person.post("/sign-out").location == "/sign-in"
    person.sign_in("wang.fang")
    hub.code(person)
    assert person.post("/sign-out").location == app.config["SETTINGS"].labs_url + "/hub/logout"
    person.sign_in("wang.fang")
    assert person.post("/sign-out").location == "/sign-in"
