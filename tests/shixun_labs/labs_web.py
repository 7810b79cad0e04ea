"""A small stand-in of web for the labs' tests: OpenID endpoints and the exchange listener, in threads of the test."""

import base64
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {"id": "a1", "cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}
    ],
}


def packed(path: str, data: bytes) -> dict[str, str]:
    return {"path": path, "data": base64.b64encode(data).decode()}


class FakeWeb:
    """State of the stand-in. `person` is who signs in next; `away` makes the exchange answer 503."""

    def __init__(self) -> None:
        self.person = "talice000000000000000"
        self.codes: dict[str, str] = {}
        self.tokens: dict[str, str] = {}  # OpenID access tokens: person
        self.exchange_tokens: set[str] = set()
        self.work: dict[str, bytes] = {}
        self.submissions: list[dict[str, Any]] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.away = False
        self.calls: list[tuple[str, str]] = []
        self.released = {"notebook.ipynb": json.dumps(NOTEBOOK).encode(), "data/说明.txt": "你好".encode()}
        self.servers: list[ThreadingHTTPServer] = []

    def serve(self, host: str, port: int, kind: str) -> int:
        """Starts a listener ("pages" or "exchange") and returns its port."""
        handler = type(f"{kind.title()}Handler", (Pages if kind == "pages" else Exchange,), {"web": self})
        server = ThreadingHTTPServer((host, port), handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.servers.append(server)
        return int(server.server_address[1])

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()


class Base(BaseHTTPRequestHandler):
    web: FakeWeb

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: object = None, **headers: str) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def sent(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class Pages(Base):
    """OpenID: signs in `web.person` without asking; PKCE is checked to be asked for."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/oauth/authorize":
            assert query["code_challenge_method"] == "S256"
            code = secrets.token_hex(8)
            self.web.codes[code] = self.web.person
            back = query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})
            return self.answer(302, Location=back)
        if parts.path == "/oauth/userinfo":
            person = self.web.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            return self.answer(200 if person else 401, {"sub": person, "preferred_username": person})
        return self.answer(200, {"page": parts.path})

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self.sent().decode()).items()}
        person = self.web.codes.pop(form.get("code", ""), None)
        if self.path != "/oauth/token" or person is None or "code_verifier" not in form:
            return self.answer(400, {"error": "invalid_grant"})
        token = secrets.token_hex(16)
        self.web.tokens[token] = person
        return self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})


class Exchange(Base):
    """The exchange listener of the contract, for one lab with one assignment."""

    def do_GET(self) -> None:
        self.route("GET")

    def do_POST(self) -> None:
        self.route("POST")

    def do_PUT(self) -> None:
        self.route("PUT")

    def do_DELETE(self) -> None:
        self.route("DELETE")

    def route(self, method: str) -> None:
        body = self.sent()
        path = self.path.removeprefix("/exchange/v1")
        self.web.calls.append((method, path))
        if self.web.away:
            return self.answer(503)
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.web.exchange_tokens:
            return self.answer(401, {"error": {"code": "token", "message": {"zh": "不行", "en": "no"}}})
        if (method, path) == ("GET", "/work"):
            files = [
                packed(name, data) | {"saved_at": "2026-11-01T08:00:00+00:00"} for name, data in self.web.work.items()
            ]
            return self.answer(200, {"files": files})
        if (method, path) == ("PUT", "/work"):
            item = json.loads(body)
            self.web.work[item["path"]] = base64.b64decode(item["data"])
            return self.answer(204)
        if (method, path) == ("DELETE", "/work"):
            self.web.work.pop(json.loads(body)["path"], None)
            return self.answer(204)
        if (method, path) == ("GET", "/assignments"):
            return self.answer(200, [self.assignment()])
        if (method, path) == ("GET", "/assignments/modbus/files"):
            return self.answer(
                200, {"digest": "sha256:0", "files": [packed(n, d) for n, d in self.web.released.items()]}
            )
        if (method, path) == ("POST", "/assignments/modbus/submissions"):
            return self.submit(json.loads(body))
        if method == "GET" and path.startswith("/submissions/"):
            return self.answer(200, {"files": [packed("feedback.html", b"<p>38 / 50</p>")]})
        return self.answer(404, {"error": {"code": "not-found", "message": {"zh": "没有", "en": "none"}}})

    def assignment(self) -> dict[str, Any]:
        return {
            "course_id": "shixun",
            "assignment_id": "modbus",
            "status": "released",
            "notebooks": ["notebook.ipynb"],
            "submissions": self.web.submissions,
        }

    def submit(self, asked: dict[str, Any]) -> None:
        if asked["key"] in self.web.keys:
            return self.answer(200, self.web.keys[asked["key"]])
        number = len(self.web.submissions) + 1
        moment = f"2026-11-02T08:00:{number:02d}+00:00"
        self.web.submissions.append(
            {
                "id": f"s{number}",
                "submitted_at": moment,
                "score": 38.0,
                "max_score": 50.0,
                "state": "graded",
                "feedback": True,
            }
        )
        self.web.keys[asked["key"]] = {
            "id": f"s{number}",
            "submitted_at": moment,
            "files": [f["path"] for f in asked["files"]],
        }
        return self.answer(201, self.web.keys[asked["key"]])
