"""Signed head lists: the key, the files, when a new one is due."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from tests.shixun.ledger.conftest import intervals

from shixun.accounts.models import Center
from shixun.core.clock import now
from shixun.core.db import db
from shixun.ledger import heads, keys, signatures, tasks
from shixun.testing.factories import make_center


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.pem"
    first = keys.ensure_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.fingerprint(keys.ensure_key(path).public_key()) == keys.fingerprint(first.public_key())


def test_a_list_covers_all_chains_and_the_list_before(center: Center, fill: Callable[..., None], settings: Any) -> None:
    fill(2)
    intervals(make_center("xiamen"), 3)
    first = tasks.seal_and_sign()
    assert (first.sealed, first.head_list, first.published) == (5, 1, 1)
    fill(1, start=2)
    assert tasks.seal_and_sign(force_heads=True).head_list == 2
    lists = signatures.read(Path(settings.var) / "heads")
    assert [sorted(length for length, _ in item.heads.values()) for item in lists] == [[2, 3], [3, 3]]
    assert lists[1].previous == lists[0].digest
    trusted, findings = signatures.check(lists, keys.load_public(Path(settings.var) / "heads" / "public-key.pem"))
    assert len(trusted) == 2
    assert findings == []
    assert signatures.read(Path(settings.var) / "heads" / "latest.json")[0].number == 2


def test_lists_come_when_chains_grow_and_not_too_often(center: Center, fill: Callable[..., None]) -> None:
    fill(1)
    assert tasks.seal_and_sign().head_list == 1
    fill(1, start=1)
    assert tasks.seal_and_sign().head_list is None
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert tasks.seal_and_sign().head_list == 2
    with time_machine.travel(now() + timedelta(minutes=30)):
        assert tasks.seal_and_sign(force_heads=True).head_list is None


def test_files_lost_before_they_were_written_come_with_the_next_run(
    center: Center, fill: Callable[..., None], settings: Any
) -> None:
    fill(1)
    key = keys.ensure_key(settings.ledger_key_file)
    from shixun.ledger import sealing

    sealing.seal_pending(center.id)
    heads.issue(key)
    db.session.commit()  # and here the process is killed
    assert tasks.seal_and_sign().published == 1
    latest = json.loads((Path(settings.var) / "heads" / "latest.json").read_text())
    assert json.loads(latest["list"])["number"] == 1
