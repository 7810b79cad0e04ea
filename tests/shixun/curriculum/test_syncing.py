"""Packs in the database: what is stored, what is current, what nobody may change."""

from pathlib import Path
from typing import Any

import pytest

from shixun.core import blobs
from shixun.core.db import db
from shixun.core.errors import Forbidden
from shixun.core.permissions import Actor, system_actor
from shixun.curriculum import queries, syncing
from shixun.curriculum.models import CourseVersion, LessonText, PackFile
from shixun.testing.factories import make_center
from shixun.testing.learning import COURSE, LESSON, make_course, write_course
from shixun_packs.digest import bundle, bundle_digest
from shixun_packs.problems import PackError


def test_a_pack_becomes_a_version_under_the_digest_of_its_bundle(app: Any, tmp_path: Path) -> None:
    folder = write_course(tmp_path)
    version = syncing.sync_course(system_actor(), folder)
    assert version.digest == bundle_digest(bundle(folder))
    assert blobs.get(version.digest) == bundle(folder)
    assert [(item.kind, item.slug) for item in version.items] == [
        ("lesson", "curve"),
        ("quiz", "curve-quiz"),
        ("lesson", "end"),
    ]
    assert version.course.current_digest == version.digest


def test_syncing_the_same_pack_again_changes_nothing(app: Any, tmp_path: Path) -> None:
    first = syncing.sync_course(system_actor(), write_course(tmp_path))
    again = syncing.sync_course(system_actor(), write_course(tmp_path))
    assert again.id == first.id
    assert len(db.session.scalars(db.select(CourseVersion)).all()) == 1


def test_a_changed_pack_is_a_new_version_and_the_old_one_stays_readable(app: Any, tmp_path: Path) -> None:
    center = make_center()
    old = make_course(center, tmp_path)
    new = make_course(center, tmp_path, {"lessons/curve.md": LESSON.replace("结束。", "新的结尾。")})
    assert new.id != old.id
    assert queries.current_version("pumps", center.id).id == new.id
    old_text = queries.lesson_text(queries.item(old.id, "curve"))
    assert "结束。" in old_text.parts[-1]["html"]
    back = make_course(center, tmp_path, {"lessons/curve.md": LESSON})
    assert back.id == old.id
    assert queries.current_version("pumps").id == old.id


def test_texts_of_an_older_rendering_are_rendered_anew_even_if_the_folder_is_gone(app: Any, tmp_path: Path) -> None:
    version = make_course(make_center(), tmp_path)
    version.rendering = 0
    text = queries.lesson_text(queries.item(version.id, "curve"))
    text.parts = [{"html": "<p>old</p>"}]
    db.session.flush()
    assert syncing.sync_all(system_actor(), tmp_path / "nowhere", tmp_path / "nowhere") == []
    db.session.expire_all()
    text = queries.lesson_text(queries.item(version.id, "curve"))
    assert "<math" in text.parts[0]["html"]
    assert db.session.scalars(db.select(CourseVersion.rendering)).one() > 0


def test_all_packs_or_none(app: Any, tmp_path: Path) -> None:
    write_course(tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "course.toml").write_text("[course]\nslug = \n", encoding="utf-8")
    with pytest.raises(PackError) as error:
        syncing.sync_all(system_actor(), tmp_path, tmp_path / "labs")
    assert "broken/course.toml:2" in str(error.value)
    assert db.session.scalars(db.select(CourseVersion)).all() == []


def test_a_course_with_a_lab_that_nobody_has_is_refused_at_its_line(app: Any, tmp_path: Path) -> None:
    lab = '[[unit.item]]\nkind = "lab"\nslug = "x1"\nlab = "no-such-lab"\nminutes = 5\ntitle = {zh = "实验", en = "Lab"}\n'
    folder = write_course(tmp_path, {"course.toml": COURSE + lab})
    with pytest.raises(PackError) as error:
        syncing.sync_all(system_actor(), tmp_path, tmp_path / "labs")
    line = (COURSE + lab).split("\n").index('lab = "no-such-lab"') + 1
    assert f"{folder.as_posix()}/course.toml:{line}: there is no lab 'no-such-lab'" in str(error.value)


def test_only_who_manages_packs_syncs_them(app: Any, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        syncing.sync_course(Actor("somebody"), write_course(tmp_path))


def test_a_formula_that_cannot_be_read_is_named_by_line(app: Any, tmp_path: Path) -> None:
    text = LESSON.replace("流量 $Q$ 与", "流量 $\\nonsense{Q}$ 与")
    folder = write_course(tmp_path, {"lessons/curve.md": text})
    with pytest.raises(PackError) as error:
        syncing.sync_course(system_actor(), folder)
    line = next(n for n, content in enumerate(text.split("\n"), 1) if "nonsense" in content)
    assert str(error.value).startswith(f"{folder.as_posix()}/lessons/curve.md:{line}: the formula")


def test_figures_and_nothing_else_can_be_fetched(app: Any, tmp_path: Path) -> None:
    make_course(make_center(), tmp_path)
    assert [file.path for file in db.session.scalars(db.select(PackFile))] == ["figures/curve.svg"]
    assert db.session.scalars(db.select(LessonText)).all()
