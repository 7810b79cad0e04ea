"""A center with evidence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.core.permissions import system_actor
from shixun.ledger.kinds import instant_text
from shixun.ledger.operations import record
from shixun.testing.factories import make_center

AT = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def settings(settings: Any, tmp_path: Path) -> Any:
    return settings.model_copy(update={"ledger_key_file": tmp_path / "secrets" / "ledger.pem"})


@pytest.fixture
def center(app: Any) -> Center:
    found = make_center()
    db.session.commit()
    return found


def intervals(center: Center, count: int, start: int = 0) -> None:
    """`count` intervals of ten minutes, committed; keys go on from `start`."""
    actor = system_actor(center.id)
    for number in range(start, start + count):
        begin = AT + timedelta(minutes=20 * number)
        record(
            actor,
            "time.interval",
            subject_id=f"s{number % 3}",
            key=f"i{number}",
            occurred_at=begin + timedelta(minutes=10),
            data={
                "run_id": "run1",
                "item": "why-modbus",
                "source": "lesson",
                "start": instant_text(begin),
                "end": instant_text(begin + timedelta(minutes=10)),
                "proofs": 10,
            },
        )
    db.session.commit()


@pytest.fixture
def fill(center: Center) -> Callable[..., None]:
    return lambda count, start=0: intervals(center, count, start)
