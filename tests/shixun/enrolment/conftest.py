"""A center with a course, a run, its trainee and its instructor."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts.models import Center, Person
from shixun.core.db import db
from shixun.core.permissions import Actor, Role
from shixun.curriculum.models import CourseVersion
from shixun.enrolment.models import Enrolment, Run
from shixun.testing.factories import make_center, make_person
from shixun.testing.learning import make_course, make_enrolment, make_run


@dataclass
class House:
    """What most tests need; objects are re-read after each request, so keep ids where it matters."""

    center: Center
    version: CourseVersion
    run: Run
    trainee: Person
    instructor: Person
    enrolment: Enrolment

    @property
    def learner(self) -> Actor:
        from shixun.accounts.queries import actor_in

        return actor_in(self.trainee, self.center)

    @property
    def teacher(self) -> Actor:
        from shixun.accounts.queries import actor_in

        return actor_in(self.instructor, self.center)

    @property
    def path(self) -> str:
        return f"/c/{self.center.slug}/learn/{self.run.id}"


@pytest.fixture
def house(app: Any, tmp_path: Path) -> House:
    center = make_center()
    trainee = make_person(center, "xueyuan", name="王芳")
    instructor = make_person(center, "jiaoshi", Role.INSTRUCTOR, name="李老师")
    version = make_course(center, tmp_path / "courses")
    run = make_run(center, version, instructor_ids=[instructor.id])
    enrolment = make_enrolment(run, trainee)
    db.session.commit()
    return House(center, version, run, trainee, instructor, enrolment)
