"""`shixun ledger` from a shell."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.ledger.cli import group
from shixun.testing.factories import make_center


@pytest.fixture
def run(app: Any, settings: Any, monkeypatch: Any) -> Callable[..., Any]:
    monkeypatch.setenv("SHIXUN_VAR", str(settings.var))
    monkeypatch.setenv("SHIXUN_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SHIXUN_SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("SHIXUN_LEDGER_KEY_FILE", str(settings.ledger_key_file))
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    def invoke(*arguments: str) -> Any:
        db.session.remove()
        return CliRunner().invoke(group, list(arguments), catch_exceptions=False)

    return invoke


def test_seal_export_verify(center: Center, fill: Callable[..., None], run: Callable[..., Any], tmp_path: Path) -> None:
    fill(4)
    sealed = run("seal", "--json")
    assert json.loads(sealed.output) == {"sealed": 4, "head_list": 1, "published": 1}
    assert "no new heads" in run("seal").output
    out = tmp_path / "longyan.jsonl"
    assert json.loads(run("export", "longyan", "--out", str(out), "--json").output)["records"] == 4
    checked = run("verify")
    assert checked.exit_code == 0
    assert "4 entries" in checked.output
    heads = str(tmp_path / "heads")
    offline = run("verify", "--export", str(tmp_path), "--heads", heads, "--key", f"{heads}/public-key.pem", "--json")
    assert offline.exit_code == 0, offline.output
    report = json.loads(offline.output)["reports"][str(out)]
    assert report["key_pinned"]
    assert report["signed_length"] == 4
    out.write_text(out.read_text().replace('\\"proofs\\":10', '\\"proofs\\":11', 1))
    broken = run("verify", "--export", str(out))
    assert broken.exit_code == 1
    assert "entry 1" in broken.output


def test_count(center: Center, fill: Callable[..., None], run: Callable[..., Any]) -> None:
    fill(6)
    make_center("neighbour")
    db.session.commit()
    assert json.loads(run("count", "--json").output) == {"longyan": 6, "neighbour": 0}
    assert run("count").output == "longyan: 6\nneighbour: 0\n"


def test_what_the_commands_refuse(center: Center, run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("export", "nowhere", "--out", str(tmp_path / "x")).exit_code == 1
    assert run("verify", "nowhere").exit_code == 1
    (tmp_path / "x.json").write_text("{}")
    assert run("verify", "--statement", str(tmp_path / "x.json")).exit_code == 2
    assert run("verify", "--export", str(tmp_path / "x.json")).exit_code == 1
    assert run("rights", "a b").exit_code == 1
    assert "GRANT SELECT, INSERT" in run("rights", "web").output
