"""From inside a lab: what it must not reach, each beside the proof that the thing is there, and what it must."""

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import docker
import pytest
from labs_stack import CHAIN, GATEWAY, NETWORK, Stack, run_in_kernel

from shixun_labs.network import LabNetwork, apply_rules
from shixun_labs.probe import failures, own_addresses

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]
PERSON, NEIGHBOUR = "tinside0000000000000", "tneighbour0000000000"
REACH = """
import concurrent.futures, json, socket
def reach(name, host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
        return name, True
    except OSError:
        return name, False
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    print(json.dumps(dict(pool.map(lambda target: reach(*target), TARGETS))))
"""


@pytest.fixture(scope="module")
def inside(stack: Stack) -> Iterator[Any]:
    """Runs code in a lab; a second person's lab runs beside it."""
    browser = stack.sign_in(PERSON)
    assert stack.start(PERSON)["ready"]
    assert browser.get(f"{stack.lab(PERSON)}/lab").status == 200
    stack.sign_in(NEIGHBOUR)
    assert stack.start(NEIGHBOUR, plant=stack.plant())["ready"]
    yield lambda code: asyncio.run(run_in_kernel(browser, stack.lab(PERSON), code))
    stack.stop(PERSON)
    stack.stop(NEIGHBOUR)


def reachable(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except (OSError, RuntimeError):
        return False
    return True


def test_a_lab_reaches_the_hub_and_the_exchange_and_nothing_else(stack: Stack, inside: Any, engine: Any) -> None:
    neighbour = engine.inspect_container(f"{NETWORK}-{NEIGHBOUR}")["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    addresses = [GATEWAY, *own_addresses(LabNetwork.from_environment(stack.environment()))]
    assert len(addresses) > 1
    with ExitStack() as things:
        # stand-ins of what a platform has: a database on loopback, a cache at the gateway, something careless at 0.0.0.0
        database = things.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        cache = things.enter_context(socket.create_server((GATEWAY, 0))).getsockname()[1]
        careless = things.enter_context(socket.create_server(("0.0.0.0", 0))).getsockname()[1]
        outside = things.enter_context(other_network(engine))
        wanted = {"hub": (GATEWAY, stack.base + 5), "exchange": (GATEWAY, stack.base + 3)}
        there = {
            "a listener at the gateway": (GATEWAY, cache),
            "a careless listener, by the gateway": (GATEWAY, careless),
            "a careless listener, by docker's bridge": ("172.17.0.1", careless),
            "another lab": (neighbour, 8888),
            "a container outside": (outside, 80),
        }
        # bound to loopback: reachable here, and at no address that a lab has a route to
        loopback = {"database": database, "web": stack.base + 1, "proxy": stack.base, "proxy api": stack.base + 7}
        for name, (host, port) in (wanted | there).items():
            assert reachable(host, port), f"no positive control for {name}"
        for name, port in loopback.items():
            assert reachable("127.0.0.1", port), f"no positive control for {name}"
        tried = [(name, *address) for name, address in (wanted | there).items()]
        for name, port in loopback.items():
            tried += [(f"{name} by {host}", host, port) for host in ("127.0.0.1", *addresses, "host.docker.internal")]
        tried += [(f"a careless listener at {address}", address, careless) for address in addresses]
        tried += [("metadata", "169.254.169.254", 80), ("a documentation address", "203.0.113.1", 80)]
        found = json.loads(inside(f"TARGETS = {tried!r}\n{REACH}"))
    assert {name for name, worked in found.items() if worked} == set(wanted)


class other_network:  # noqa: N801  # used as a function
    """A container with an open port on the engine's default network; gives its address."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __enter__(self) -> str:
        code = "import socket; s = socket.create_server(('0.0.0.0', 80))\nwhile True: s.accept()[0].close()"
        made = self.engine.create_container(
            "shixun-lab:dev", ["python", "-c", code], user="root", labels={"org.shixun.hub": NETWORK}
        )
        self.identity = made["Id"]
        self.engine.start(self.identity)
        address = str(
            self.engine.inspect_container(self.identity)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        )
        deadline = time.monotonic() + 90
        while not reachable(address, 80) and time.monotonic() < deadline:
            time.sleep(0.1)
        return address

    def __exit__(self, *_error: object) -> None:
        self.engine.remove_container(self.identity, force=True)


def test_the_exchange_opens_nothing_but_this_labs_work(stack: Stack, inside: Any) -> None:
    code = """
import json, os, urllib.error, urllib.request
def ask(path, token):
    request = urllib.request.Request(os.environ["SHIXUN_EXCHANGE_URL"] + path, headers={"Authorization": "Bearer " + token})
    try:
        return urllib.request.urlopen(request, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
mine = os.environ["SHIXUN_EXCHANGE_TOKEN"]
print(json.dumps({"mine": ask("/exchange/v1/assignments", mine), "another token": ask("/exchange/v1/assignments", "x" * 20),
    "pages": ask("/", mine), "api": ask("/api/v1/people", mine), "grader": ask("/grader/v1/lease", mine)}))
"""
    found = json.loads(inside(code))
    assert found.pop("mine") == 200
    assert all(status in (401, 404) for status in found.values()), found


def test_names_are_not_resolved_outside(inside: Any) -> None:
    code = """
import json, socket, time
def lookup(name):
    try:
        return bool(socket.getaddrinfo(name, 80))
    except OSError:
        return False
print(json.dumps({"control": lookup("localhost"), "outside": lookup("deb.debian.org"), "servers": open("/etc/resolv.conf").read()}))
"""
    found = json.loads(inside(code))
    assert found["control"]
    assert not found["outside"]


def test_no_socket_device_or_way_to_raise_rights(inside: Any) -> None:
    code = """
import ctypes, glob, json, os, socket
found = {}
found["docker sockets"] = [p for p in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock") if os.path.exists(p)]
found["devices"] = sorted(glob.glob("/dev/sd*") + glob.glob("/dev/vd*") + glob.glob("/dev/kvm") + glob.glob("/dev/mem"))
def may(call):
    try:
        call()
        return True
    except OSError:
        return False
found["raw socket"] = may(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
found["packet socket"] = may(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
found["become root"] = may(lambda: os.setuid(0))
libc = ctypes.CDLL(None, use_errno=True)
found["new user namespace"] = libc.unshare(0x10000000) == 0
found["mount"] = libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0
found["setuid programs that work"] = []
status = open("/proc/self/status").read()
found["no new privileges"] = "NoNewPrivs:\\t1" in status
found["ipv6"] = os.path.exists("/proc/net/if_inet6") and any(not l.endswith(" lo") for l in open("/proc/net/if_inet6").read().splitlines())
print(json.dumps(found))
"""
    found = json.loads(inside(code))
    assert found.pop("no new privileges")
    assert not any(found.values()), found


def test_the_plants_memory_and_seeds_are_out_of_reach(stack: Stack, engine: Any) -> None:
    """The plant shares the lab's network and nothing else: its processes are not even seen."""
    lab = engine.exec_create(
        f"{NETWORK}-{NEIGHBOUR}",
        [
            "python",
            "-c",
            "import os; print([open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()])",
        ],
    )
    seen = engine.exec_start(lab).decode()
    assert "shixun_labs" in seen
    assert "shixun_plants" not in seen


@pytest.fixture
def network(engine: docker.APIClient, stack: Stack) -> LabNetwork:
    return LabNetwork.from_environment(stack.environment())


def test_the_probe_passes_on_a_closed_network(engine: Any, network: LabNetwork) -> None:
    assert failures(engine, network) == []


def test_the_probe_sees_missing_rules_and_the_guard_sets_them_again(engine: Any, network: LabNetwork) -> None:
    subprocess.run(["iptables", "-w", "-F", CHAIN], check=True)
    try:
        found = " ".join(failures(engine, network))
        assert "listens everywhere" in found
        assert "another port at the gateway" in found
    finally:
        from shixun_labs.engine import Guard

        asyncio.run(Guard(network).ensure(engine))
    assert failures(engine, network) == []


def test_the_probe_sees_a_port_that_labs_need_and_cannot_reach(engine: Any, network: LabNetwork) -> None:
    subprocess.run(
        ["iptables", "-w", "-I", CHAIN, "1", "-p", "tcp", "--dport", str(network.exchange_port), "-j", "DROP"],
        check=True,
    )
    try:
        assert failures(engine, network) == ["A lab cannot reach the exchange."]
    finally:
        subprocess.run(["iptables", "-w", "-D", CHAIN, "1"], check=True)


def test_an_installer_without_root_sets_the_rules_through_a_container(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not engine.images("shixun-guard:dev"):
        pytest.skip("the image shixun-guard:dev is missing")
    other = LabNetwork(name="shixun-helper", subnet="10.89.250.0/24")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    def shown() -> str:  # the kernel obeys both kinds of tables; the container's may be the other than this machine's
        kinds = [name for name in ("iptables-nft", "iptables-legacy") if shutil.which(name)]
        return "".join(subprocess.run([kind, "-w", "-S"], capture_output=True, text=True).stdout for kind in kinds)

    try:
        apply_rules(other)
        assert "-A INPUT -i shixun-helper -j SHIXUN_HELPER" in shown()
    finally:
        apply_rules(other, "down")
    assert "SHIXUN_HELPER" not in shown()


def test_no_lab_starts_on_a_network_that_cannot_be_closed(
    engine: Any, network: LabNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shixun_labs import engine as module

    monkeypatch.setattr(module, "failures", lambda _client, _network: ["A lab reaches another lab."])
    with pytest.raises(module.StartError, match="reaches another lab") as refusal:
        asyncio.run(module.Guard(network).ensure(engine))
    assert "shixun doctor" in refusal.value.zh
