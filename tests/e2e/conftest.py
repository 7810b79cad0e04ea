"""A whole platform for the tests of this folder: `shixun up` on free ports, in a folder of its own, with its own labs' network."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts.demo import PASSWORD
from shixun.commands import doctor
from shixun.commands.installation import PORTS, ROOT
from shixun.commands.walk.browser import Person
from shixun.commands.walk.people import sign_in

CHROMIUM = Path("/usr/bin/chromium")
FIRST_BASE, LAST_BASE, STEP = 21000, 24200, 100  # a labs' network of its own belongs to each base
BUILT = ("node_modules/configurable-http-proxy", "platform/shixun/web/static/dist/manifest.json")
UP_SECONDS, DOWN_SECONDS = 400, 90


@dataclass
class Stack:
    """A platform that runs. `environment` is what its commands (`shixun …`) need to find it."""

    base: int
    var: Path
    backend: str
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://www.shixun.localhost:{self.base}"

    @property
    def gateway(self) -> str:
        """Where its labs reach this machine."""
        return f"{subnet_of(self.base)}.1"

    def shixun(self, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """A command against this platform."""
        command = [sys.executable, "-m", "shixun.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )

    def pid(self, name: str) -> int:
        return int((self.var / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> int:
        """SIGKILL for one process of the platform; returns the pid that it had."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8")


def subnet_of(base: int) -> str:
    """The first three numbers of the addresses of its labs."""
    return f"10.89.{96 + (base - FIRST_BASE) // STEP}"


def reserve_base() -> tuple[int, socket.socket]:
    """A base from which all ports of an installation are free; the socket keeps it from other runs of these tests."""
    for base in range(FIRST_BASE, LAST_BASE, STEP):
        try:
            mine = socket.create_server(("127.0.0.1", base + STEP - 1))
        except OSError:
            continue
        if all(_is_free(base + offset) for offset in PORTS.values()):
            return base, mine
        mine.close()
    raise AssertionError("no ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The platform, with Docker labs where an engine and the images are there, else in practice mode."""
    missing = [path for path in BUILT if not (ROOT / path).exists()]
    if missing:
        pytest.skip(f"not built: {', '.join(missing)} (`make setup`)")
    folder, (base, reserved) = tmp_path_factory.mktemp("platform"), reserve_base()
    ours = {"SHIXUN_VAR": str(folder / "var"), "SHIXUN_PORT": str(base)}
    ours |= {"SHIXUN_LAB_NETWORK": f"shixun-e{base}", "SHIXUN_LAB_SUBNET": f"{subnet_of(base)}.0/24"}
    paths = os.pathsep.join(str(ROOT / part) for part in ("platform", "labs", "competitions", "graders"))
    environment = {**os.environ, **ours, "PYTHONPATH": paths}
    log = folder / "up.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "shixun.cli", "up"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    made = Stack(base, folder / "var", doctor.lab_backend(), environment, log, process)
    try:
        _wait_until_up(made)
        yield made
    finally:
        reserved.close()
        _end(made)


def _wait_until_up(stack: Stack) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while "Shixun is up" not in stack.told():
        assert stack.process.poll() is None, f"shixun up ended:\n{stack.told()}"
        assert time.monotonic() < deadline, f"shixun up did not come up:\n{stack.told()}"
        time.sleep(0.2)


def _end(stack: Stack) -> None:
    """Ctrl-C: all of it ends, labs included, and in order."""
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGINT)
    try:
        status = stack.process.wait(DOWN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(stack.process.pid, signal.SIGKILL)
        stack.process.wait()
        raise
    finally:
        if stack.backend == "docker":
            command = [sys.executable, "-m", "shixun_labs.network", "down"]
            subprocess.run(command, env=stack.environment, capture_output=True, check=False)
    left = [name for name in PORTS if _serves(stack.base + PORTS[name])]
    assert (status, left) == (0, []), f"after the end: status {status}, ports {left}\n{stack.told()[-2000:]}"


def _serves(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def person(stack: Stack) -> Iterator[Callable[..., Person]]:
    """`person("xueyuan")`: somebody who has signed in, over HTTP."""
    made = []

    def enter(username: str, password: str = PASSWORD) -> Person:
        made.append(Person(username, stack.url))
        sign_in(made[-1], username, password)
        return made[-1]

    yield enter
    for one in made:
        one.close()


@dataclass
class Screen:
    """A page in Chromium with what went wrong on it: complaints of its console, and addresses outside of the platform that it asked."""

    page: Any
    complaints: list[str]
    outside: list[str]

    def fits(self) -> None:
        """Nothing sticks out to the right."""
        wide, seen = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= seen, f"{self.page.url} is {wide} px wide on a screen of {seen} px"


@pytest.fixture(scope="module")  # not longer: playwright's loop would be in the way of other modules' async tests
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def screen(stack: Stack, chromium: Any) -> Iterator[Callable[..., Screen]]:
    """`screen(phone=True, language="en-US")` opens an empty page in a browser of its own."""
    opened = []

    def open_page(*, phone: bool = False, language: str = "zh-CN") -> Screen:
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 900}
        context = chromium.new_context(
            viewport=size, is_mobile=phone, has_touch=phone, locale=language, base_url=stack.url
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        made = Screen(page, [], [])

        def complain(message: Any) -> None:
            if message.type in {"error", "warning"} and message.location["url"].startswith(stack.url):
                made.complaints.append(message.text)

        def note(request: Any) -> None:
            if ".localhost:" not in request.url and not request.url.startswith(("data:", "blob:", "about:")):
                made.outside.append(request.url)

        page.on("console", complain)
        page.on("request", note)
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        return made

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def shot(tmp_path: Path) -> Callable[..., None]:
    """`shot(page, name)` keeps a picture, in the folder that SHIXUN_TEST_SHOTS names, to be looked at."""
    folder = Path(os.environ.get("SHIXUN_TEST_SHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Any, name: str, *, whole: bool = True) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=whole)

    return take
