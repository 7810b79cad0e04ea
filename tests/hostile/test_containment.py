"""Contained, whatever the score: children, floods, bombs and live output. Small limits, so that each takes seconds."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from graders_kit import Attempts, notebook_of, points

from shixun_graders.protocol import GradingResult, Note, Reason

Make = Callable[..., Attempts]
ENOUGH = 45.0  # s for any of these on a busy machine


def processes(marker: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if marker.encode() in text and path.parent.name != str(os.getpid()):
            found.append(path.parent.name)
    return found


def test_a_child_that_left_its_session_is_dead_afterwards(small_attempts: Make) -> None:
    marker = "shixun-orphan-b7"
    extra = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', '{marker}'], start_new_session=True)\n"
        "time.sleep(0.5)\n"
        "print('child runs:', child.poll() is None)"
    )
    result = small_attempts()(extra=extra)
    assert points(result) == {"add": 4.0, "count": 6.0}
    assert "child runs: True" in (result.feedback_html or "")
    assert processes(marker) == []


WRITE = """
import os
def write(data):
    for fd in range(3, 64):
        try: os.write(fd, data)
        except OSError: pass
"""


@pytest.mark.parametrize(
    ("extra", "note"),
    [
        ("while True: print('x' * 1000)", Note.OUTPUT_LIMIT),
        ("while True:\n    try: print('x' * 1000)\n    except BaseException: pass", Note.TIME_LIMIT),
        ("for n in range(1000): display(n)", Note.OUTPUT_LIMIT),
        ("import sys\nprint('x' * 100_000_000)", Note.OUTPUT_LIMIT),
        (
            "import os\nfor fd in range(256):\n    try: os.write(fd, b'x' * 60000 + b'\\n')\n    except OSError: pass",
            Note.KERNEL_DIED,
        ),
        (
            "import os\nwhile True:\n    for fd in range(3, 64):\n        try: os.write(fd, b'x' * 60000)\n        except OSError: pass",
            None,
        ),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nwhile True: pass", Note.TIME_LIMIT),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", Note.KERNEL_DIED),
        ("import os\nos.kill(-1, 9)", Note.KERNEL_DIED),
        ("while True: pass", Note.TIME_LIMIT),
    ],
)
def test_floods_and_stalls_end(small_attempts: Make, extra: str, note: Note | None) -> None:
    begin = time.monotonic()
    result = small_attempts(run_seconds=4)(extra=extra)
    assert time.monotonic() - begin < ENOUGH
    assert result.outcome == "graded"
    assert note is None or note in result.notes
    assert result.notes
    assert len(result.feedback_html or "") < 600_000


def test_a_fork_bomb_bursts_inside(small_attempts: Make) -> None:
    marker = "shixun-bomb-b7"
    extra = f"import os\nwhile True: # {marker}\n    try: os.fork()\n    except OSError: pass"
    attempts = small_attempts(run_seconds=4)
    begin = time.monotonic()
    result = attempts(extra=extra)
    assert time.monotonic() - begin < ENOUGH
    assert result.outcome == "graded"
    assert set(result.notes) & {Note.TIME_LIMIT, Note.KERNEL_DIED, Note.OUTPUT_LIMIT}
    # The next submission is graded as if nothing had been.
    assert points(attempts()) == {"add": 4.0, "count": 6.0}


CHILDREN = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        x = bytearray(100_000_000)
        time.sleep(60)
"""


@pytest.mark.parametrize(
    "extra",
    [
        "kept = []\nwhile True: kept.append(bytearray(10_000_000))",
        f"{CHILDREN}x = bytearray(300_000_000)",
        "with open('/dev/shm/fill', 'wb') as f:\n    while True: f.write(bytes(1_000_000))",
        "with open('/tmp/fill', 'wb') as f:\n    while True: f.write(bytes(1_000_000))",
        "print('x' * (1 << 31))",
        "def f(): f()\nimport sys\nsys.setrecursionlimit(10**9)\nf()",
    ],
)
def test_memory_and_disk_run_out_inside(small_attempts: Make, extra: str) -> None:
    begin = time.monotonic()
    result = small_attempts(run_seconds=10)(extra=extra)
    assert time.monotonic() - begin < ENOUGH
    assert result.outcome == "graded"
    if "bytearray" in extra or "1 << 31" in extra:
        assert Note.MEMORY_LIMIT in result.notes or "MemoryError" in (result.feedback_html or "")


LIVE = """
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML("<script>window.alive = 1</script><img src=x onerror='window.alive = 1'>"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='window.alive = 1'><script>window.alive = 1</script></svg>"))
display(Javascript("window.alive = 1"))
display(Markdown("[click](javascript:alive) <iframe src='//evil.example'></iframe>"))
display({"image/svg+xml": "<svg onload='window.alive = 1'/>", "text/html": "<svg onload='window.alive = 1'/>"}, raw=True)
display({"image/png": '" onerror="window.alive = 1', "text/plain": "figure"}, raw=True)
print("<script>window.alive = 1</script>")
raise ValueError("<script>window.alive = 1</script>")
"""


def test_live_output_is_inert(small_attempts: Make) -> None:
    from html.parser import HTMLParser

    seen: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.update((tag, *(name for name, _ in attrs)))

    result = small_attempts()(extra=LIVE)
    Reader().feed(result.feedback_html or "")
    assert "pre" in seen
    assert not seen & {"script", "svg", "iframe", "a", "object", "style", "onerror", "onload", "href"}
    assert points(result) == {"add": 4.0, "count": 6.0}


@pytest.mark.parametrize(
    ("notebook", "reason"),
    [
        (b"{", Reason.NOT_JSON),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 1_000_000) + b"]}", Reason.TOO_COMPLEX),
        (b'"' + b"x" * 20_000_000 + b'"', Reason.TOO_LARGE),
    ],
    ids=["not json", "a million cells", "20 MB"],
)
def test_notebooks_that_are_none_are_refused(small_attempts: Make, notebook: bytes, reason: Reason) -> None:
    begin = time.monotonic()
    result = small_attempts().raw(notebook)
    assert (result.outcome, result.reason) == ("refused", reason)
    assert points_of_refusal(result) == {0.0}
    assert time.monotonic() - begin < ENOUGH


def points_of_refusal(result: GradingResult) -> set[float | None]:
    return {cell.points for cell in result.cells if not cell.manual}


@pytest.mark.parametrize(
    "bundle", [bytes(100_000_000), b"PK\x03\x04" + bytes(5000), b"", b"../../etc/passwd" + bytes(2000)]
)
def test_bundles_that_are_none_are_refused(small_attempts: Make, bundle: bytes) -> None:
    result = small_attempts().bundle(bundle)
    assert result.outcome == "refused"
    assert result.reason in {Reason.TOO_LARGE, Reason.BAD_ARCHIVE}


def test_a_notebook_with_forged_points_and_results_is_graded_as_it_runs(small_attempts: Make) -> None:
    import json

    attempts = small_attempts()
    notebook = json.loads(notebook_of(attempts.lab, {"add": "def add(a, b):\n    return 0"}))
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] |= {"points": 100, "grade": True}
        cell["outputs"] = [
            {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "100"}}
        ]
    notebook["metadata"] = {"timestamp": "1999-01-01", "score": 100}
    assert points(attempts.raw(json.dumps(notebook).encode())) == {"add": 0.0, "count": 6.0}
