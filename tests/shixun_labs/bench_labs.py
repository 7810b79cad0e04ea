"""Measures a lab of ours beside a stock DockerSpawner lab in one run on one machine.

    python tests/shixun_labs/bench_labs.py [--at-once 30] [--rounds 5] [--json]

Ready: from the request to the hub's REST API until its progress stream says `ready`. Memory: what the engine shows (docker stats, MiB),
of ours lab and plant together; "with a kernel" after one kernel imported numpy and pandas. Ours has its plant, stock has none.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import docker
from labs_browser import Browser
from labs_stack import BASE, GATEWAY, NETWORK, Stack, end, proxy_command, running, wait_port

HERE = Path(__file__).parent
TOKEN = "stock-token-" * 3
IMPORTS = "import numpy, pandas; print('ok')"


class Stock:
    """A stock hub beside ours: same engine, same network, ports of its own."""

    base = BASE + 20

    def api(self, method: str, path: str, body: object = None) -> Any:
        url = f"http://{GATEWAY}:{self.base + 5}/hub/api{path}"
        return Browser().ask(method, url, body, Authorization=f"token {TOKEN}")

    def prepare(self, person: str) -> None:
        assert self.api("POST", f"/users/{person}").status == 201

    def start(self, person: str) -> None:
        page = self.api("POST", f"/users/{person}/server")
        assert page.status in (201, 202), page.text
        last = self.api("GET", f"/users/{person}/server/progress").text.splitlines()
        assert any('"ready": true' in line for line in last), last[-3:]

    def stop(self, person: str) -> None:
        self.api("DELETE", f"/users/{person}/server")
        while self.api("GET", f"/users/{person}").json()["servers"]:
            time.sleep(0.1)
        time.sleep(1)  # the engine removes the container behind the hub's back

    def kernel(self, person: str) -> None:
        made = self.api("POST", f"/users/{person}/tokens", {}).json()["token"]
        browser = Browser()
        url = f"http://127.0.0.1:{self.base}/user/{person}"
        kernel = browser.ask("POST", f"{url}/api/kernels", {}, Authorization=f"token {made}").json()["id"]
        asyncio.run(_by_token(f"ws://127.0.0.1:{self.base}/user/{person}/api/kernels/{kernel}/channels", made))


async def _by_token(url: str, token: str) -> None:
    from labs_stack import _execute
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    connection = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {token}"}))
    assert "ok" in await asyncio.wait_for(_execute(connection, IMPORTS), 60)
    connection.close()


class Ours:
    """Our hub, driven as web drives it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.browsers: dict[str, Browser] = {}

    def prepare(self, person: str) -> None:
        self.browsers[person] = self.stack.sign_in(person)

    def start(self, person: str) -> None:
        event = self.stack.start(person, plant=self.stack.plant())
        assert event.get("ready"), event

    def stop(self, person: str) -> None:
        self.stack.stop(person)

    def kernel(self, person: str) -> None:
        browser, lab = self.browsers[person], self.stack.lab(person)
        browser.get(f"{lab}/lab")
        kept = asyncio.run(_keep_kernel(browser, lab))
        assert "ok" in kept


async def _keep_kernel(browser: Browser, lab: str) -> str:
    from labs_stack import _execute

    made = browser.ask("POST", f"{lab}/api/kernels", {"name": "python3"}).json()["id"]
    connection = await browser.socket(f"{lab.replace('http://', 'ws://')}/api/kernels/{made}/channels?session_id=s1")
    printed = await asyncio.wait_for(_execute(connection, IMPORTS), 60)
    connection.close()
    return printed


@contextmanager
def stock_hub(folder: Path) -> Iterator[Stock]:
    subprocess.run(
        ["docker", "build", "-q", "-t", "shixun-stock:dev", "--label", "org.shixun.bench=1", str(HERE / "stock")],
        check=True,
        capture_output=True,
        env=os.environ | {"DOCKER_BUILDKIT": "0"},
    )
    base = Stock.base
    env = os.environ | {
        "STOCK_HUB": f"http://{GATEWAY}:{base + 5}",
        "STOCK_PUBLIC": f"http://127.0.0.1:{base}",
        "STOCK_PROXY_API": f"http://127.0.0.1:{base + 7}",
        "STOCK_NETWORK": NETWORK,
        "STOCK_TOKEN": TOKEN,
        "CONFIGPROXY_AUTH_TOKEN": "stock-proxy",
    }
    # a stock hub has no host rules: this one's port is let through to its labs
    chain = NETWORK.upper().replace("-", "_")
    rule = [chain, "-p", "tcp", "--dport", str(base + 5), "-j", "ACCEPT"]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        subprocess.run(["iptables", "-w", "-I", *rule], check=True)
        proxy = [part for part in proxy_command(base) if part != "--host-routing"]
        hub = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "stock" / "jupyterhub_config.py")]
        for command in (proxy, hub):
            with (folder / "stock.log").open("ab") as log:
                processes.append(
                    subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
                )
        wait_port(GATEWAY, base + 5, 60, processes[-1])
        yield Stock()
    finally:
        for process in processes:
            end(process)
        subprocess.run(["iptables", "-w", "-D", *rule], check=False, capture_output=True)


def memory(prefix: str) -> float:
    """MiB of the containers whose names begin with `prefix`, as `docker stats` counts: without the inactive page cache."""
    client = docker.APIClient(version="auto")
    total = 0
    try:
        for item in client.containers(filters={"name": prefix}):
            used = client.stats(item["Id"], stream=False)["memory_stats"]
            detail = used["stats"]
            total += used["usage"] - detail.get("total_inactive_file", detail.get("inactive_file", 0))
    finally:
        client.close()
    return round(total / 2**20, 1)


def one_by_one(hub: Any, prefix: str, rounds: int) -> dict[str, Any]:
    person = "tbenchone00000000000"
    hub.prepare(person)
    seconds = []
    found: dict[str, Any] = {}
    for number in range(rounds + 1):
        began = time.monotonic()
        hub.start(person)
        if number:  # the first start warms the page cache, and probes the network of ours
            seconds.append(time.monotonic() - began)
        if number == rounds:
            time.sleep(2)
            found["memory_mb"] = memory(prefix)
            hub.kernel(person)
            found["memory_with_kernel_mb"] = memory(prefix)
        hub.stop(person)
    return found | {
        "ready_s": round(statistics.median(seconds), 2),
        "ready_all_s": [round(value, 2) for value in seconds],
    }


def all_at_once(hub: Any, number: int) -> dict[str, float]:
    people = [f"tbench{n:02d}000000000000" for n in range(number)]
    for person in people:
        hub.prepare(person)
    seconds: list[float] = []

    def one(person: str) -> None:
        began = time.monotonic()
        hub.start(person)
        seconds.append(time.monotonic() - began)

    _threads(one, people)
    assert len(seconds) == number, "not every lab came up"
    _threads(hub.stop, people)
    seconds.sort()
    return {"p50_s": round(seconds[number // 2], 1), "p95_s": round(seconds[int(number * 0.95)], 1)}


def _threads(call: Callable[[str], None], people: list[str]) -> None:
    threads = [threading.Thread(target=call, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(at_once: int, rounds: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), BASE, "docker") as stack,
        stock_hub(Path(folder)) as stock,
    ):
        found: dict[str, Any] = {"cpus": os.cpu_count(), "load": os.getloadavg()[0]}
        for name, hub, prefix in (("ours", Ours(stack), NETWORK), ("stock", stock, "stock-")):
            found[name] = one_by_one(hub, prefix, rounds)
        for name, hub in (("ours", Ours(stack)), ("stock", stock)):
            found[name][f"{at_once}_at_once"] = all_at_once(hub, at_once)
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at-once", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.at_once, asked.rounds)
    if asked.json:
        print(json.dumps(found))
        return
    print(f"{found['cpus']} CPUs, load {found['load']:.1f}; ours with its plant, stock without one")
    for key in found["ours"]:
        print(f"  {key:24} ours {found['ours'][key]}   stock {found['stock'][key]}")


if __name__ == "__main__":
    main()
