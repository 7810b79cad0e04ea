"""Two centers with people and evidence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts.models import Center
from shixun.accounts.queries import subject_of
from shixun.core.db import db
from shixun.core.permissions import Role
from shixun.testing import evidence as testing
from shixun.testing.evidence import Evidence
from shixun.testing.factories import make_center, make_person


@pytest.fixture
def settings(settings: Any, tmp_path: Path) -> Any:
    return settings.model_copy(update={"ledger_key_file": tmp_path / "secrets" / "ledger.pem"})


@pytest.fixture
def center(app: Any) -> Center:
    found = make_center()
    db.session.commit()
    return found


@pytest.fixture
def evidence(center: Center) -> Evidence:
    return Evidence(center)


@pytest.fixture
def settle() -> Callable[[], None]:
    return testing.settle


@pytest.fixture
def trained(center: Center, evidence: Evidence, settle: Callable[[], None]) -> dict[str, str]:
    """A year of a small center: two managers, three trainees (name → subject), a run, a talk, a contest, places."""
    for name in ("lin", "chen"):
        make_person(center, name, Role.CENTER_MANAGER, name=f"{name.title()} Manager")
    make_person(center, "teacher", Role.INSTRUCTOR)
    subjects = {}
    for username, name in (("wang.fang", "王芳"), ("li.na", "李娜"), ("zhang.wei", "=HYPERLINK(1)")):
        subjects[username] = subject_of(make_person(center, username, name=name).id, center.id)
    evidence.run("r1", minutes=90, title="工业网络与协议")
    evidence.run("talk", minutes=45, meetings=1, title="数字化转型讲座")
    for subject in subjects.values():
        evidence.enrol(subject, "r1")
        evidence.enrol(subject, "talk")
        evidence.check_in(subject, "talk")
    evidence.time(subjects["wang.fang"], "r1", 0, 1.5)
    evidence.time(subjects["li.na"], "r1", 0, 0.5)
    evidence.contest("c1", ["team-one", "team-two"])
    evidence.places(60)
    settle()
    return subjects


@pytest.fixture
def neighbour(app: Any, settle: Callable[[], None]) -> Center:
    """Another center with figures of its own."""
    found = make_center("xiamen")
    make_person(found, "stranger", Role.CENTER_MANAGER)
    other = Evidence(found)
    other.run("run-of-xiamen", title="别家的班期")
    other.enrol("s9", "run-of-xiamen")
    other.time("s9", "run-of-xiamen", 0, 1)
    other.contest("c9", ["team-of-xiamen"])
    other.places(77707)
    settle()
    return found
