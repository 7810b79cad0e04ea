"""Lessons show nothing that was not computed: their Python runs, in order, and prints what stands below it."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from shixun_packs.lesson import lesson_parser, read_lesson

ROOT = Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("courses/*/lessons/*.md"))
# The port that a lesson writes, and the fixture that serves it on a free one.
DEVICES = {"5020": "device_port", "4840": "opcua_port", "1883": "broker_port"}


def code_and_output(markdown: str) -> Iterator[tuple[str, str]]:
    """Python fences, each with the `text` fence right behind it (empty if there is none)."""
    tokens = [token for token in lesson_parser().parse(markdown) if token.level == 0 and token.nesting >= 0]
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "fence" and token.info == "python":
            shown = following is not None and following.type == "fence" and following.info == "text"
            yield token.content, following.content if following and shown else ""


def with_ports(code: str, request: pytest.FixtureRequest) -> str:
    """The code with the ports of this run; a device is started when the first lesson needs it."""
    for port, fixture in DEVICES.items():
        if port in code:
            code = code.replace(port, str(request.getfixturevalue(fixture)))
    return code


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_code_prints_what_the_lesson_shows(path: Path, request: pytest.FixtureRequest) -> None:
    lesson = read_lesson(path.read_text(encoding="utf-8"), path.name, path.as_posix())
    names: dict[str, object] = {}
    for code, shown in code_and_output(lesson.markdown):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(with_ports(code, request), path.name, "exec"), names)
        assert output.getvalue() == shown
