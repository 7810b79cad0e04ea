"""Fixtures of the labs' tests. The helpers beside this file are plain modules, so their folder goes on the path."""

import hashlib
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _no_outside_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere, plus this machine's own addresses: the probe of the labs' network tries each of them."""
    from shixun_labs.network import LabNetwork
    from shixun_labs.probe import own_addresses

    own = {"127.0.0.1", "localhost", *own_addresses(LabNetwork())}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host not in own and not host.startswith(("127.", "172.17.", "10.89.")):
                self.close()
                raise RuntimeError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def web() -> Iterator[Any]:
    from labs_web import FakeWeb

    fake = FakeWeb()
    yield fake
    fake.close()


@pytest.fixture
def listener(web: Any) -> Any:
    """A client of the stand-in's exchange listener."""
    from shixun_labs.exchange.client import Listener

    web.exchange_tokens.add("lab-token")
    port = web.serve("127.0.0.1", 0, "exchange")
    return Listener(f"http://127.0.0.1:{port}", "lab-token", "en", seconds=5)


def engine_answers() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.APIClient(version="auto", timeout=10)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    finally:
        client.close()


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """A Docker client; without an engine or our images the tests that need them are skipped."""
    import docker

    if not engine_answers():
        pytest.skip("no Docker Engine answers")
    client = docker.APIClient(version="auto", timeout=60)
    names = {tag for image in client.images() for tag in image["RepoTags"] or []}
    missing = {"shixun-lab:dev", "shixun-plant:dev"} - names
    if missing:
        client.close()
        pytest.skip(f"images are missing: {sorted(missing)} (deploy/images/build.sh builds them)")
    yield client
    client.close()


@pytest.fixture(scope="session")
def stack(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real hub with Docker labs, shared by the tests of this session."""
    from labs_stack import BASE, running

    folder = tmp_path_factory.mktemp("hub")
    with running(folder, BASE, "docker") as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)


def seated(stack: Any, name: str) -> Any:
    """A signed-in browser and a running lab with a plant."""
    person = "t" + hashlib.sha256(name.encode()).hexdigest()[:19]
    stack.web.work, stack.web.submissions, stack.web.keys, stack.web.away = {}, [], {}, False
    browser = stack.sign_in(person)
    event = stack.start(person, plant=stack.plant())
    assert event.get("ready"), (event, stack.log()[-3000:])
    assert browser.get(f"{stack.lab(person)}/lab").status == 200
    yield person, browser
    stack.web.away = False
    stack.stop(person)


@pytest.fixture
def lab(stack: Any, request: pytest.FixtureRequest) -> Any:
    """A lab of this test's own."""
    yield from seated(stack, request.node.name)


@pytest.fixture(scope="module")
def shared(stack: Any) -> Any:
    """A lab that several tests look at and leave as it is."""
    yield from seated(stack, "shared")
