"""A center with two instructors and a trainee, and another center."""

from dataclasses import dataclass
from typing import Any

import pytest

from shixun.accounts.models import Center, Person
from shixun.authoring.models import Draft
from shixun.core.db import db
from shixun.core.permissions import Role
from shixun.testing.authoring import make_draft
from shixun.testing.factories import make_center, make_person


@dataclass
class School:
    """Who is there. `draft` is a whole course."""

    center: Center
    elsewhere: Center
    lin: Person
    wang: Person
    outsider: Person
    draft: Draft

    @property
    def url(self) -> str:
        return f"/c/{self.center.slug}/authoring/{self.draft.id}"


@pytest.fixture
def school(app: Any) -> School:
    center, elsewhere = make_center("longyan"), make_center("xiamen")
    lin = make_person(center, "lin", Role.INSTRUCTOR)
    wang = make_person(center, "wang", Role.INSTRUCTOR)
    outsider = make_person(elsewhere, "out", Role.INSTRUCTOR, Role.CENTER_MANAGER)
    made = School(center, elsewhere, lin, wang, outsider, make_draft(center, lin))
    db.session.commit()
    return made
