"""One submission from bundle to verdict, on each kind of sandbox."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from graders_kit import CHECKS, Attempts, points, small_lab

from shixun_graders.grade import Grading, Packs, grade
from shixun_graders.packcheck import check_lab
from shixun_graders.protocol import GradingJob, GradingResult, Note, Reason
from shixun_graders.sandbox.base import Driver
from shixun_packs.digest import bundle, bundle_digest, bundle_files

Try = Callable[..., Attempts]


def test_the_reference_earns_everything_the_same_on_every_driver(tmp_path: Path, driver: Driver) -> None:
    result = Attempts(small_lab(tmp_path), driver)()
    assert points(result) == {"add": 4.0, "count": 6.0}
    assert [cell.grade_id for cell in result.cells if cell.manual] == ["essay"]
    assert result.notes == []
    assert result.environment is not None
    assert result.environment.sandbox == driver.name
    assert result.environment.threads == 1
    assert result.seconds.run > 0
    assert result.plant_log_digest is None


def test_each_call_is_made_in_its_mode(attempts: Try) -> None:
    """Two fresh calls count from one, lockstep and batch share the notebook's process: 1, 1, 1, 2."""
    result = attempts()({"count": "seen = ['one']\ndef count(item):\n    seen.append(item)\n    return len(seen)"})
    assert points(result) == {"add": 4.0, "count": 0.0}
    assert {cell.grade_id: cell.hint for cell in result.cells} == {"add": None, "count": "wrong", "essay": None}


def test_types_are_exact(attempts: Try) -> None:
    assert points(attempts()({"add": "def add(a, b):\n    return float(a + b)"}))["add"] == 2.0


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ("def add(a, b):\n    raise ValueError", None),
        ("def add(a, b):\n    raise SystemExit", None),
        ("del_me = 1", None),
        ("add = 'text'", None),
        ("def add(a, b):\n    return object()", Note.NOT_DATA),
        ("def add(a, b):\n    nest = []\n    for _ in range(30): nest = [nest]\n    return nest", Note.NOT_DATA),
        ("def add(a, b):\n    while True: pass", Note.CALL_TIME_LIMIT),
        (
            "import time\ndef add(a, b):\n    try: time.sleep(60)\n    except BaseException: time.sleep(60)",
            Note.CALL_TIME_LIMIT,
        ),
        ("import os\ndef add(a, b):\n    os._exit(0)", Note.KERNEL_DIED),
        ("raise RuntimeError", None),
        ("def add(a, b: return", None),
    ],
)
def test_a_function_that_fails_costs_its_points_only_where_it_can(
    attempts: Try, source: str, note: Note | None
) -> None:
    result = attempts()({"add": source})
    assert points(result)["add"] == 0.0
    assert (note in result.notes) if note else result.notes == []
    if note is not Note.KERNEL_DIED and "BaseException" not in source:
        assert points(result)["count"] == 6.0


def test_what_notebooks_use_works(attempts: Try) -> None:
    extra = "\n".join(
        (
            "%matplotlib inline",
            "import asyncio, matplotlib.pyplot as plt, pandas as pd",
            "await asyncio.sleep(0.01)",
            "plt.plot([1, 2]); plt.show()",
            "display(pd.DataFrame({'a': [1]}))",
            "!echo from the shell",
            "assert asyncio.get_running_loop() is not None",
            "with open('kept.txt', 'w') as f: f.write('x')",
            "'last value'",
        )
    )
    result = attempts(run_seconds=90)(extra=extra)
    assert points(result) == {"add": 4.0, "count": 6.0}
    assert result.feedback_html is not None
    for shown in ("data:image/png;base64,", "<table>", "from the shell", "last value"):
        assert shown in result.feedback_html
    assert "Traceback" not in result.feedback_html


def test_an_async_function_is_awaited(attempts: Try) -> None:
    assert points(attempts()({"add": "async def add(a, b):\n    return a + b"}))["add"] == 4.0


def test_input_fails_instead_of_waiting(attempts: Try) -> None:
    result = attempts()(extra="input('?')")
    assert points(result) == {"add": 4.0, "count": 6.0}
    assert "input() isn&#x27;t available" in (result.feedback_html or "") or "input() isn't available" in (
        result.feedback_html or ""
    )


def test_a_refused_submission_scores_nothing_and_says_why(attempts: Try) -> None:
    result = attempts().raw(b"no notebook")
    assert result.outcome == "refused"
    assert result.reason is Reason.NOT_JSON
    assert {cell.grade_id: cell.points for cell in result.cells} == {"add": 0.0, "count": 0.0, "essay": None}
    assert result.feedback_html is None


FAULTS = {
    "raises": CHECKS.replace("right = [", "1 / 0; right = ["),
    "too many points": CHECKS.replace("2.0 * sum(right)", "200.0"),
    "unknown hint": CHECKS.replace('"wrong")}}', '"unheard-of")}}').replace(
        "6.0 * good, None if good else", "6.0 * good, "
    ),
    "a cell left out": CHECKS.replace('"count": (6.0', '"counted": (6.0'),
    "not a number": CHECKS.replace("2.0 * sum(right)", "float('nan')"),
    "ends": CHECKS.replace("def calls(seed):", "import os; os._exit(0)\ndef calls(seed):"),
    "says nothing": CHECKS.replace("def calls(seed):", "def calls(seed):\n    import time; time.sleep(600)"),
}


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "says nothing"])
def test_broken_checks_are_our_fault(attempts: Try, name: str) -> None:
    result = attempts(checks=FAULTS[name].format(canary="x"))()
    assert (result.outcome, result.reason) == ("failed", Reason.CHECKS_FAILED)
    assert result.cells == []


def job_of(pack: bytes, submission: bytes, **changes: object) -> GradingJob:
    fields = {
        "job_id": "j1",
        "lease_id": "l1",
        "lease_seconds": 60,
        "kind": "lab",
        "submission_id": "s1",
        "lab": "small",
        "submission_digest": bundle_digest(submission),
        "pack_digest": bundle_digest(pack),
        "seed": "00" * 32,
        "map_seed": "11" * 32,
        "submitted_at": datetime.now(UTC),
    }
    return GradingJob.model_validate(fields | changes)


def test_bundles_that_are_missing_or_other_than_named_fail(tmp_path: Path, quick_driver: Driver) -> None:
    pack, submission = bundle(small_lab(tmp_path)), bundle_files({"notebook.ipynb": b"{}"})
    job = job_of(pack, submission)
    stores: list[dict[str, bytes]] = [
        {},
        {job.pack_digest: b"other"},
        {job.pack_digest: pack, job.submission_digest: b"other"},
    ]
    for store in stores:
        result = grade(job, store.__getitem__, quick_driver)
        assert (result.outcome, result.reason) == ("failed", Reason.BUNDLE_MISSING)
    broken = bundle_files({"lab.toml": b"no toml ["})
    job = job_of(broken, submission)
    result = grade(job, {job.pack_digest: broken, job.submission_digest: submission}.__getitem__, quick_driver)
    assert (result.outcome, result.reason) == ("failed", Reason.PACK_INVALID)


def test_a_cancelled_grading_ends_at_once_and_is_handed_back(tmp_path: Path, quick_driver: Driver) -> None:
    import threading
    import time

    from graders_kit import notebook_of

    from shixun_packs.lab import load_lab

    folder = small_lab(tmp_path)
    pack = bundle(folder)
    submission = bundle_files(
        {"notebook.ipynb": notebook_of(load_lab(folder), {}, extra="import time; time.sleep(60)")}
    )
    job = job_of(pack, submission)
    grading = Grading(
        job, {job.pack_digest: pack, job.submission_digest: submission}.__getitem__, quick_driver, Packs()
    )
    found: list[GradingResult] = []
    thread = threading.Thread(target=lambda: found.append(grading.result()))
    thread.start()
    time.sleep(1.5)
    begin = time.monotonic()
    grading.cancel()
    thread.join(40)
    assert time.monotonic() - begin < 40  # a busy machine needs some of it
    assert (found[0].outcome, found[0].reason) == ("failed", Reason.STOPPED)


def test_a_pack_is_tried_out(tmp_path: Path, quick_driver: Driver) -> None:
    folder = small_lab(tmp_path)
    (folder / "wrong").mkdir()
    for name, text in (("good", "def add(a, b):\n    return a + b + 0"), ("bad", "def add(a, b):\n    return 0")):
        (folder / "wrong" / f"{name}.py").write_text(f"# %% [add]\n{text}\n", encoding="utf-8")
    wrongs = "".join(
        f'[[wrong]]\nfile = "wrong/{name}.py"\nmistake = {{zh = "错", en = "Wrong"}}\nhint = "wrong"\nscores = {{add = 0, count = 6}}\n'
        for name in ("good", "bad")
    )
    toml = folder / "lab.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + wrongs, encoding="utf-8")
    rows = check_lab(folder, quick_driver)
    assert [(row.file, row.ok) for row in rows] == [
        ("notebook.py", True),
        ("wrong/good.py", False),
        ("wrong/bad.py", True),
    ]
    assert rows[1].problems == ["add: earned 4, expected 0", "the hint wrong was not given, but none"]
