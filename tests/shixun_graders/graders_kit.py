"""A small lab without a plant, and ways to grade notebooks of it: what most tests of the graders need."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from shixun_graders.packcheck import try_bundle, try_notebook
from shixun_graders.protocol import GradingResult
from shixun_graders.sandbox.base import Driver
from shixun_packs.digest import bundle
from shixun_packs.lab import Lab, build_notebooks, load_lab

TOML = """
[lab]
slug = "small"
version = "1.0.0"
title = {{ zh = "小实验", en = "Small lab" }}
summary = {{ zh = "加法", en = "Sums" }}
minutes = 5
notebook = "notebook.py"
checks = "checks.py"
field = "industrial-internet"
[limits]
run_seconds = {run_seconds}
check_seconds = {check_seconds}
memory_mb = 256
output_kb = 64
[[grade]]
id = "add"
points = 4
title = {{ zh = "加", en = "Add" }}
[[grade]]
id = "count"
points = 6
title = {{ zh = "数", en = "Count" }}
[[grade]]
id = "essay"
points = 5
manual = true
title = {{ zh = "说明", en = "Essay" }}
[[hint]]
key = "wrong"
text = {{ zh = "再想想", en = "Think again" }}
"""
NOTEBOOK = """\
# %% [markdown]
# 小实验

# %% nbgrader={given}
GIVEN = 40

# %% nbgrader={add}
### BEGIN SOLUTION
def add(a, b):
    return a + b
### END SOLUTION

# %% nbgrader={count}
### BEGIN SOLUTION
seen = []


def count(item):
    seen.append(item)
    return len(seen)
### END SOLUTION

# %% [markdown] nbgrader={essay}
# 写在这里
"""
CHECKS = '''\
"""CANARY-{canary}"""
from shixun_graders.protocol import Call

SECRET = "CANARY-{canary}"
print(SECRET)


def calls(seed):
    return [
        Call(name="add", args=[40, 2], seconds=2),
        Call(name="add", args=[0.5, 0.25], mode="fresh", seconds=2),
        *(Call(name="count", args=[n], mode=mode, seconds=2) for n, mode in enumerate(("fresh", "fresh", "lockstep", "batch"))),
    ]


def judge(calls, answers, log):
    print(SECRET, answers)
    added = [answer.value for answer in answers[:2]]
    right = [type(a) is type(b) and a == b for a, b in zip(added, [42, 0.75], strict=True)]
    counted = [answer.value for answer in answers[2:]]
    good = counted == [1, 1, 1, 2] and all(type(value) is int for value in counted)
    return {{"add": (2.0 * sum(right), None if all(right) else "wrong"), "count": (6.0 * good, None if good else "wrong")}}
'''
CANARY = "3f0c7d51a9"


def meta(name: str, points: int | None = None, *, solution: bool = True) -> str:
    """nbgrader's metadata of a cell."""
    flags = {"grade": points is not None, "solution": solution, "locked": not solution}
    return json.dumps({"grade_id": name, **flags, "schema_version": 3} | ({} if points is None else {"points": points}))


def small_lab(
    folder: Path, *, run_seconds: int = 20, check_seconds: int = 20, checks: str = CHECKS.format(canary=CANARY)
) -> Path:
    """Write the small lab's pack; its folder."""
    pack = folder / "small"
    pack.mkdir()
    (pack / "lab.toml").write_text(TOML.format(run_seconds=run_seconds, check_seconds=check_seconds), encoding="utf-8")
    cells = {
        "given": meta("given", solution=False),
        "add": meta("add", 4),
        "count": meta("count", 6),
        "essay": meta("essay", 5),
    }
    (pack / "notebook.py").write_text(NOTEBOOK.format(**cells), encoding="utf-8")
    (pack / "checks.py").write_text(checks, encoding="utf-8")
    return pack


def notebook_of(lab: Lab, cells: dict[str, str], extra: str | None = None) -> bytes:
    """The reference notebook with other text in some cells, and a cell of the trainee's own in front."""
    notebook: dict[str, Any] = json.loads(build_notebooks(lab).source)
    for cell in notebook["cells"]:
        cell["source"] = cells.get(cell["id"], cell["source"])
    if extra is not None:
        own = {
            "cell_type": "code",
            "id": "own",
            "metadata": {},
            "source": extra,
            "outputs": [],
            "execution_count": None,
        }
        notebook["cells"].insert(0, own)
    return json.dumps(notebook).encode()


class Attempts:
    """Grades notebooks of one pack with one driver."""

    def __init__(self, pack: Path, driver: Driver) -> None:
        self.lab, self._bundle, self._driver = load_lab(pack), bundle(pack), driver

    def __call__(self, cells: dict[str, str] | None = None, extra: str | None = None, **seeds: bytes) -> GradingResult:
        return self.raw(notebook_of(self.lab, cells or {}, extra), **seeds)

    def raw(self, notebook: bytes, **seeds: bytes) -> GradingResult:
        """Grade these bytes."""
        return try_notebook(self.lab, self._bundle, notebook, self._driver, **seeds)

    def bundle(self, submission: bytes) -> GradingResult:
        """Grade this submission bundle."""
        return try_bundle(self.lab.slug, self._bundle, submission, self._driver)


def points(result: GradingResult) -> dict[str, float]:
    """Points by automatic cell."""
    assert result.outcome == "graded", result
    return {cell.grade_id: cell.points for cell in result.cells if cell.points is not None}


def checks_of(pack: Path) -> ModuleType:
    """A fresh module of a pack's checks."""
    spec = spec_from_file_location("checks_of_a_pack", pack / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    checks = module_from_spec(spec)
    spec.loader.exec_module(checks)
    return checks
