"""A center with a lab in a run, and a hub that the tests play."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shixun.accounts import queries
from shixun.core import blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.permissions import Role
from shixun.curriculum.models import Course, CourseItem, CourseVersion, Lab, LabVersion
from shixun.enrolment.models import Enrolment, Run
from shixun.testing.factories import make_center, make_person
from shixun.workbench.hub import NoSuchUser, Server
from shixun_packs.digest import bundle_files


class FakeHub:
    """The hub's REST API as far as web sees it. Tests move servers along by hand."""

    def __init__(self) -> None:
        self.users: set[str] = set()
        self.servers: dict[str, str] = {}  # user -> starting | ready | stopping
        self.tickets: list[str] = []
        self.answer = "started"
        self.ended: dict[str, str] = {}  # session -> why

    def __call__(self, _settings: Any) -> "FakeHub":
        return self

    def knows(self, user: str) -> bool:
        return user in self.users

    def server(self, user: str) -> Server:
        if user not in self.users:
            raise NoSuchUser(user)
        state = self.servers.get(user)
        return Server(state is not None, state == "ready", "spawn" if state == "starting" else None)

    def start(self, user: str, ticket: str) -> str:
        if user not in self.users:
            raise NoSuchUser(user)
        self.tickets.append(ticket)
        if self.answer == "started":
            self.servers[user] = "starting"
        return self.answer

    def stop(self, user: str) -> bool:
        if self.servers.get(user) == "stopping":
            del self.servers[user]
            return True
        if user in self.servers:
            self.servers[user] = "stopping"
            return False
        return True

    def endings(self, sessions: list[str]) -> dict[str, str]:
        return {session: self.ended[session] for session in sessions if session in self.ended}

    def running(self) -> set[str]:
        return set(self.servers)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    fake = FakeHub()
    monkeypatch.setattr("shixun.workbench.tasks.Hub", fake)
    monkeypatch.setattr("shixun.workbench.pages.Hub", fake)
    return fake


@pytest.fixture
def settings(settings: Any) -> Any:
    return settings.model_copy(update={"lab_backend": "docker", "exchange_url": "http://10.89.0.1:8083"})


def make_lab(points: tuple[float, float] = (40, 10)) -> LabVersion:
    release = blobs.put(bundle_files({"notebook.ipynb": b'{"cells": []}', "assets/map.csv": b"a,b\n"}))
    pack = blobs.put(bundle_files({"lab.toml": b"[lab]\n"}))
    lab = Lab(slug="modbus-point-map", current_digest=pack)
    db.session.add(lab)
    db.session.flush()
    version = LabVersion(
        lab_id=lab.id,
        digest=pack,
        version="1.0.0",
        rendering=1,
        title={"zh": "点表逆向", "en": "Reverse a point map"},
        summary={"zh": "摘要", "en": "Summary"},
        minutes=90,
        field="industrial-internet",
        has_checks=True,
        plant={"kind": "bottling", "protocols": ["modbus"], "speed": 1.0, "log": "teaching"},
        limits={"run_seconds": 60, "check_seconds": 30, "memory_mb": 512, "output_kb": 256},
        grades=[
            {"id": "table", "points": points[0], "title": {"zh": "点表", "en": "Table"}, "manual": False},
            {"id": "report", "points": points[1], "title": {"zh": "报告", "en": "Report"}, "manual": True},
        ],
        hints={"byte-order": {"zh": "字节序", "en": "Byte order"}},
        steps=[],
        release_digest=release,
    )
    db.session.add(version)
    db.session.flush()
    return version


def make_run(center: Any) -> Run:
    """An open run whose course has one lab item, `point-map`."""
    digest = blobs.put(b"course pack")
    course = Course(slug="networks", current_digest=digest)
    db.session.add(course)
    db.session.flush()
    version = CourseVersion(
        course_id=course.id,
        digest=digest,
        version="1.0.0",
        rendering=1,
        title={"zh": "工业网络", "en": "Networks"},
        summary={"zh": "", "en": ""},
        audience=["digital-talent"],
        level="junior",
        field="industrial-internet",
        class_hours=2,
        goals={"zh": [], "en": []},
        prerequisites=[],
        units=[{"slug": "one", "title": {"zh": "一", "en": "One"}}],
    )
    db.session.add(version)
    db.session.flush()
    db.session.add(
        CourseItem(
            version_id=version.id,
            position=0,
            unit=0,
            kind="lab",
            slug="point-map",
            title={"zh": "点表逆向", "en": "Point map"},
            minutes=90,
            lab_slug="modbus-point-map",
        )
    )
    run = Run(
        center_id=center.id,
        course_version_id=version.id,
        title={"zh": "一班", "en": "Class one"},
        starts_at=now(),
        ends_at=now() + timedelta(days=30),
        planned_minutes=90,
        class_hour_minutes=45,
        pass_share=0.6,
        opened_at=now(),
    )
    db.session.add(run)
    db.session.flush()
    return run


@pytest.fixture
def world(app: Any, hub: FakeHub) -> Any:
    """A run with a lab, an enrolled trainee who is known at the hub, another trainee, and an instructor."""
    center = make_center()
    trainee, other = make_person(center, "wang"), make_person(center, "zhao")
    teacher = make_person(center, "li.laoshi", Role.INSTRUCTOR)
    lab, run = make_lab(), make_run(center)
    for person in (trainee, other):
        db.session.add(Enrolment(center_id=center.id, run_id=run.id, person_id=person.id))
    hub.users.update({trainee.hub_user, other.hub_user})
    db.session.commit()
    found = SimpleNamespace(
        center=center,
        trainee=queries.actor_in(trainee, center),
        other=queries.actor_in(other, center),
        teacher=queries.actor_in(teacher, center),
        hub_user=trainee.hub_user,
        other_hub_user=other.hub_user,
        run_id=run.id,
        lab_digest=lab.digest,
    )
    db.session.commit()
    return found


@pytest.fixture
def exchange(app: Any) -> Callable[..., Any]:
    """`exchange(token)(method, path, body)`: a lab's HTTP client on the exchange listener."""
    from shixun.app import create_app

    client = create_app(app.config["SETTINGS"], "exchange", testing=True).test_client()

    def as_lab(token: str) -> Callable[..., Any]:
        def call(method: str, path: str, body: Any = None) -> Any:
            db.session.rollback()  # what the test has read holds SQLite's one write lock
            headers = {"Authorization": f"Bearer {token}"}
            return client.open("/exchange/v1" + path, method=method, json=body, headers=headers)

        return call

    return as_lab
