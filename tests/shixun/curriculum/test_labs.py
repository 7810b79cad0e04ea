"""Lab packs in the database: what workbench and assessment take from them, and what trainees never get."""

from pathlib import Path
from typing import Any

import pytest

from shixun.core import blobs
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.core.permissions import system_actor
from shixun.curriculum import queries, syncing
from shixun.curriculum.models import PackFile
from shixun_packs.digest import bundle, read_bundle
from shixun_packs.problems import PackError

LAB = """
[lab]
slug = "leak"
version = "1.0.0"
title = {zh = "检漏", en = "Leaks"}
summary = {zh = "找漏", en = "Find the leak"}
minutes = 30
notebook = "notebook.py"
checks = "checks.py"
field = "industrial-internet"
[[grade]]
id = "find"
points = 10
title = {zh = "找到", en = "Find it"}
[[hint]]
key = "units"
text = {zh = "注意单位", en = "Mind the units"}
[[step]]
title = {zh = "第一步", en = "Step one"}
text = {zh = "读 **压力** $p$。<script>alert(1)</script>", en = "Read **pressure** $p$."}
"""
NOTEBOOK = """# %% nbgrader={"grade_id":"find","grade":true,"solution":true,"locked":false,"points":10,"schema_version":3}
### BEGIN SOLUTION
answer = "canary-solution"
### END SOLUTION
"""
CHECKS = """
def calls(seed):
    return []


def judge(calls, answers, plant_log):
    return {"find": (10, "canary-checks")}
"""


def write_lab(parent: Path, **changed: str) -> Path:
    folder = parent / "leak"
    folder.mkdir(parents=True, exist_ok=True)
    files = {"lab.toml": LAB, "notebook.py": NOTEBOOK, "checks.py": CHECKS, **changed}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_lab_is_stored_with_what_its_trainee_receives(app: Any, tmp_path: Path) -> None:
    folder = write_lab(tmp_path)
    version = syncing.sync_lab(system_actor(), folder)
    assert queries.current_lab("leak").id == version.id
    assert blobs.get(version.digest) == bundle(folder)
    assert (version.max_points, version.has_checks, version.plant) == (10.0, True, None)
    assert version.hints == {"units": {"zh": "注意单位", "en": "Mind the units"}}
    assert version.grades[0]["id"] == "find"
    release = read_bundle(blobs.get(version.release_digest))
    assert list(release) == ["notebook.ipynb"]
    assert not [secret for secret in (b"canary-solution", b"canary-checks") if secret in release["notebook.ipynb"]]


def test_steps_are_safe_html_in_both_languages(app: Any, tmp_path: Path) -> None:
    step = syncing.sync_lab(system_actor(), write_lab(tmp_path)).steps[0]
    assert "<strong>压力</strong>" in step["html"]["zh"]
    assert "<math" in step["html"]["en"]
    assert "<script" not in step["html"]["zh"]


def test_who_started_finds_their_version_again(app: Any, tmp_path: Path) -> None:
    old = syncing.sync_lab(system_actor(), write_lab(tmp_path))
    new = syncing.sync_lab(system_actor(), write_lab(tmp_path, **{"checks.py": CHECKS + "\n# mended\n"}))
    assert queries.current_lab("leak").id == new.id != old.id
    assert queries.lab_version("leak", old.digest).id == old.id
    for slug, digest in (("other", old.digest), ("leak", "sha256:" + "0" * 64)):
        with pytest.raises(NotFound):
            queries.lab_version(slug, digest)
    with pytest.raises(NotFound):
        queries.current_lab("other")


def test_a_step_with_a_figure_that_is_not_there_is_named_by_line(app: Any, tmp_path: Path) -> None:
    text = LAB.replace("读 **压力**", "![图](figures/none.svg) 读 **压力**")
    folder = write_lab(tmp_path, **{"lab.toml": text})
    with pytest.raises(PackError) as error:
        syncing.sync_lab(system_actor(), folder)
    line = text.split("\n").index("[[step]]") + 1
    assert f"{folder.as_posix()}/lab.toml:{line}: there is no figure 'figures/none.svg'" in str(error.value)


def test_figures_of_steps_can_be_fetched_and_hostile_ones_are_refused(app: Any, tmp_path: Path) -> None:
    text = LAB.replace("读 **压力**", "![图](figures/a.svg) 读 **压力**")
    figure = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0"/></svg>'
    version = syncing.sync_lab(system_actor(), write_lab(tmp_path, **{"lab.toml": text, "figures/a.svg": figure}))
    assert f"/packs/{version.digest.removeprefix('sha256:')}/figures/a.svg" in version.steps[0]["html"]["zh"]
    assert db.session.scalars(db.select(PackFile.path)).all() == ["figures/a.svg"]
    evil = figure.replace("<path", "<script>alert(1)</script><path")
    with pytest.raises(PackError):
        syncing.sync_lab(system_actor(), write_lab(tmp_path, **{"lab.toml": text, "figures/a.svg": evil}))
