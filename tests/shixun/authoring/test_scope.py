"""A center's own packs are seen by that center only, and an installation's data survives the change of its tables."""

from pathlib import Path
from typing import Any

import flask_migrate
import pytest

from shixun.app import MIGRATIONS, create_app
from shixun.config import Settings
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.permissions import system_actor
from shixun.curriculum import operations as curriculum
from shixun.curriculum import queries
from shixun.curriculum.packs import read_course
from shixun.curriculum.syncing import store_course, sync_course
from shixun.testing.factories import make_center
from shixun.testing.learning import COURSE, make_course, write_course


def test_own_courses_stand_before_the_platforms_and_nowhere_else(app: Any, tmp_path: Path) -> None:
    here, there = make_center("longyan"), make_center("xiamen")
    platform = make_course(there, tmp_path / "a")
    renamed = {"course.toml": COURSE.replace("水泵", "本中心的水泵")}
    own = store_course(system_actor(here.id), read_course(write_course(tmp_path / "b", renamed)), center_id=here.id)
    assert own.course.id != platform.course.id
    assert [version.id for version in queries.library(here.id)] == [own.id]
    assert [version.id for version in queries.library(there.id)] == [platform.id]
    assert queries.course("pumps", here.id).id == own.course.id
    assert queries.current_version("pumps").id == platform.id
    curriculum.offer(system_actor(here.id), here.id, own.course)
    assert queries.current_version("pumps", here.id).id == own.id
    assert queries.current_version("pumps", there.id).id == platform.id
    assert queries.titles_by_slug(["pumps"], here.id)["pumps"]["zh"] == "本中心的水泵"
    assert queries.titles_by_slug(["pumps"], there.id)["pumps"]["zh"] == "水泵"
    with pytest.raises(NotFound):
        curriculum.offer(system_actor(there.id), there.id, own.course)
    synced = sync_course(system_actor(), write_course(tmp_path / "c", {"course.toml": COURSE + "# 2\n"}))
    assert synced.course.id == platform.course.id, "the operator's packs never touch a center's own"


def test_courses_of_before_survive_the_migration(tmp_path: Path) -> None:
    app: Any = create_app(Settings(secret_key="x" * 32, var=tmp_path), testing=True)
    with app.app_context():
        flask_migrate.upgrade(str(MIGRATIONS), "0001")
        for row in (
            "INSERT INTO blob (digest, size, created_at, data) VALUES ('d', 1, '2026-01-01', x'00')",
            "INSERT INTO course (id, created_at, slug, current_digest) VALUES ('c', '2026-01-01', 'pumps', 'd')",
            "INSERT INTO course_version (id, created_at, course_id, digest, version, rendering, title, summary, audience, "
            "level, field, class_hours, goals, prerequisites, units) VALUES "
            "('v', '2026-01-01', 'c', 'd', '1.0.0', 1, '{}', '{}', '[]', 'intro', 'data', 1, '{}', '[]', '[]')",
        ):
            db.session.execute(db.text(row))
        db.session.commit()
        flask_migrate.upgrade(str(MIGRATIONS))
        joined = "SELECT c.slug, v.version, c.center_id FROM course c JOIN course_version v ON v.course_id = c.id"
        assert db.session.execute(db.text(joined)).all() == [("pumps", "1.0.0", None)]
        assert db.session.execute(db.text("PRAGMA foreign_keys")).scalar() == 1
        db.session.remove()
        db.engine.dispose()
