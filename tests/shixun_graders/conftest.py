"""Fixtures of the graders' tests. `driver` runs a test on each kind of sandbox that this machine can make."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from graders_kit import Attempts, small_lab

from shixun_graders.sandbox.base import Driver
from shixun_graders.sandbox.registry import NoSandboxError, choose


@cache
def _driver(name: str) -> Driver | str:
    try:
        return choose({"SHIXUN_SANDBOX": name})
    except NoSandboxError as error:
        return str(error)


@pytest.fixture(params=[pytest.param("docker", marks=pytest.mark.docker), "bubblewrap"])
def driver(request: pytest.FixtureRequest) -> Driver:
    found = _driver(request.param)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def quick_driver() -> Driver:
    """The sandbox that starts fastest here: for tests about something else."""
    for name in ("bubblewrap", "docker"):
        if not isinstance(found := _driver(name), str):
            return found
    return pytest.skip("no sandbox can be made here")


@pytest.fixture
def attempts(tmp_path: Path, quick_driver: Driver) -> Callable[..., Attempts]:
    """`attempts()(cells)` grades a notebook of the small lab."""
    return lambda **options: Attempts(small_lab(tmp_path, **options), quick_driver)
