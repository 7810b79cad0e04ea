"""The house rules that a machine can check: import directions, sizes, settings in the docs, one migration history."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import flask_migrate
import pytest

from shixun.app import MIGRATIONS, create_app
from shixun.config import Settings
from shixun.core.db import db

ROOT = Path(__file__).parents[2]
CODE = ["platform", "labs/shixun_labs", "labs/shixun_plants", "competitions/shixun_contests", "graders/shixun_graders"]
LONGEST = 400


@pytest.mark.parametrize(
    "leaf", ["shixun_packs.lab", "shixun_plants.runner", "shixun_graders.protocol", "shixun_contests.formats.ranking"]
)
def test_leaves_stand_alone(leaf: str) -> None:
    """Images hold a leaf without the platform: importing it must not need Flask, SQLAlchemy or the LMS."""
    probe = f"import sys, {leaf}; print(sorted({{'flask', 'sqlalchemy', 'shixun'}} & set(sys.modules)))"
    path = ":".join(str(ROOT / part) for part in ("platform", "labs", "competitions", "graders"))
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, env={"PYTHONPATH": path}, check=True
    )
    assert done.stdout.strip() == "[]"


def test_source_roots_are_no_packages() -> None:
    """`platform/__init__.py` would shadow the standard library's `platform`."""
    roots = ("platform", "labs", "competitions", "graders", "courses", "tests")
    assert [root for root in roots if (ROOT / root / "__init__.py").exists()] == []


def test_package_inits_are_empty() -> None:
    assert [str(p) for root in CODE for p in (ROOT / root).rglob("__init__.py") if p.read_text().strip()] == []


def test_no_file_grows_too_long() -> None:
    """About 400 lines; a longer one says its reason in its first lines ('long because')."""
    found = []
    for root in CODE:
        for path in (ROOT / root).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").splitlines()
            if len(lines) > LONGEST and "versions" not in path.parts and "long because" not in "\n".join(lines[:12]):
                found.append(f"{path.relative_to(ROOT)}: {len(lines)}")
    assert found == []


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `SHIXUN_([A-Z0-9_]+)` \|", text, re.MULTILINE))
    wanted = {name.upper() for name in Settings.model_fields}
    assert documented >= wanted
    for name, field in Settings.model_fields.items():
        assert field.description is not None
        assert field.description in text, name


def test_migrations_make_the_tables_that_the_models_say(tmp_path: Path) -> None:
    settings = Settings(secret_key="x" * 32, var=tmp_path)
    app: Any = create_app(settings, testing=True)
    with app.app_context():
        flask_migrate.upgrade(str(MIGRATIONS))
        flask_migrate.check(str(MIGRATIONS))
        triggers = db.session.scalars(db.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        assert "ledger_entry_no_update" in triggers
        db.session.remove()
        db.engine.dispose()
