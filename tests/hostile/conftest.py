"""Fixtures of the hostile set: the graders' own, the real lab, and a wrong solution to hide forgeries in."""

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

GRADERS = Path(__file__).parent.parent / "shixun_graders"
sys.path.insert(0, str(GRADERS))

from graders_kit import Attempts, small_lab  # noqa: E402 - after the path to it

from shixun_graders.protocol import TRIAL_MAP_SEED as MAP_SEED  # noqa: E402
from shixun_graders.sandbox.base import Driver  # noqa: E402
from shixun_plants.mapgen import point_map  # noqa: E402


def _load(path: Path) -> ModuleType:
    spec = spec_from_file_location("graders_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_graders = _load(GRADERS / "conftest.py")
driver, quick_driver = _graders.driver, _graders.quick_driver

PACK = Path(__file__).parents[2] / "labs" / "packs" / "modbus-point-map"
CANARY = "canary-6f1d9a27c4"
FIELDS = ("unit_id", "table", "address", "dtype", "word_order", "scale", "offset")


@pytest.fixture
def table() -> dict[str, dict[str, object]]:
    """The point table that the attempts' trainee should have found."""
    points = point_map("bottling", MAP_SEED).points
    return {point.tag: {name: getattr(point, name) for name in FIELDS} for point in points}


@pytest.fixture
def wrong(table: dict[str, dict[str, object]]) -> dict[str, str]:
    """A wrong solution without any forgery: it earns `ALONE` and no more."""
    shifted = {tag: {**row, "address": int(str(row["address"])) + 1} for tag, row in table.items()}
    return {
        "explore": "pass",
        "decode": "def decode(registers, point):\n    return registers[0]",
        "point-table": f"POINTS = {shifted!r}",
        "read-tags": "def read_tags(host, port, tags):\n    return dict.fromkeys(tags, 1.0)",
        "oee": "def shift_report(points, start, end, planned, down, ideal_rate, limits):\n    return {}",
    }


@pytest.fixture
def lab_attempts(tmp_path: Path, driver: Driver) -> Attempts:
    """Grades notebooks of the real lab, with a canary in its checks and 20 s to run."""
    import shutil

    pack = tmp_path / "modbus-point-map"
    shutil.copytree(PACK, pack)
    checks = pack / "checks.py"
    spoken = f'\nCANARY = "{CANARY}"\nprint(CANARY)\n'
    checks.write_text(
        checks.read_text(encoding="utf-8").replace("\nCOUNTER = ", f"{spoken}\nCOUNTER = ", 1), encoding="utf-8"
    )
    toml = pack / "lab.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("run_seconds = 90", "run_seconds = 20"), encoding="utf-8")
    assert CANARY in checks.read_text(encoding="utf-8")
    return Attempts(pack, driver)


@pytest.fixture
def small_attempts(tmp_path: Path, driver: Driver) -> Callable[..., Attempts]:
    """Grades notebooks of the small lab, which has no plant."""
    return lambda **options: Attempts(small_lab(tmp_path, **options), driver)


@pytest.fixture
def quick_attempts(tmp_path: Path, quick_driver: Driver) -> Callable[..., Attempts]:
    """The same, on one kind of sandbox only."""
    return lambda **options: Attempts(small_lab(tmp_path, **options), quick_driver)
