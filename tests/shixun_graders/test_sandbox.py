"""Each driver's sandboxes hold, say how they ended, and leave nothing behind."""

import subprocess
import time
from pathlib import Path

import pytest

from shixun_graders.sandbox import cgroups, seccomp
from shixun_graders.sandbox.base import Driver, SandboxEndedError, SandboxError, SandboxLimits, SandboxSpec, run
from shixun_graders.sandbox.bubblewrap import Bubblewrap
from shixun_graders.sandbox.docker_engine import LABEL, DockerEngine, sweep
from shixun_graders.sandbox.registry import NoSandboxError, choose, report
from shixun_graders.sandbox.selftest import self_test

LIMITS = SandboxLimits(memory_mb=96, pids=24, tmp_mb=8, output_bytes=100_000, seconds=20)


@pytest.fixture(autouse=True)
def _no_outside_sockets() -> None:
    """The self-test's controls connect to this machine's own addresses, whatever they are; nothing leaves it."""


def spec(code: str, limits: SandboxLimits = LIMITS) -> SandboxSpec:
    return SandboxSpec("student", ("-P", "-c", code), limits)


def test_the_self_test_holds(driver: Driver) -> None:
    probes = self_test(driver)
    assert [probe for probe in probes if not probe.held] == []
    assert {"rights", "network", "host files", "memory", "time", "output", "processes", "neighbours"} <= {
        p.name for p in probes
    }
    assert driver.sentence()
    assert driver.image("student")


def test_the_self_test_finds_a_driver_that_does_not_isolate() -> None:
    """A 'sandbox' that is a plain process must fail; else the self-test proves nothing."""
    from shixun_graders.sandbox.base import Sandbox
    from shixun_graders.sandbox.pipes import PipeTransport

    class Plain(Sandbox):
        def __init__(self, spec: SandboxSpec) -> None:
            import sys

            command = [sys.executable, *spec.arguments]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
            )
            super().__init__(spec, PipeTransport(self.process))

        def kill(self) -> None:
            self.process.kill()

        def release(self) -> None:
            self.process.wait()

        def memory_exceeded(self) -> bool:
            return False

    class Network:
        def close(self) -> None:
            pass

    class NoIsolation(Bubblewrap):
        name = "plain"

        def network(self) -> Network:  # type: ignore[override]
            return Network()

        def start(self, spec: SandboxSpec, network: object = None) -> Sandbox:
            return Plain(SandboxSpec(spec.role, spec.arguments, SandboxLimits(output_bytes=200_000, seconds=3)))

    failed = {probe.name for probe in self_test(NoIsolation()) if not probe.held}
    assert {
        "user",
        "rights",
        "network",
        "host files",
        "no programs in tmp",
        "tmp size",
        "processes",
        "memory",
        "neighbours",
    } <= failed


def test_talk_is_by_lines_both_ways(driver: Driver) -> None:
    code = "import sys\nfor line in sys.stdin: print(len(line), flush=True)"
    with driver.start(spec(code)) as sandbox:
        sandbox.send(b"abc", 10)
        assert sandbox.receive(10) == b"4"
        sandbox.send(b"x" * 3_000_000, 10)
        assert sandbox.receive(10) == b"3000001"


def test_a_side_that_does_not_read_is_not_waited_for(driver: Driver) -> None:
    with driver.start(spec("import time; time.sleep(60)")) as sandbox:
        begin = time.monotonic()
        with pytest.raises(SandboxEndedError) as caught:
            sandbox.send(b"x" * 10_000_000, 1.0)
        assert caught.value.end == "time"
        with pytest.raises(SandboxEndedError):
            sandbox.receive(0.2)
        assert time.monotonic() - begin < 40  # a busy machine needs some of it


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("print('done')", "exited"),
        ("import os; os.kill(os.getpid(), 9)", "exited"),
        ("x = bytearray(1 << 30)", "memory"),
        ("while True: print('x' * 4096)", "output"),
        ("import sys\nwhile True: sys.stderr.write('x' * 4096)", "time"),
        ("import time; time.sleep(60)", "time"),
        ("import os, time\nos.close(1); os.close(2); time.sleep(60)", "time"),
    ],
)
def test_every_end_has_its_name_and_comes_in_time(driver: Driver, code: str, end: str) -> None:
    limits = SandboxLimits(memory_mb=96, pids=24, tmp_mb=8, output_bytes=100_000, seconds=3)
    begin = time.monotonic()
    outcome = run(driver, spec(code, limits))
    # A sandbox that closes its stdout can't say more: the talk is over, whatever still runs inside.
    assert outcome.end in ({end, "exited"} if "os.close" in code else {end})
    assert time.monotonic() - begin < 40  # a busy machine needs some of it


def test_a_swarm_dies_with_its_sandbox(driver: Driver) -> None:
    marker = "shixun-swarm-7c1"
    code = (
        "import os, sys, time\n"
        "while True:\n"
        "    try:\n"
        "        if os.fork() == 0: os.setsid()\n"
        f"    except OSError: time.sleep(0.01) # {marker}"
    )
    limits = SandboxLimits(memory_mb=96, pids=24, tmp_mb=8, seconds=2)
    assert run(driver, spec(code, limits)).end == "time"
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if marker.encode() in read(path)]


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_roles_see_their_own_code_only() -> None:
    bubblewrap = Bubblewrap()
    if bubblewrap.available():
        pytest.skip("no bubblewrap")
    code = "import os; print(sorted(os.listdir('/opt/shixun/lib/shixun/shixun_graders')), flush=True)"
    assert run(bubblewrap, spec(code)).stdout.decode().strip() == "['__init__.py', 'data.py', 'run']"
    checker = SandboxSpec("checker", ("-P", "-c", code), LIMITS)
    assert "'run'" not in run(bubblewrap, checker).stdout.decode()


def test_nothing_of_the_grader_reaches_a_sandbox(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIXUN_GRADER_TOKEN", "secret-token-41")
    found = run(driver, spec("import os; print(dict(os.environ))")).stdout.decode()
    assert "HOME" in found
    assert "secret-token-41" not in found


@pytest.mark.docker
def test_containers_of_dead_graders_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    import docker

    engine = DockerEngine()
    if engine.available():
        pytest.skip("no engine")
    long_ago = time.time() - 10_000
    with docker.APIClient(version="1.41") as client, engine.start(spec("import time; time.sleep(60)")) as alive:
        with monkeypatch.context() as patch:  # only this one is past its deadline: other graders may be at work here
            patch.setattr("shixun_graders.sandbox.docker_engine.time.time", lambda: long_ago)
            dead = engine.start(spec("import time; time.sleep(60)"))
        with dead:
            assert sweep() >= 1
            left = {found["Id"] for found in client.containers(all=True, filters={"label": LABEL})}
    assert alive._container in left  # type: ignore[attr-defined]
    assert dead._container not in left  # type: ignore[attr-defined]


@pytest.mark.docker
def test_a_missing_image_or_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    if DockerEngine().available():
        pytest.skip("no engine")
    assert (
        DockerEngine({"student": "shixun-none:dev"}).available() == "the image shixun-none:dev is missing: make images"
    )
    with pytest.raises(SandboxError):
        DockerEngine({"student": "shixun-none:dev"}).start(spec("1"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert DockerEngine().available() == "no Docker Engine answers"


def test_the_choice_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoSandboxError, match="SHIXUN_SANDBOX=other"):
        choose({"SHIXUN_SANDBOX": "other"})
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setattr(cgroups, "parents", lambda: None)
    with pytest.raises(NoSandboxError, match="no Docker Engine answers; bubblewrap: "):
        choose({})
    assert [found.missing is None for found in report({})] == [False, False]


def test_no_control_group_no_sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cgroups, "parents", lambda: {"memory": tmp_path / "none", "pids": tmp_path / "none"})
    with pytest.raises(SandboxError):
        Bubblewrap().start(spec("1"))


def test_version_2_groups_are_limited(tmp_path: Path) -> None:
    group = cgroups.Cgroup(SandboxLimits(memory_mb=100, pids=7, cpus=0.5), {"unified": tmp_path})
    folder = group.folders["unified"]
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == {"memory.max": str(100 << 20), "pids.max": "7"}
    (folder / "memory.events").write_text("low 0\noom_kill 1\n", encoding="utf-8")
    assert group.memory_exceeded()


def test_the_filter_is_a_program() -> None:
    if not seccomp.available():
        pytest.skip("no libseccomp")
    program = seccomp.program()
    assert len(program) % 8 == 0
    assert len(program) > 8 * len(seccomp.REFUSED)
