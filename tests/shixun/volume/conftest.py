"""A center whose ledger gets evidence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.testing import evidence as testing
from shixun.testing.evidence import Evidence
from shixun.testing.factories import make_center

# A loaded machine is slow without being wrong.
hypothesis_settings.register_profile("shixun", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("shixun")


@pytest.fixture
def settings(settings: Any, tmp_path: Path) -> Any:
    return settings.model_copy(update={"ledger_key_file": tmp_path / "secrets" / "ledger.pem"})


@pytest.fixture
def center(app: Any) -> Center:
    found = make_center()
    db.session.commit()
    return found


@pytest.fixture
def evidence(center: Center) -> Evidence:
    return Evidence(center)


@pytest.fixture
def settle() -> Callable[[], None]:
    return testing.settle
