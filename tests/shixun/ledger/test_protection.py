"""The database itself refuses to change evidence."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.ledger import protection, tasks

CHANGES = [
    "UPDATE ledger_entry SET subject_id = 'other'",
    "UPDATE ledger_seal SET seq = seq + 1",
    "UPDATE ledger_head_list SET signature = 'x'",
    "DELETE FROM ledger_seal",
    "DELETE FROM ledger_head_list",
    "DELETE FROM ledger_entry",
]
SQLITE = [
    "REPLACE INTO ledger_seal SELECT center_id, seq, entry_id, 'x', sealed_at FROM ledger_seal",
    "INSERT OR REPLACE INTO ledger_entry SELECT id, center_id, kind, key, 'other', occurred_at, recorded_at, canonical "
    "FROM ledger_entry",
    "INSERT OR REPLACE INTO ledger_entry SELECT 'x' || id, center_id, kind, key, 'other', occurred_at, recorded_at, "
    "canonical FROM ledger_entry",
]
POSTGRESQL = ["TRUNCATE ledger_entry CASCADE", "TRUNCATE ledger_seal", "TRUNCATE ledger_head_list"]


def test_nothing_sealed_can_change(center: Center, fill: Callable[..., None]) -> None:
    fill(3)
    assert tasks.seal_and_sign().head_list == 1
    own = POSTGRESQL if db.engine.dialect.name == "postgresql" else SQLITE
    for change in CHANGES + own:
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(change))
        db.session.rollback()
    assert db.session.execute(text("SELECT count(*) FROM ledger_entry WHERE subject_id = 'other'")).scalar() == 0


def test_rights_name_the_three_tables() -> None:
    assert protection.rights("shixun_web")[1] == (
        "GRANT SELECT, INSERT ON ledger_entry, ledger_seal, ledger_head_list TO shixun_web;"
    )
    with pytest.raises(ValueError):
        protection.rights("x; DROP TABLE ledger_entry")
