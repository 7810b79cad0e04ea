"""The supervisor with real processes: what falls is started again, what is stopped is gone, nothing outlives it."""

import contextlib
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shixun.commands.supervisor import NeverReady, Process, Supervisor, answers

FOREVER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]


def until(holds: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits for its parent to read its status does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def process(name: str, command: list[str], **more: object) -> Process:
    return Process(name, command, dict(os.environ), **more)  # type: ignore[arg-type]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    for folder in ("log", "run"):
        (tmp_path / folder).mkdir()
    told: list[str] = []
    made = Supervisor(tmp_path / "log", tmp_path / "run", told.append)
    made.told = told  # type: ignore[attr-defined]
    yield made
    made.stop()


@contextlib.contextmanager
def watching(supervisor: Supervisor) -> Iterator[None]:
    thread = threading.Thread(target=supervisor.watch)
    thread.start()
    try:
        yield
    finally:
        supervisor.stopping = True
        thread.join()


def pid_of(supervisor: Supervisor, name: str) -> int:
    return int((supervisor.run_folder / f"{name}.pid").read_text())


def test_it_waits_until_a_process_serves(supervisor: Supervisor) -> None:
    port = free_port()
    slow = f"import time, http.server as h; time.sleep(0.5); h.test(h.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')"
    supervisor.start(process("web", [sys.executable, "-c", slow], ready=f"http://127.0.0.1:{port}/nothing-here"))
    assert answers(f"tcp://127.0.0.1:{port}")
    assert is_alive(pid_of(supervisor, "web"))


def test_a_process_that_ends_at_once_is_named_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    broken = "import sys; print('one'); print('the reason', file=sys.stderr); sys.exit(3)"
    with pytest.raises(NeverReady) as raised:
        supervisor.start(process("hub", [sys.executable, "-c", broken], ready=f"tcp://127.0.0.1:{free_port()}"))
    assert "hub did not come up" in str(raised.value)
    assert "the reason" in str(raised.value)


def test_a_process_that_never_serves_is_not_waited_for_without_end(supervisor: Supervisor) -> None:
    began = time.monotonic()
    with pytest.raises(NeverReady, match="live"):
        supervisor.start(process("live", FOREVER, ready=f"tcp://127.0.0.1:{free_port()}", patience=0.5))
    assert time.monotonic() - began < 5


def test_what_falls_is_started_again_and_the_fall_is_told(supervisor: Supervisor) -> None:
    supervisor.start(process("worker", FOREVER))
    first = pid_of(supervisor, "worker")
    with watching(supervisor):
        os.kill(first, signal.SIGKILL)
        until(lambda: pid_of(supervisor, "worker") != first)
        until(lambda: any("running again" in line for line in supervisor.told))  # type: ignore[attr-defined]
        assert is_alive(pid_of(supervisor, "worker"))
    assert any("worker: ended with -9" in line and "worker.log" in line for line in supervisor.told)  # type: ignore[attr-defined]


def test_what_a_fallen_process_leaves_behind_is_ended_first(supervisor: Supervisor, tmp_path: Path) -> None:
    """A master that was killed leaves workers that hold its port."""
    note = tmp_path / "child"
    master = f"import os, pathlib, time\nif os.fork() == 0:\n    pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\ntime.sleep(600)"
    supervisor.start(process("web", [sys.executable, "-c", master]))
    until(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    with watching(supervisor):
        os.kill(pid_of(supervisor, "web"), signal.SIGKILL)
        until(lambda: not is_alive(child))


def test_the_pause_grows_while_a_process_keeps_falling(supervisor: Supervisor) -> None:
    supervisor.start(process("grader", [sys.executable, "-c", "raise SystemExit(1)"]))
    at_work = supervisor.running["grader"]
    pauses = []
    for _fall in range(6):
        at_work.popen.wait()
        supervisor._look_after("grader", at_work)
        pauses.append(at_work.pause)
        at_work.restart_at = 0.0
        supervisor._look_after("grader", at_work)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_stopping_ends_everything_last_started_first(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    polite = (
        "import pathlib, signal, sys, time\n"
        f"def end(*_): open({str(order)!r}, 'a').write(sys.argv[1] + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    for name in ("valkey", "web", "hub"):
        supervisor.start(process(name, [sys.executable, "-c", polite, name]))
    until(lambda: all("up" in (supervisor.log_folder / f"{name}.log").read_text() for name in ("valkey", "web", "hub")))
    pids = [pid_of(supervisor, name) for name in ("valkey", "web", "hub")]
    supervisor.stop()
    assert order.read_text().split() == ["hub", "web", "valkey"]
    assert not any(is_alive(pid) for pid in pids)
    assert list(supervisor.run_folder.iterdir()) == []


def test_a_process_that_will_not_end_is_ended(supervisor: Supervisor) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    supervisor.start(process("deaf", [sys.executable, "-c", deaf], stop_patience=0.5))
    until(lambda: "up" in (supervisor.log_folder / "deaf.log").read_text())
    pid = pid_of(supervisor, "deaf")
    supervisor.stop()
    assert not is_alive(pid)


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    for folder in ("log", "run"):
        (tmp_path / folder).mkdir()
    program = (
        "import os, sys, time; from pathlib import Path; from shixun.commands.supervisor import Process, Supervisor\n"
        f"s = Supervisor(Path({str(tmp_path / 'log')!r}), Path({str(tmp_path / 'run')!r}), print)\n"
        "s.start(Process('worker', [sys.executable, '-c', 'import time; time.sleep(600)'], dict(os.environ)))\n"
        "print('started', flush=True); s.watch()"
    )
    path = os.pathsep.join(str(folder) for folder in sys.path if folder)
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    child = int((tmp_path / "run" / "worker.pid").read_text())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not is_alive(child))


def test_answers_takes_any_answer_and_no_refusal() -> None:
    class Broken(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(500)

        def log_message(self, *_parts: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Broken)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert answers(f"http://127.0.0.1:{server.server_port}/")
        assert answers(f"tcp://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert not answers(f"http://127.0.0.1:{server.server_port}/")
    assert not answers(f"tcp://127.0.0.1:{server.server_port}")
