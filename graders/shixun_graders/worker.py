"""`python -m shixun_graders.worker`: leases jobs from web, one at a time, and grades them. It has no database and no Redis.

Environment: SHIXUN_GRADER_API, SHIXUN_GRADER_TOKEN, SHIXUN_GRADER_NAME (host and process by default), and what
`sandbox.registry` reads. SIGTERM ends it: between jobs at once; a job in progress gets `GRACE` seconds to finish, then its
sandboxes are killed and the job is handed back.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping

import httpx

from shixun_graders.client import GraderClient, LeaseLostError
from shixun_graders.grade import Grading, Packs
from shixun_graders.protocol import GradingJob
from shixun_graders.sandbox import docker_engine
from shixun_graders.sandbox.base import Driver
from shixun_graders.sandbox.registry import NoSandboxError, choose
from shixun_graders.sandbox.selftest import self_test

GRACE = 20.0  # s
AWAY_SECONDS = 2.0  # between attempts while web can't be reached
MISSING_SECONDS = 30.0  # between looks for a sandbox while there is none
DEFAULT_API = "http://127.0.0.1:8082"

_log = logging.getLogger(__name__)


class Worker:
    """The lease loop."""

    def __init__(self, client: GraderClient, driver: Driver) -> None:
        self._client, self._driver = client, driver
        self._packs = Packs()
        self._stopping = threading.Event()
        self._grading: Grading | None = None

    def stop(self) -> None:
        """Lease nothing more; end the job in progress after `GRACE`. May be called by a signal handler."""
        self._stopping.set()
        timer = threading.Timer(GRACE, self._give_up)
        timer.daemon = True
        timer.start()

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            try:
                job = self._client.lease()
            except (httpx.HTTPError, ValueError) as error:
                _log.warning("no lease: %s", error)
                self._stopping.wait(AWAY_SECONDS)
                continue
            if job is not None:
                self.work(job)

    def work(self, job: GradingJob) -> None:
        """Grade one job and deliver the result, unless the lease was lost on the way."""
        self._grading = Grading(job, self._client.bundle, self._driver, self._packs)
        done, lost = threading.Event(), threading.Event()
        beating = threading.Thread(target=self._beat, args=(job, self._grading, done, lost), daemon=True)
        beating.start()
        try:
            result = self._grading.result()
        finally:
            done.set()
            beating.join()
            self._grading = None
        if lost.is_set():
            _log.warning("job %s: the lease was lost", job.job_id)
            return
        try:
            self._client.deliver(result)
        except LeaseLostError:
            _log.warning("job %s: the lease was lost before the result", job.job_id)
        except httpx.HTTPError as error:
            _log.warning("job %s: the result could not be delivered, its lease will expire: %s", job.job_id, error)
        else:
            _log.info("job %s: %s %s", job.job_id, result.outcome, result.seconds)

    def _beat(self, job: GradingJob, grading: Grading, done: threading.Event, lost: threading.Event) -> None:
        while not done.wait(job.lease_seconds / 3):
            try:
                self._client.heartbeat(job)
            except LeaseLostError:
                lost.set()
                grading.cancel()
                return
            except httpx.HTTPError as error:
                _log.warning("job %s: no heartbeat: %s", job.job_id, error)

    def _give_up(self) -> None:
        grading = self._grading
        if grading is not None:
            grading.cancel()


def ready_driver(environ: Mapping[str, str], stopping: threading.Event) -> Driver | None:
    """A driver that passed its self-test; waits for one, saying why, until `stopping`."""
    while not stopping.is_set():
        try:
            driver = choose(environ)
            failed = [probe for probe in self_test(driver) if not probe.held]
            if not failed:
                _log.info("%s", driver.sentence())
                return driver
            reason = "; ".join(f"{probe.name}: {probe.detail}" for probe in failed)
            _log.error("%s does not isolate as it must, nothing is graded: %s", driver.name, reason)
        except NoSandboxError as error:
            _log.error("nothing can be graded here: %s", error)
        stopping.wait(MISSING_SECONDS)
    return None


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run the worker; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    token = environ.get("SHIXUN_GRADER_TOKEN")
    if not token:
        _log.error("SHIXUN_GRADER_TOKEN is not set")
        return 2
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    driver = ready_driver(environ, stopping)
    if driver is None:
        return 0
    if driver.name == "docker":
        docker_engine.sweep()
    name = environ.get("SHIXUN_GRADER_NAME") or f"{socket.gethostname()}-{os.getpid()}"
    client = GraderClient(environ.get("SHIXUN_GRADER_API") or DEFAULT_API, token, name)
    worker = Worker(client, driver)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: worker.stop())
    if not stopping.is_set():
        worker.run()
    client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
