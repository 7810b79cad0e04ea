"""The hub's REST API, as much of it as web may use: start, look at and stop a person's server."""

from dataclasses import dataclass
from typing import Any

import httpx

from shixun.config import Settings
from shixun.core.errors import Unavailable
from shixun.core.i18n import _l

TIMEOUT = 15.0  # seconds
PAGE = 200  # the hub's own maximum


@dataclass(frozen=True)
class Server:
    """A person's server as the hub sees it."""

    exists: bool
    ready: bool
    pending: str | None  # spawn | stop


class NoSuchUser(Exception):
    """The person has never been at the hub; a first sign-in there makes the account."""


class Hub:
    """A client with web's token. Every method raises `Unavailable` when the hub does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.hub_api_url
        self._headers = {"Authorization": f"token {settings.hub_api_token}"}

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            answer = httpx.request(
                method, self._url + path, json=body, headers=self._headers, timeout=TIMEOUT, trust_env=False
            )
        except httpx.HTTPError as error:
            raise Unavailable(
                _l("The labs are not answering just now. Try again in a minute; your work is kept.")
            ) from error
        if answer.status_code in {401, 403} or answer.status_code >= 500:
            raise Unavailable(_l("The labs are not answering just now. Try again in a minute; your work is kept."))
        return answer

    def knows(self, user: str) -> bool:
        """Whether the person has an account at the hub."""
        return self._call("GET", f"/users/{user}").status_code == 200

    def server(self, user: str) -> Server:
        """The person's server. Raises `NoSuchUser`."""
        answer = self._call("GET", f"/users/{user}")
        if answer.status_code == 404:
            raise NoSuchUser(user)
        found = answer.json().get("servers", {}).get("")
        if found is None:
            return Server(False, False, None)
        return Server(not found.get("stopped", False), bool(found.get("ready")), found.get("pending"))

    def start(self, user: str, ticket: str) -> str:
        """Ask for a server: `started`, `running` (already), or `busy` (ask again later). Raises `NoSuchUser`, `Unavailable`."""
        answer = self._call("POST", f"/users/{user}/server", {"user_options": {"ticket": ticket}})
        if answer.status_code == 404:
            raise NoSuchUser(user)
        if answer.status_code in {201, 202}:
            return "started"
        if answer.status_code == 400:
            return "running"
        return "busy"

    def stop(self, user: str) -> bool:
        """Ask for the server to stop; True once it is gone."""
        answer = self._call("DELETE", f"/users/{user}/server")
        return answer.status_code in {204, 404}

    def endings(self, sessions: list[str]) -> dict[str, str]:
        """Why servers ended by themselves, as far as the hub knows: idle, age, memory or crashed, by session."""
        query = "&".join(f"session={session}" for session in sessions)
        answer = self._call("GET", f"/shixun/endings?{query}")
        return {str(session): str(why) for session, why in answer.json().items()} if answer.status_code == 200 else {}

    def running(self) -> set[str]:
        """Users whose server runs or starts."""
        found: set[str] = set()
        while True:
            page = self._call("GET", f"/users?state=active&limit={PAGE}&offset={len(found)}").json()
            found.update(user["name"] for user in page)
            if len(page) < PAGE:
                return found
