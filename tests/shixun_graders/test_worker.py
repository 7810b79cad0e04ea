"""The worker leases, keeps its lease, delivers once, and hands back what it can't finish."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from graders_kit import notebook_of, small_lab

from shixun_graders import worker as module
from shixun_graders.client import GraderClient, LeaseLostError
from shixun_graders.sandbox.base import Driver
from shixun_graders.worker import Worker, main
from shixun_packs.digest import bundle, bundle_digest, bundle_files
from shixun_packs.lab import load_lab


class FakeWeb(ThreadingHTTPServer):
    """Web's grader API on loopback, with faults on demand."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.jobs: list[dict[str, Any]] = []
        self.bundles: dict[str, bytes] = {}
        self.results: list[dict[str, Any]] = []
        self.beats = 0
        self.faults: dict[str, list[int]] = {}
        self.tokens: set[str | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FakeWeb

    def do_GET(self) -> None:
        data = self.server.bundles.get(self.path.rpartition("/")[2])
        self.answer(404 if data is None else 200, data or b"")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.tokens.add(self.headers["Authorization"])
        kind = self.path.rpartition("/")[2]
        if self.server.faults.get(kind):
            self.answer(self.server.faults[kind].pop(0))
        elif kind == "lease":
            job = self.server.jobs.pop(0) if self.server.jobs else None
            if job is None:
                time.sleep(0.05)
            self.answer(204 if job is None else 200, b"" if job is None else json.dumps(job).encode())
        elif kind == "heartbeat":
            self.server.beats += 1
            self.answer(204)
        else:
            self.server.results.append(body)
            self.answer(204)

    def answer(self, status: int, data: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    server = FakeWeb()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(web: FakeWeb) -> Iterator[GraderClient]:
    found = GraderClient(web.url, "token", "w1", sleep=lambda _seconds: None)
    yield found
    found.close()


@pytest.fixture
def queue(web: FakeWeb, tmp_path: Path) -> Callable[..., None]:
    folder = small_lab(tmp_path)
    lab, pack = load_lab(folder), bundle(folder)

    def add(extra: str | None = None, lease_seconds: float = 30) -> None:
        submission = bundle_files({"notebook.ipynb": notebook_of(lab, {}, extra)})
        web.bundles |= {bundle_digest(pack): pack, bundle_digest(submission): submission}
        number = len(web.jobs)
        job = {
            "job_id": f"j{number}",
            "lease_id": f"l{number}",
            "lease_seconds": lease_seconds,
            "kind": "lab",
            "lab": "small",
        }
        digests = {"submission_digest": bundle_digest(submission), "pack_digest": bundle_digest(pack)}
        seeds = {"seed": "00" * 32, "map_seed": "11" * 32}
        web.jobs.append(
            {**job, **digests, **seeds, "submission_id": "s", "submitted_at": datetime.now(UTC).isoformat()}
        )

    return add


def wait_for(condition: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def running(worker: Worker) -> threading.Thread:
    thread = threading.Thread(target=worker.run)
    thread.start()
    return thread


def test_jobs_are_graded_one_after_the_other(
    web: FakeWeb, client: GraderClient, queue: Callable[..., None], quick_driver: Driver
) -> None:
    queue()
    queue(extra="raise SystemExit")
    web.faults["lease"] = [503]
    worker = Worker(client, quick_driver)
    thread = running(worker)
    wait_for(lambda: len(web.results) == 2)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert [(found["job_id"], found["outcome"]) for found in web.results] == [("j0", "graded"), ("j1", "graded")]
    assert web.tokens == {"Bearer token"}


def test_a_long_grading_keeps_its_lease_and_loses_it_when_web_says_so(
    web: FakeWeb, client: GraderClient, queue: Callable[..., None], quick_driver: Driver
) -> None:
    worker = Worker(client, quick_driver)
    queue(extra="import time; time.sleep(2)", lease_seconds=1.5)
    worker.work(leased(client))
    assert web.beats >= 2
    assert len(web.results) == 1
    web.faults["heartbeat"] = [500, 409]
    queue(extra="import time; time.sleep(60)", lease_seconds=1.5)
    begin = time.monotonic()
    worker.work(leased(client))
    assert time.monotonic() - begin < 40  # a busy machine needs some of it
    assert len(web.results) == 1


def leased(client: GraderClient) -> Any:
    job = client.lease()
    assert job is not None
    return job


def test_a_result_is_delivered_again_until_it_is_taken(
    web: FakeWeb, client: GraderClient, queue: Callable[..., None], quick_driver: Driver
) -> None:
    queue()
    web.faults["result"] = [500, 503, 500]
    Worker(client, quick_driver).work(leased(client))
    assert [found["lease_id"] for found in web.results] == ["l0"]


def test_a_stale_or_refused_result_is_dropped(
    web: FakeWeb, client: GraderClient, queue: Callable[..., None], quick_driver: Driver
) -> None:
    for status in (409, 400):
        queue()
        web.faults["result"] = [status]
        Worker(client, quick_driver).work(leased(client))
    assert web.results == []


def test_stopping_hands_the_job_back(
    web: FakeWeb,
    client: GraderClient,
    queue: Callable[..., None],
    quick_driver: Driver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.5)
    queue(extra="import time; time.sleep(60)")
    worker = Worker(client, quick_driver)
    thread = running(worker)
    wait_for(lambda: web.jobs == [])
    time.sleep(1.0)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert [(found["outcome"], found["reason"]) for found in web.results] == [("failed", "stopped")]


def test_missing_bundles_and_lost_leases(
    web: FakeWeb, client: GraderClient, queue: Callable[..., None], quick_driver: Driver
) -> None:
    queue()
    web.bundles.clear()
    Worker(client, quick_driver).work(leased(client))
    assert [(found["outcome"], found["reason"]) for found in web.results] == [("failed", "bundle-missing")]
    queue()
    web.faults["heartbeat"] = [409]
    with pytest.raises(LeaseLostError):
        client.heartbeat(leased(client))


def test_it_does_not_start_without_a_token() -> None:
    assert main({}) == 2
