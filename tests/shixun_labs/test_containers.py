"""The container baseline fails closed, leftovers are found, limits end labs, rules and network are compared."""

import copy
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shixun_labs import baseline
from shixun_labs.baseline import MIB, Box
from shixun_labs.engine import Engine, StartError, leftovers
from shixun_labs.hub import over_limit
from shixun_labs.network import RULES, LabNetwork, NetworkError, seen, wanted


def box(**changes: Any) -> Box:
    values: dict[str, Any] = {
        "image": "shixun-lab:dev",
        "user": baseline.LAB_USER,
        "network": "shixun-labs",
        "memory": 512 * MIB,
        "cpu": 1.0,
        "pids": 128,
        "tmpfs": {"/home/lab": 64 * MIB},
        "environment": {"A": "b"},
        "command": ["true"],
        "labels": {},
    }
    return Box(**(values | changes))


def as_made(asked: Box) -> dict[str, Any]:
    """What an engine that takes everything as asked would show."""
    made = baseline.body(asked)
    return {
        "HostConfig": copy.deepcopy(made["HostConfig"]) | {"PublishAllPorts": False},
        "Config": {"User": made["User"]},
        "Mounts": [],
    }


def test_a_container_as_asked_may_start() -> None:
    assert baseline.violations(box(), as_made(box())) == []


WIDER: dict[str, Any] = {
    "Privileged": True,
    "ReadonlyRootfs": False,
    "CapDrop": [],
    "CapAdd": ["NET_RAW"],
    "SecurityOpt": ["no-new-privileges", "seccomp=unconfined"],
    "Memory": 0,
    "MemorySwap": -1,
    "NanoCpus": 0,
    "PidsLimit": None,
    "NetworkMode": "host",
    "PidMode": "host",
    "IpcMode": "host",
    "UTSMode": "host",
    "UsernsMode": "host",
    "Binds": ["/var/run/docker.sock:/var/run/docker.sock"],
    "Mounts": [{"Type": "bind", "Source": "/"}],
    "Devices": [{"PathOnHost": "/dev/sda"}],
    "PortBindings": {"8888/tcp": [{"HostPort": "8888"}]},
    "PublishAllPorts": True,
    "VolumesFrom": ["another"],
    "ExtraHosts": ["web:10.0.0.1"],
    "Dns": [],
    "Tmpfs": {"/home/lab": "rw"},
    "Ulimits": [],
    "LogConfig": {"Type": "json-file", "Config": {}},
    "Init": False,
}


@pytest.mark.parametrize("name", WIDER)
def test_one_value_that_differs_keeps_it_from_starting(name: str) -> None:
    made = as_made(box())
    made["HostConfig"][name] = WIDER[name]
    found = baseline.violations(box(), made)
    assert found
    assert any(name.removesuffix("s").lower() in line.lower() for line in found)


@pytest.mark.parametrize(
    "config", [{"User": ""}, {"User": "0:0"}, {"User": baseline.LAB_USER, "Volumes": {"/data": {}}}]
)
def test_an_image_cannot_bring_root_or_volumes(config: dict[str, Any]) -> None:
    assert baseline.violations(box(), as_made(box()) | {"Config": config})


def test_root_is_never_asked_for() -> None:
    assert baseline.violations(box(user="0:0"), as_made(box(user="0:0"))) == ["User is '0:0'"]


def test_a_mount_from_anywhere_is_seen() -> None:
    made = as_made(box()) | {
        "Mounts": [{"Type": "volume", "Destination": "/data"}, {"Type": "tmpfs", "Destination": "/tmp"}]
    }
    assert baseline.violations(box(), made) == ["mount at '/data'"]


def test_a_plant_shares_the_labs_network_and_names_no_servers() -> None:
    asked = box(network="container:abc", restarts=5)
    host = baseline.body(asked)["HostConfig"]
    assert host["NetworkMode"] == "container:abc"
    assert "Dns" not in host
    assert "Sysctls" not in host
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 5}


class LaxEngine:
    """An engine that makes containers without some limit, and remembers what was done to them."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def create_container_from_config(self, body: dict[str, Any], name: str) -> dict[str, str]:
        self.calls.append("create")
        return {"Id": "c1"}

    def inspect_container(self, _identity: str) -> dict[str, Any]:
        made = as_made(box())
        made["HostConfig"]["PidsLimit"] = None  # as engines do where the kernel lacks the controller
        return made

    def remove_container(self, _identity: str, **_options: Any) -> None:
        self.calls.append("remove")

    def start(self, _identity: str) -> None:
        self.calls.append("start")


async def test_a_container_without_its_limits_is_removed_and_never_started() -> None:
    client = LaxEngine()
    with pytest.raises(StartError, match="PidsLimit is None") as refusal:
        await Engine(client).create(box(), "lab")  # type: ignore[arg-type]
    assert client.calls == ["create", "remove"]
    assert "PidsLimit" not in refusal.value.zh + refusal.value.en


def listed(identity: str, age: float, **labels: str) -> dict[str, Any]:
    state = labels.pop("state", "running")
    return {
        "Id": identity,
        "Created": 10_000 - age,
        "State": state,
        "Labels": {f"org.shixun.{k}": v for k, v in labels.items()},
    }


def test_leftovers_are_ended_labs_overdue_labs_and_plants_alone() -> None:
    found = [
        listed("lab", 3600, role="lab", until="20000"),
        listed("plant", 3600, role="plant", lab="lab", until="20000"),
        listed("ended", 3600, role="lab", state="exited"),
        listed("overdue", 99_999, role="lab", until="9999"),
        listed("alone", 3600, role="plant", lab="gone", until="20000"),
        listed("starting", 5, role="plant", lab="not-listed-yet", until="20000"),
        listed("just-ended", 5, role="lab", state="exited"),
    ]
    assert leftovers(found, 10_000) == ["ended", "overdue", "alone"]


@pytest.mark.parametrize(
    ("started", "active", "reason"),
    [
        (99_000, 99_900, None),
        (90_000, 95_000, "idle"),
        (50_000, 99_999, "age"),
        (99_990, 0, None),  # just started: nothing was done yet
        (0, 99_999, None),  # start unknown after an upgrade of the hub
    ],
)
def test_limits(started: float, active: float, reason: str | None) -> None:
    assert over_limit(100_000, started, active, 60, 8) == reason


def test_no_idle_limit() -> None:
    assert over_limit(100_000, 90_000, 0, 0, 8) is None


def test_a_network_is_compared_whole() -> None:
    network = LabNetwork()
    made: dict[str, Any] = {
        "Driver": "bridge",
        "Internal": True,
        "EnableIPv6": False,
        "IPAM": {"Config": [{"Subnet": network.subnet, "Gateway": "10.89.0.1"}]},
        "Options": {"com.docker.network.bridge.name": "shixun-labs", "com.docker.network.bridge.enable_icc": "false"},
    }
    assert seen(made) == wanted(network)
    assert seen(made | {"Internal": False}) != wanted(network)
    assert seen(made | {"Options": {}}) != wanted(network)
    assert seen({}) != wanted(network)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Too-Long-For-An-Interface"},
        {"name": "a;b"},
        {"subnet": "10.0.0.0/30"},
        {"subnet": "here"},
        {"subnet": "fd00::/64"},
    ],
)
def test_settings_that_cannot_be_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(NetworkError, match="SHIXUN_LAB_"):
        LabNetwork(**values)  # type: ignore[arg-type]


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("iptables") or not shutil.which("unshare"), reason="root sets rules"
)
def test_rules_are_the_same_however_often_they_are_set() -> None:
    """In a network namespace of its own, beside a rule that would let everything in."""
    script = f"""
        set -e
        iptables -A INPUT -j ACCEPT
        for time in 1 2 3; do sh {RULES} up br-test 10.0.0.1 8085 8083; iptables -S; echo ---; done
        sh {RULES} down br-test; iptables -S
    """
    done = subprocess.run(["unshare", "-n", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *rounds, after = done.stdout.split("---\n")
    assert rounds[0].splitlines()[4:] == rounds[2].splitlines()[4:]
    first_input = next(line for line in rounds[2].splitlines() if line.startswith("-A INPUT"))
    assert first_input == "-A INPUT -i br-test -j BR_TEST"
    assert rounds[2].count("-A INPUT -i br-test") == 1
    assert rounds[2].count("-A FORWARD") == 2
    assert "BR_TEST" not in after
    assert "-A INPUT -j ACCEPT" in after


def test_the_script_is_where_the_module_looks() -> None:
    assert Path(RULES).read_text(encoding="utf-8").startswith("#!/bin/sh")
