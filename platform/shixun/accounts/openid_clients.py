"""The applications that may sign people in through us. There is one, the hub; registration is a line of code, not a web form."""

import hmac
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import ClientMixin

from shixun.config import Settings

SCOPES = ("openid", "profile")
HUB = "jupyterhub"


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc] # untyped library
    """A confidential client. `redirect_uris` are compared as whole strings: no prefix, no other port, no other path."""

    client_id: str
    secret: str
    redirect_uris: frozenset[str]
    require_nonce: bool = True

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a request must always say where it wants its answer."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The asked scopes that we know; None (refused) unless `openid` is among them: without it there is no identity to give."""
        asked = (scope or "").split()
        return " ".join(one for one in SCOPES if one in asked) if "openid" in asked else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


def find_client(settings: Settings, client_id: str | None) -> Client | None:
    """The client of this id; None as well while its secret is not set, so that an empty secret opens nothing."""
    if client_id != HUB or not settings.hub_client_secret:
        return None
    return Client(
        client_id=HUB,
        secret=settings.hub_client_secret,
        redirect_uris=frozenset({settings.labs_url + "/hub/oauth_callback"}),
        # OAuthenticator 17 sends no nonce and reads no ID token; what binds the code to the browser that asked for it
        # is PKCE, whose verifier the hub keeps in that browser's state cookie. A nonce that comes is honoured.
        require_nonce=False,
    )
