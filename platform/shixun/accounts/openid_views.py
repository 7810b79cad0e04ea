"""The OpenID provider's addresses. The hub's browser comes to `/oauth/authorize`; the hub itself calls token and userinfo at
127.0.0.1, without cookies, with its own secret or an access token."""

from collections import Counter
from typing import Any

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, request, session, url_for

from shixun.accounts import browser, openid_codes
from shixun.accounts.openid_clients import SCOPES
from shixun.accounts.openid_keys import ALGORITHM, public_keys
from shixun.accounts.openid_server import claims_of, server
from shixun.config import Settings
from shixun.core.i18n import _
from shixun.core.permissions import Access
from shixun.core.unit_of_work import commit
from shixun.web.csrf import csrf
from shixun.web.routing import allow

bp = Blueprint("openid", __name__)


@bp.get("/oauth/authorize")
@allow(Access.PUBLIC, writes_on_get=True)  # public: a wrong request is refused before anybody types a password for it
def authorize() -> Any:
    """Give the asking application a code for the person who is signed in. Ours ask for no consent: they are parts of one product."""
    try:
        grant = server.get_consent_grant(end_user=g.person)
    except OAuth2Error as error:
        if error.redirect_uri:  # that address was checked
            return server.handle_error_response(None, error)
        return _refused(
            _("The application that sent you here asked in a way that can't be answered."), error.error, 400
        )
    if g.person is None:
        return redirect(url_for("accounts.sign_in", next=request.full_path))
    if g.person.must_change_password:
        return redirect(url_for("accounts.password"))
    if openid_codes.entitled_person(g.person.id) is None:
        # A page for the person rather than RFC 6749's redirect with `access_denied`: the hub would show an error of its own,
        # in English, and the person could do nothing with it.
        return _refused(
            _("No center gives you a role that uses labs. Ask your center manager for one."), "access_denied", 403
        )
    session[browser.AT_THE_HUB] = True
    return server.create_authorization_response(grant=grant, grant_user=g.person)


def _refused(text: str, code: str, status: int) -> tuple[str, int]:
    return render_template("accounts/openid_refused.html", text=text, code=code), status


@bp.post("/oauth/token")
@allow(Access.PUBLIC)
@csrf.exempt  # type: ignore[untyped-decorator] # a back channel: no cookie is read, the client shows its secret
def token() -> Response:
    """Exchange a code for an access token and an ID token."""
    if any(count > 1 for count in Counter(name for name, _value in request.form.items(multi=True)).values()):
        response = jsonify(error="invalid_request", error_description="A parameter was sent twice.")
        response.status_code = 400
    else:
        response = server.create_token_response()
        commit()  # a refusal too: the code that was shown is taken, and a stolen one has revoked its tokens
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


@bp.route("/oauth/userinfo", methods=["GET", "POST"])
@allow(Access.PUBLIC)
@csrf.exempt  # type: ignore[untyped-decorator] # a back channel: no cookie is read, the client shows its token
def userinfo() -> Any:
    """Who the bearer of an access token speaks for (OpenID Connect Core §5.3)."""
    shown = request.authorization
    if shown is None or shown.type != "bearer" or not shown.token:
        return jsonify(error="invalid_request"), 401, {"WWW-Authenticate": "Bearer"}
    found = openid_codes.token_bearer(shown.token)
    if found is None:
        return jsonify(error="invalid_token"), 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return jsonify(claims_of(*found))


@bp.get("/oauth/jwks")
@allow(Access.PUBLIC)
def jwks() -> Response:
    """The public key that ID tokens can be checked with."""
    return jsonify(public_keys(_settings().secret_key))


@bp.get("/.well-known/openid-configuration")
@allow(Access.PUBLIC)
def configuration() -> Response:
    """What this provider can do (OpenID Connect Discovery 1.0)."""
    issuer = _settings().public_url
    return jsonify(
        issuer=issuer,
        authorization_endpoint=issuer + url_for("openid.authorize"),
        token_endpoint=issuer + url_for("openid.token"),
        userinfo_endpoint=issuer + url_for("openid.userinfo"),
        jwks_uri=issuer + url_for("openid.jwks"),
        scopes_supported=list(SCOPES),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code"],
        code_challenge_methods_supported=["S256"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=[ALGORITHM],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        claims_supported=["sub", "preferred_username", "name"],
        request_parameter_supported=False,
        request_uri_parameter_supported=False,
    )


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
