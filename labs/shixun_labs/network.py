"""The labs' network: one internal bridge without traffic between containers, and host rules that leave labs two ports of this machine.

    python -m shixun_labs.network up | check | down [--json]

`up` makes the network and the rules and probes them; it prints the gateway that the hub's API and the exchange listener must bind.
Exit status: 0 as it should be, 1 a probe failed or something is missing (said on stderr). Settings come from SHIXUN_LAB_NETWORK,
SHIXUN_LAB_SUBNET, SHIXUN_HUB_PORT, SHIXUN_EXCHANGE_PORT, SHIXUN_LAB_IMAGE, SHIXUN_GUARD_IMAGE.
"""

import argparse
import contextlib
import ipaddress
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.utils import kwargs_from_env

RULES = Path(__file__).with_name("rules.sh")
LABEL = "org.shixun.network"


class NetworkError(Exception):
    """The labs' network is not as it must be; the message says what, and what to do."""


@dataclass(frozen=True)
class LabNetwork:
    """Names, addresses and ports. The bridge's interface has the network's name (at most 15 characters)."""

    name: str = "shixun-labs"
    subnet: str = "10.89.0.0/20"
    hub_port: int = 8085
    exchange_port: int = 8083
    image: str = "shixun-lab:dev"
    guard_image: str = "shixun-guard:dev"

    def __post_init__(self) -> None:
        if not (1 <= len(self.name) <= 15 and self.name.replace("-", "").isalnum() and self.name.islower()):
            raise NetworkError(f"SHIXUN_LAB_NETWORK {self.name!r}: 1 to 15 lower-case letters, digits and hyphens")
        try:
            network = ipaddress.ip_network(self.subnet)
        except ValueError as error:
            raise NetworkError(f"SHIXUN_LAB_SUBNET: {error}") from None
        if network.version != 4 or network.prefixlen > 28:
            raise NetworkError("SHIXUN_LAB_SUBNET: an IPv4 network of at least 16 addresses")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "LabNetwork":
        """Settings by SHIXUN_*, each with the default of this class."""
        return cls(
            environment.get("SHIXUN_LAB_NETWORK", cls.name),
            environment.get("SHIXUN_LAB_SUBNET", cls.subnet),
            int(environment.get("SHIXUN_HUB_PORT", cls.hub_port)),
            int(environment.get("SHIXUN_EXCHANGE_PORT", cls.exchange_port)),
            environment.get("SHIXUN_LAB_IMAGE", cls.image),
            environment.get("SHIXUN_GUARD_IMAGE", cls.guard_image),
        )

    @property
    def gateway(self) -> str:
        return str(next(ipaddress.ip_network(self.subnet).hosts()))


def wanted(network: LabNetwork) -> dict[str, Any]:
    """What the engine must say about the network."""
    return {
        "Driver": "bridge",
        "Internal": True,
        "EnableIPv6": False,
        "Subnet": network.subnet,
        "Gateway": network.gateway,
        "Bridge": network.name,
        "ICC": "false",
    }


def seen(made: dict[str, Any]) -> dict[str, Any]:
    """The same facts of an inspected network."""
    config = ((made.get("IPAM") or {}).get("Config") or [{}])[0]
    options = made.get("Options") or {}
    return {
        "Driver": made.get("Driver"),
        "Internal": made.get("Internal"),
        "EnableIPv6": made.get("EnableIPv6"),
        "Subnet": config.get("Subnet"),
        "Gateway": config.get("Gateway"),
        "Bridge": options.get("com.docker.network.bridge.name"),
        "ICC": options.get("com.docker.network.bridge.enable_icc"),
    }


def ensure_network(client: docker.APIClient, network: LabNetwork) -> None:
    """Makes the network, or verifies the one that is there; an unused one that differs is made anew. Raises NetworkError."""
    try:
        made = cast(dict[str, Any], client.inspect_network(network.name))
    except NotFound:
        _create(client, network)
        made = cast(dict[str, Any], client.inspect_network(network.name))
    if seen(made) == wanted(network):
        return
    if made.get("Containers"):
        raise NetworkError(
            f"The Docker network {network.name} differs from what labs need ({seen(made)}) and is in use. "
            f"Stop its containers, or choose another name with SHIXUN_LAB_NETWORK."
        )
    client.remove_network(network.name)
    _create(client, network)
    made = cast(dict[str, Any], client.inspect_network(network.name))
    if seen(made) != wanted(network):
        raise NetworkError(f"The engine made {network.name} otherwise than asked: {seen(made)}")


def _create(client: docker.APIClient, network: LabNetwork) -> None:
    pool = docker.types.IPAMPool(subnet=network.subnet, gateway=network.gateway)
    try:
        client.create_network(
            network.name,
            driver="bridge",
            internal=True,
            enable_ipv6=False,
            check_duplicate=True,
            ipam=docker.types.IPAMConfig(pool_configs=[pool]),
            options={
                "com.docker.network.bridge.name": network.name,
                "com.docker.network.bridge.enable_icc": "false",
                "com.docker.network.bridge.enable_ip_masquerade": "false",
            },
            labels={LABEL: "1"},
        )
    except APIError as error:
        raise NetworkError(
            f"The network {network.name} ({network.subnet}) could not be made: {error.explanation}. "
            f"If the addresses are taken, choose others with SHIXUN_LAB_SUBNET."
        ) from error


def apply_rules(network: LabNetwork, action: str = "up") -> None:
    """Sets (or takes away) the host rules, as root here or else in a helper container. Raises NetworkError."""
    arguments = [action, network.name]
    if action == "up":
        arguments += [network.gateway, str(network.hub_port), str(network.exchange_port)]
    if os.geteuid() == 0 and shutil.which("iptables"):
        command = ["sh", "-s", *arguments]
    else:
        command = [
            *("docker", "run", "--rm", "-i", "--network", "host", "--pull", "never", "--read-only", "--tmpfs", "/run"),
            *(
                "--cap-drop",
                "ALL",
                "--cap-add",
                "NET_ADMIN",
                "--cap-add",
                "NET_RAW",
                "--security-opt",
                "no-new-privileges",
            ),
            *(network.guard_image, "sh", "-s", *arguments),
        ]
    done = subprocess.run(command, input=RULES.read_text(), capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise NetworkError(f"The host rules for {network.name} could not be set: {done.stderr.strip()[-500:]}")


def up(client: docker.APIClient, network: LabNetwork) -> None:
    """Network, rules, probe. Raises NetworkError when any of them is not as it must be."""
    from shixun_labs.probe import failures

    ensure_network(client, network)
    apply_rules(network)
    if failed := failures(client, network):
        raise NetworkError("Labs stay off: their network is not closed. " + " ".join(failed))


def main(arguments: list[str] | None = None) -> int:
    """The command line described at the top."""
    parser = argparse.ArgumentParser(prog="shixun_labs.network")
    parser.add_argument("action", choices=["up", "check", "down"])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        network = LabNetwork.from_environment()
        client = docker.APIClient(version="auto", timeout=60, **kwargs_from_env())
        if asked.action == "down":
            apply_rules(network, "down")
            with contextlib.suppress(NotFound):
                client.remove_network(network.name)
        elif asked.action == "up":
            up(client, network)
        else:
            from shixun_labs.probe import failures

            if failed := failures(client, network):
                raise NetworkError(" ".join(failed))
    except (NetworkError, DockerException, subprocess.SubprocessError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    facts = {"network": network.name, "gateway": network.gateway, "subnet": network.subnet}
    sys.stdout.write((json.dumps(facts) if asked.json else network.gateway) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
