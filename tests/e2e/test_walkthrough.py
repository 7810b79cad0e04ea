"""`shixun walkthrough` on a real platform: the whole day, and every step as expected."""

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_the_whole_day(stack: Any) -> None:
    done = stack.shixun("walkthrough", "--json", "--expect", stack.backend, seconds=540)
    report = json.loads(done.stdout)
    wrong = {step["name"]: step["problems"] for step in report["steps"] if not step["ok"]}
    assert wrong == {}, done.stderr
    assert done.returncode == 0
    observed = {step["name"]: step["observed"] for step in report["steps"]}
    assert observed["lab"]["backend"] == report["backend"] == stack.backend
    assert "lab ready in" in observed["lab"]
    assert observed["verify"]["a statement with one person-time more"] == 1
    for figure in ("person_times", "class_hours", "teams", "places"):
        assert figure in observed["figures"]


def test_a_platform_that_does_not_answer_is_one_line(stack: Any) -> None:
    done = stack.shixun("walkthrough", "--url", "http://www.shixun.localhost:9")
    assert done.returncode != 0
    assert "Nothing answers at http://www.shixun.localhost:9" in done.stderr
    assert "Traceback" not in done.stderr
