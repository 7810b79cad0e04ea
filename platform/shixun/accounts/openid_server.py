"""The OpenID provider: Authlib's authorization code grant, tightened.

Authlib's defaults are loose (PKCE for public clients only, `plain` allowed, codes deleted rather than remembered). Here every
client needs PKCE with S256, a code is claimed by its first presentation, whatever comes of it, and a second one revokes what
the first one gave. Codes and tokens are stored as hashes.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Request, current_app, g
from flask import request as flask_request
from joserfc.jwk import ECKey

from shixun.accounts import openid_codes
from shixun.accounts.models import OAuthCode, Person
from shixun.accounts.openid_clients import Client, find_client
from shixun.accounts.openid_keys import ALGORITHM, signing_key
from shixun.config import Settings
from shixun.core.ids import new_token

TOKEN_LIFE = timedelta(minutes=10)  # the hub reads the userinfo at once and never again
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def claims_of(person: Person, scope: str) -> dict[str, str]:
    """What a client learns of a person. The hub needs a stable opaque user name and nothing that tells who it is."""
    claims = {"sub": person.id, "preferred_username": person.hub_user}
    if "profile" in scope.split():
        claims["name"] = person.name
    return claims


class _Request(FlaskOAuth2Request):  # type: ignore[misc] # untyped library
    """Without Authlib's demand for https: the back channel is loopback, and a classroom's LAN has no certificates.

    Where there is https, the front door enforces it.
    """

    def __init__(self, request: Request) -> None:
        OAuth2Request.__init__(
            self, request.method, f"https://{request.host}{request.full_path}", headers=request.headers
        )
        self._request = request
        self.payload = FlaskOAuth2Payload(request)


class Server(AuthorizationServer):  # type: ignore[misc] # untyped library
    def create_oauth2_request(self, request: Any) -> _Request:
        return _Request(flask_request)


class _IssuedCode(AuthorizationCodeMixin):  # type: ignore[misc] # untyped library
    """A stored code in the shape that Authlib asks for."""

    def __init__(self, row: OAuthCode) -> None:
        self.row = row
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scope

    def get_nonce(self) -> str | None:
        return self.row.nonce

    def get_auth_time(self) -> int | None:
        return self.row.claims.get("auth_time")

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> list[str]:
        return ["pwd"]


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # untyped library
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def generate_authorization_code(self) -> str:
        return new_token()

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        sent = request.payload.data
        openid_codes.issue(
            request.user,
            code,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=sent.get("nonce"),
            code_challenge=sent["code_challenge"],
            signed_in_at=g.sign_in.created_at,
        )

    def query_authorization_code(self, code: str, client: Client) -> _IssuedCode | None:
        row = openid_codes.claim(code, client.client_id)
        return _IssuedCode(row) if row is not None else None

    def delete_authorization_code(self, authorization_code: _IssuedCode) -> None:
        """Kept until it is swept, so that a second use is seen."""

    def authenticate_user(self, authorization_code: _IssuedCode) -> Person | None:
        return openid_codes.entitled_person(authorization_code.row.person_id)


class RequireS256(CodeChallenge):  # type: ignore[misc] # untyped library
    """PKCE (RFC 7636) for every client. A request that names no method would mean `plain`, and is refused like it."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        sent = grant.request.payload.datalist
        if sent.get("code_challenge_method", []) != ["S256"]:
            raise InvalidRequestError("PKCE is required: code_challenge_method=S256.")
        challenges = sent.get("code_challenge", [])
        if len(challenges) != 1 or not _CHALLENGE.fullmatch(challenges[0]):
            raise InvalidRequestError("PKCE is required: one code_challenge of 43 characters.")

    def get_authorization_code_challenge_method(self, authorization_code: _IssuedCode) -> str:
        return "S256"


def _s256_matches(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return hmac.compare_digest(urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


RequireS256.CODE_CHALLENGE_METHODS = {"S256": _s256_matches}


class IdToken(OpenIDCode):  # type: ignore[misc] # untyped library
    """OpenID Connect on top of the grant: nonce and ID token."""

    def validate_openid_authorization_request(self, grant: CodeGrant, redirect_uri: str) -> None:
        self.require_nonce = grant.request.client.require_nonce
        if len(grant.request.payload.data.get("nonce", "")) > openid_codes.NONCE_MAXIMUM:
            raise InvalidRequestError("The nonce is too long.")
        super().validate_openid_authorization_request(grant, redirect_uri)

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return openid_codes.nonce_seen(request.client.client_id, nonce)

    def resolve_client_private_key(self, client: Client) -> ECKey:
        return signing_key(_settings().secret_key)

    def get_client_algorithm(self, client: Client) -> str:
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": str(signing_key(_settings().secret_key).kid)}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": _settings().public_url, "aud": client.client_id}

    def generate_user_info(self, user: Person, scope: str) -> dict[str, str]:
        return claims_of(user, scope)


def _bearer_token(**asked: Any) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": new_token(),
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": asked["scope"],
    }


def _save_token(token: dict[str, Any], request: OAuth2Request) -> None:
    openid_codes.save_token(request.authorization_code.row, token["access_token"], TOKEN_LIFE)


server = Server(query_client=lambda client_id: find_client(_settings(), client_id), save_token=_save_token)
server.register_grant(CodeGrant, [RequireS256(), IdToken()])


def init_app(app: Flask) -> None:
    server.init_app(app)
    server.register_token_generator("default", _bearer_token)
