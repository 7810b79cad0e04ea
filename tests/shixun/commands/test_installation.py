"""An installation's folder, secrets and ports, and what each of its processes may know."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from shixun.commands import up
from shixun.commands.installation import (
    PORTS,
    SECRETS,
    Installation,
    SetupError,
    from_env,
    lab_environment,
    plain_environment,
    web_environment,
)
from shixun.config import Settings


@pytest.fixture
def at(tmp_path: Path) -> Installation:
    made = Installation(tmp_path / "var", base_port=21080)
    made.prepare()
    return made


def test_folders_and_secrets_are_for_their_owner_only(at: Installation) -> None:
    folders = [at.var, *(at.var / name for name in ("secrets", "log", "run", "heads", "labs"))]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    files = [at.var / "secrets" / name for name in SECRETS]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_secrets_are_long_all_different_and_stay(at: Installation) -> None:
    before = {name: at.secret(name) for name in SECRETS}
    assert len(set(before.values())) == len(SECRETS)
    assert all(len(bytes.fromhex(value)) == 32 for value in before.values())
    at.prepare()
    assert {name: at.secret(name) for name in SECRETS} == before


def test_a_full_disk_is_one_line_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_bavail=1000, f_frsize=4096))
    with pytest.raises(SetupError) as raised:
        Installation(tmp_path).prepare()
    assert "less than 2 GB" in raised.value.message
    assert "SHIXUN_VAR" in raised.value.message
    assert not (tmp_path / "secrets" / "secret_key").exists()


def _free_block() -> int:
    for base in range(23000, 30000, 20):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", base))
            except OSError:
                continue
            return base
    raise AssertionError("no port is free")


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    base = _free_block()
    with socket.create_server(("127.0.0.1", base + PORTS["live"])):
        with pytest.raises(SetupError) as raised:
            Installation(tmp_path, base).check_ports()
        assert f"Port {base + PORTS['live']} (live) is taken" in raised.value.message
        assert f"SHIXUN_PORT={base + 100}" in raised.value.message
    Installation(tmp_path, base).check_ports()


def test_place_and_ports_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHIXUN_VAR", str(tmp_path))
    monkeypatch.setenv("SHIXUN_PORT", "9000")
    found = from_env()
    assert (found.var, found.port("public"), found.port("hub")) == (tmp_path, 9000, 9005)
    assert found.public_url == "http://www.shixun.localhost:9000"
    assert found.labs_url == "http://labs.shixun.localhost:9000"


def test_settings_of_the_operator_reach_only_those_whom_they_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIXUN_LAB_SUBNET", "10.89.16.0/20")
    monkeypatch.setenv("SHIXUN_SECRET_KEY", "of-another-installation")
    assert not any(name.startswith("SHIXUN_") for name in plain_environment())
    assert lab_environment() == {"SHIXUN_LAB_SUBNET": "10.89.16.0/20"}


def test_practice_labs_never_stand_beside_evidence(at: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "_run", lambda *_command, **_more: '{"demo": 0, "other": 0}')
    up._check_no_evidence(at, {})
    monkeypatch.setattr(up, "_run", lambda *_command, **_more: '{"demo": 0, "other": 7}')
    with pytest.raises(SetupError, match=r"7 entries.*SHIXUN_LAB_BACKEND=none.*SHIXUN_VAR"):
        up._check_no_evidence(at, {})


def test_web_gets_settings_that_hold(at: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in web_environment(at, "docker", "10.89.0.1").items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_env()
    assert settings.hub_api_url == "http://10.89.0.1:21085/hub/api"
    assert settings.exchange_url == "http://10.89.0.1:21083"
    assert settings.lab_backend == "docker"
    assert len(settings.secret_key) >= 32


def _knows(at: Installation, name: str) -> Callable[[str], bool]:
    process = next(one for one in up.processes(at, "docker", "10.89.0.1") if one.name.startswith(name))
    values = set(process.environment.values())
    return lambda secret: at.secret(secret) in values


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("valkey", set()),
        ("proxy", {"proxy_token"}),
        ("grader-", {"grader_token"}),
        (
            "hub",
            {"hub_api_token", "hub_client_secret", "hub_cookie_secret", "hub_crypt_key", "ticket_key", "proxy_token"},
        ),
    ],
)
def test_processes_without_the_database_know_their_own_secrets_only(
    at: Installation, monkeypatch: pytest.MonkeyPatch, name: str, allowed: set[str]
) -> None:
    monkeypatch.setenv("SHIXUN_DATABASE_URL", "postgresql://somewhere/shixun")
    knows = _knows(at, name)
    assert {secret for secret in SECRETS if knows(secret)} == allowed
    process = next(one for one in up.processes(at, "docker", "10.89.0.1") if one.name.startswith(name))
    assert not any("postgresql://" in value for value in process.environment.values())
    assert not any(at.secret(secret) in part for secret in SECRETS for part in process.command)


def test_listeners_for_labs_bind_the_labs_gateway_and_all_others_loopback(at: Installation) -> None:
    commands = {process.name: " ".join(process.command) for process in up.processes(at, "docker", "10.89.0.1")}
    assert "--bind 10.89.0.1:21083" in commands["exchange"]
    for name in ("valkey", "web", "grader", "live", "proxy"):
        assert "127.0.0.1" in commands[name]
        assert "10.89.0.1" not in commands[name]
        assert "0.0.0.0" not in commands[name]


def test_no_listener_behind_the_front_door_keeps_idle_connections(at: Installation) -> None:
    """The front door would send a request into one that is being closed, and its reader would get an error page."""
    commands = {process.name: " ".join(process.command) for process in up.processes(at, "docker", "10.89.0.1")}
    assert all("--keep-alive 0" in commands[name] for name in ("web", "grader", "exchange"))
    assert "--header Connection:close" in commands["live"]
