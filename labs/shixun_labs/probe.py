"""Tries from inside the labs' network what a lab must not reach, and what it must.

Every refusal is shown beside a connection that works: a probe that could not connect anywhere proves nothing.
"""

import contextlib
import itertools
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException

from shixun_labs import baseline
from shixun_labs.network import LabNetwork

OUTSIDE = "bridge"  # the engine's default network: everything beyond the labs' bridge is forwarded alike
SECONDS = 1.5  # a dropped packet is waited for this long
# Runs in the container: {"targets": [[name, host, port]]} as its argument, one JSON answer on stdout.
_INSIDE = """
import concurrent.futures, json, socket, sys
asked = json.loads(sys.argv[1])
def reach(target):
    try:
        socket.create_connection((target[1], target[2]), timeout=asked["seconds"]).close()
        return True
    except OSError:
        return False
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    reached = dict(zip([t[0] for t in asked["targets"]], pool.map(reach, asked["targets"])))
try:
    lines = open("/proc/net/if_inet6").read().split("\\n")
except OSError:
    lines = []
reached["an IPv6 address"] = any(line and not line.endswith(" lo") for line in lines)
print(json.dumps(reached))
"""
_LISTEN = "import socket; s = socket.create_server(('0.0.0.0', 8888)); print('up', flush=True)\nwhile True: s.accept()[0].close()"


def failures(client: docker.APIClient, network: LabNetwork) -> list[str]:
    """One sentence for each thing that is not as it must be; empty means that the network is closed and the two ports are open."""
    try:
        with (
            _listeners(network) as (forbidden, allowed),
            _container(client, network, network.name) as neighbour,
            _container(client, network, OUTSIDE) as outside,
        ):
            others = [("another lab", neighbour, baseline.LAB_PORT), ("an address outside", outside, baseline.LAB_PORT)]
            targets = [*forbidden, *allowed, *others]
            control = [
                f"The control for {name} failed: not even this machine reaches it."
                for name, host, port in targets
                if not _reach(host, port)
            ]
            reached = _ask(client, network, targets)
    except (DockerException, OSError, ValueError, KeyError) as error:
        return [f"The probe of the labs' network could not run: {error}"]
    must = {name for name, *_address in allowed}
    found = control + [f"A lab cannot reach {name}." for name in sorted(must) if not reached.get(name)]
    return found + [f"A lab reaches {name}." for name, worked in sorted(reached.items()) if worked and name not in must]


Target = tuple[str, str, int]


@contextlib.contextmanager
def _listeners(network: LabNetwork) -> Iterator[tuple[list[Target], list[Target]]]:
    """Temporary listeners: one at 0.0.0.0 and one at the gateway that labs must not reach, and the two ports that they must."""
    with contextlib.ExitStack() as stack:
        everywhere = stack.enter_context(socket.create_server(("0.0.0.0", 0)))  # noqa: S104  # the point of the probe
        at_gateway = stack.enter_context(socket.create_server((network.gateway, 0)))
        forbidden = [("a port of this machine that listens everywhere", network.gateway, everywhere.getsockname()[1])]
        forbidden += [
            (f"a port of this machine at {address}", address, everywhere.getsockname()[1])
            for address in own_addresses(network)
        ]
        forbidden += [("another port at the gateway", network.gateway, at_gateway.getsockname()[1])]
        allowed = []
        for name, port in (("the hub's API", network.hub_port), ("the exchange", network.exchange_port)):
            with contextlib.suppress(OSError):  # taken: by the hub or the exchange themselves, which serve as well
                stack.enter_context(socket.create_server((network.gateway, port)))
            allowed.append((name, network.gateway, port))
        yield forbidden, allowed


def own_addresses(network: LabNetwork, table: Path = Path("/proc/net/fib_trie")) -> list[str]:
    """This machine's other IPv4 addresses, at most eight: a listener at 0.0.0.0 serves at each of them."""
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return []
    local = {before.split()[-1] for before, line in itertools.pairwise(lines) if "/32 host LOCAL" in line}
    return sorted(address for address in local if not address.startswith("127.") and address != network.gateway)[:8]


@contextlib.contextmanager
def _container(client: docker.APIClient, network: LabNetwork, where: str) -> Iterator[str]:
    """A container with an open port in the network named `where`; yields its address."""
    container = _create(client, network, where, ["python", "-c", _LISTEN])
    try:
        client.start(container)
        made: Any = client.inspect_container(container)
        address = str(made["NetworkSettings"]["Networks"][where]["IPAddress"])
        deadline = time.monotonic() + 15
        while not _reach(address, baseline.LAB_PORT) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield address
    finally:
        _remove(client, container)


def _ask(client: docker.APIClient, network: LabNetwork, targets: list[Target]) -> dict[str, bool]:
    asked = json.dumps({"targets": targets, "seconds": SECONDS})
    container = _create(client, network, network.name, ["python", "-c", _INSIDE, asked])
    try:
        client.start(container)
        client.wait(container, timeout=60)
        output: bytes = client.logs(container, stdout=True, stderr=False)
        answer: dict[str, bool] = json.loads(output)
        return answer
    finally:
        _remove(client, container)


def _create(client: docker.APIClient, network: LabNetwork, where: str, command: list[str]) -> str:
    box = baseline.Box(
        image=network.image,
        user=baseline.LAB_USER,
        network=where,
        memory=128 * baseline.MIB,
        cpu=1.0,
        pids=64,
        tmpfs={"/tmp": 8 * baseline.MIB},  # noqa: S108  # the container's own
        environment={},
        command=command,
        labels={baseline.ROLE: "probe"},
    )
    made: Any = client.create_container_from_config(baseline.body(box))  # type: ignore[no-untyped-call]
    return str(made["Id"])


def _remove(client: docker.APIClient, container: str) -> None:
    with contextlib.suppress(APIError):
        client.remove_container(container, force=True, v=True)


def _reach(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=SECONDS).close()
    except OSError:
        return False
    return True
