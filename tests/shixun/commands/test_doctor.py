"""What `shixun doctor` says of machines that lack something."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from shixun.commands import doctor
from shixun.commands.installation import Installation


def _docker(folder: Path, images: tuple[str, ...]) -> None:
    """A stand-in of the engine's client that knows these images."""
    names = "|".join(f"{name}:dev" for name in images) or "none"
    (folder / "docker").write_text(
        f'#!/bin/sh\ncase "$1 $2" in\n"version --format") echo 27.0;;\n'
        f'"image inspect") case "$3" in {names}) exit 0;; *) exit 1;; esac;;\n*) exit 1;;\nesac\n'
    )
    (folder / "docker").chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SHIXUN_LAB_BACKEND", raising=False)
    monkeypatch.setenv("SHIXUN_VAR", str(tmp_path / "var"))
    return tmp_path


def test_without_an_engine_labs_are_practice_and_submissions_wait(machine: Path) -> None:
    assert doctor.engine_version() is None
    assert doctor.lab_backend() == "practice"
    assert not doctor.sandbox().ok
    assert "nothing counts" in doctor._engine().text
    assert "No isolation" in doctor.isolation("practice").text


def test_bubblewrap_grades_where_there_is_no_engine(machine: Path) -> None:
    (machine / "bwrap").write_text("#!/bin/sh\n")
    (machine / "bwrap").chmod(0o755)
    assert doctor.sandbox().ok
    assert "bubblewrap" in doctor.sandbox().text


def test_an_engine_without_images_is_practice_and_the_missing_ones_are_named(machine: Path) -> None:
    _docker(machine, ("shixun-lab", "shixun-guard"))
    assert doctor.engine_version() == "27.0"
    assert doctor.missing_images() == ["shixun-plant", "shixun-sandbox"]
    assert doctor.lab_backend() == "practice"
    assert "make images" in doctor._images().way_out


def test_an_engine_with_all_images_gives_docker_labs(machine: Path) -> None:
    _docker(machine, doctor.IMAGES)
    assert doctor.lab_backend() == "docker"
    assert "Docker" in doctor.sandbox().text


def test_practice_can_be_asked_for(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(machine, doctor.IMAGES)
    monkeypatch.setenv("SHIXUN_LAB_BACKEND", "practice")
    assert doctor.lab_backend() == "practice"
    monkeypatch.setenv("SHIXUN_LAB_BACKEND", "none")
    assert doctor.lab_backend() == "none"


def test_the_report_names_what_is_missing_with_the_way_out(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOT", machine)
    answer = CliRunner().invoke(doctor.doctor)
    assert answer.exit_code == 1
    assert "Not ready: front door, front-end assets" in answer.output
    assert "→ `make setup`" in answer.output
    assert "Python" in answer.output


def test_the_report_for_machines(machine: Path) -> None:
    answer = CliRunner().invoke(doctor.doctor, ["--json"])
    body = json.loads(answer.output.partition("Error:")[0])
    found = {finding["name"]: finding for finding in body}
    assert found["labs"]["ok"] is False
    assert found["Docker Engine"]["needed"] is False
    assert found["disk"]["ok"] in {True, False}


def test_findings_come_in_the_order_in_which_they_matter(machine: Path) -> None:
    names = [finding.name for finding in doctor.findings(Installation(machine / "var"))]
    assert names == [
        "Python",
        "Node",
        "front door",
        "front-end assets",
        "disk",
        "Docker Engine",
        "labs",
        "grading sandbox",
    ]
