"""Fixtures for every package's tests. Hostile by default: no outside sockets, warnings are errors, queries can be counted."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jinja2.bccache import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import NullPool

from shixun.testing import databases


def pytest_configure() -> None:
    """Playwright's own Node needs a library that a bare Debian lacks; the platform's Node needs none."""
    from shixun.commands.node import node_command

    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node_command())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only tests with a database (or a whole platform) are of interest; the others ran on SQLite's turn."""
    if not databases.ON_POSTGRES:
        return
    kept = [item for item in items if {"settings", "stack"} & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.fixture(autouse=True)
def _no_outside_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback and our own containers' bridges may be spoken to."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if not host.startswith(("127.", "::1", "localhost", "172.", "10.89.")):
                raise RuntimeError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _no_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's threads, and applications that its commands make, end without closing a pool: PostgreSQL's driver would complain."""
    if databases.ON_POSTGRES:
        monkeypatch.setattr("shixun.app.engine_options", lambda _settings: {"poolclass": NullPool})


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    from shixun.config import Settings

    return Settings(
        var=tmp_path,
        secret_key="test-" * 8,
        database_url=databases.database_url(tmp_path),
        argon2_time_cost=1,
        argon2_memory_kib=64,
        grader_token="grader-token",  # noqa: S106
        ticket_key="ticket-key-" * 4,
        grading_secret="grading-secret-" * 3,
        hub_client_secret="hub-secret",  # noqa: S106
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Each test has an application of its own; compiling the same templates again for each would be half of the time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Any, compiled_templates: BytecodeCache) -> Iterator[Any]:
    """The page listener on an empty database, inside an application context."""
    from shixun.app import create_app
    from shixun.core.db import db

    flask_app = create_app(settings, testing=True)
    flask_app.jinja_env.bytecode_cache = compiled_templates
    with flask_app.app_context():
        databases.empty()
        yield flask_app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def _forget_request() -> None:
    """Tests share one application context with their requests, hence `g`; a real request starts with an empty one."""
    from flask import g

    for name in list(g):
        g.pop(name)


class Browser:
    """A test client that speaks like a browser: follows the origin rules, carries the CSRF token."""

    def __init__(self, app: Any) -> None:
        self.client = app.test_client()
        self.origin = app.config["SETTINGS"].public_url
        self.headers = {"Sec-Fetch-Site": "same-origin"}

    def get(self, path: str, **more: Any) -> Any:
        _forget_request()
        return self.client.get(path, base_url=self.origin, **more)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        """Post a form (or `json=`) with the session's CSRF token."""
        from flask import g
        from flask_wtf.csrf import generate_csrf

        with self.client.session_transaction(base_url=self.origin) as session:
            raw = session.get("csrf_token")
        if raw is None:
            self.get("/sign-in")
        with self.client.application.test_request_context(base_url=self.origin):
            from flask import session as request_session

            with self.client.session_transaction(base_url=self.origin) as session:
                request_session["csrf_token"] = session["csrf_token"]
            g.pop("csrf_token", None)
            token = generate_csrf()
        sent = {**self.headers, "X-CSRFToken": token, **(headers or {})}
        _forget_request()
        if "json" in more:
            return self.client.post(path, base_url=self.origin, headers=sent, **more)
        return self.client.post(path, data=data or {}, base_url=self.origin, headers=sent, **more)

    def sign_in(self, username: str, password: str | None = None) -> "Browser":
        from shixun.testing.factories import PASSWORD

        answer = self.post("/sign-in", {"username": username, "password": password or PASSWORD})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return self


@pytest.fixture
def browser(app: Any) -> Callable[[], Browser]:
    """`browser()` opens a new browser on the application."""
    return lambda: Browser(app)


@pytest.fixture
def count_queries(app: Any) -> Callable[[], Any]:
    """`with count_queries() as seen: …; assert len(seen) <= 5`."""
    from sqlalchemy import event

    from shixun.core.db import db

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("PRAGMA", "BEGIN")):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting
