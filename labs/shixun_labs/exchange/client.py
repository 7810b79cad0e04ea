"""The platform's exchange listener, spoken to over HTTP with the token of this lab session.

Standard library only: every module that the lab's server imports costs each trainee start time and memory.
"""

import base64
import binascii
import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from shixun_labs.exchange.messages import say

MAX_ANSWER = 96 * 1024 * 1024  # bytes read of one answer: 64 files of 8 MB, in base64, never come at once


class ExchangeFailure(Exception):
    """Something the trainee has to be told; str() is the text in their language."""


class Away(ExchangeFailure):
    """The listener did not answer, or answered that it cannot now: the same call may be made again."""


class Refused(ExchangeFailure):
    """The listener's final no. `code` is the listener's own, `status` the HTTP status."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class File:
    """One file: its posix path below the folder at hand, its bytes, and when the platform received them (ISO 8601), if known."""

    path: str
    data: bytes
    saved_at: str | None = None

    def to_json(self) -> dict[str, str]:
        return {"path": self.path, "data": base64.b64encode(self.data).decode()}


@dataclass(frozen=True)
class Listener:
    """Address and credentials of the exchange listener.

    `url` is its root, as http://10.0.0.1:8083; `seconds` limits the connection and every wait for bytes.
    """

    url: str
    token: str = field(repr=False)
    lang: str = "zh"
    seconds: float = 20.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Listener | None":
        """The listener that the spawner named, or None where the lab has no platform."""
        url, token = environment.get("SHIXUN_EXCHANGE_URL", ""), environment.get("SHIXUN_EXCHANGE_TOKEN", "")
        if not url or not token:
            return None
        return cls(url.rstrip("/"), token, environment.get("SHIXUN_LANG", "zh"))

    def assignments(self) -> list[dict[str, Any]]:
        """The assignments of this lab as the listener describes them."""
        answer = self._call("GET", "/assignments")
        if not isinstance(answer, list):
            raise self._unreadable(200)
        return [item for item in answer if isinstance(item, dict)]

    def assignment_files(self, assignment: str) -> list[File]:
        """The released files of `assignment`."""
        return self._files(self._call("GET", f"/assignments/{quote(assignment, safe='')}/files"))

    def submit(self, assignment: str, key: str, files: list[File]) -> dict[str, Any]:
        """Hands `files` in. The same `key` always gets the same receipt: {"id", "submitted_at"}."""
        body = {"key": key, "files": [file.to_json() for file in files]}
        answer = self._call("POST", f"/assignments/{quote(assignment, safe='')}/submissions", body)
        if not isinstance(answer, dict):
            raise self._unreadable(200)
        return answer

    def feedback(self, submission: str) -> list[File]:
        """The feedback pages of a graded submission."""
        return self._files(self._call("GET", f"/submissions/{quote(submission, safe='')}/feedback"))

    def saved_work(self) -> list[File]:
        """What this trainee saved in this lab before."""
        return self._files(self._call("GET", "/work"))

    def save_work(self, file: File) -> None:
        """Stores one file at the platform, in place of an earlier one of that path."""
        self._call("PUT", "/work", file.to_json())

    def remove_work(self, path: str) -> None:
        """Forgets a file at the platform that the trainee has deleted here; one that isn't there is all right."""
        self._call("DELETE", "/work", {"path": path})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.seconds)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"{parts.path}/exchange/v1{path}", payload, headers)
            response = connection.getresponse()
            data = response.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Away(say("away", self.lang)) from error
        finally:
            connection.close()
        return self._judge(response.status, data)

    def _judge(self, status: int, data: bytes) -> Any:
        if status in (401, 403):
            raise Refused(say("session-ended", self.lang), "session-ended", status)
        if status == 429 or status >= 500:
            raise Away(say("away", self.lang))
        if status == 204:
            return None
        if len(data) > MAX_ANSWER:
            raise self._unreadable(status)
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise self._unreadable(status) from error
        if status >= 400:
            raise self._refusal(status, answer)
        return answer

    def _refusal(self, status: int, answer: object) -> Refused:
        error = answer.get("error") if isinstance(answer, dict) else None
        if not isinstance(error, dict):
            return self._unreadable(status)
        message = error.get("message")
        if isinstance(message, dict):
            message = message.get("en" if self.lang.lower().startswith("en") else "zh")
        reason = str(message or error.get("code") or status)
        return Refused(say("refused", self.lang, reason=reason), str(error.get("code", "")), status)

    def _unreadable(self, status: int) -> Refused:
        return Refused(say("unreadable", self.lang, status=status), "unreadable", status)

    def _files(self, answer: object) -> list[File]:
        try:
            items = answer["files"] if isinstance(answer, dict) else None
            if not isinstance(items, list):
                raise TypeError("no list of files")
            return [
                File(str(item["path"]), base64.b64decode(item["data"], validate=True), item.get("saved_at"))
                for item in items
            ]
        except (KeyError, TypeError, AttributeError, binascii.Error, ValueError) as error:
            raise self._unreadable(200) from error
