"""The grader's side of web's grader API: leases, bundles, heartbeats, results."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from shixun_graders.protocol import GradingJob, GradingResult

MAX_BUNDLE = 80_000_000  # bytes; a pack may hold 64 MiB
LEASE_WAIT = 10.0  # s that web may keep a lease request waiting
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0)


class LeaseLostError(Exception):
    """The job belongs to somebody else by now; what was done for it is thrown away."""


class GraderClient:
    """One connection to web. Raises httpx.HTTPError where web can't be reached or answers with an error."""

    def __init__(self, base_url: str, token: str, worker: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self._worker = worker
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10.0, read=LEASE_WAIT + 20.0),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def lease(self) -> GradingJob | None:
        """The next job, or None after a while without any."""
        answer = self._http.post("/grader/v1/lease", json={"worker": self._worker, "wait": LEASE_WAIT})
        answer.raise_for_status()
        return None if answer.status_code == httpx.codes.NO_CONTENT else GradingJob.model_validate_json(answer.content)

    def bundle(self, digest: str) -> bytes:
        """A bundle's bytes; the stream is cut at `MAX_BUNDLE`. The caller checks the digest."""
        data = bytearray()
        with self._http.stream("GET", f"/grader/v1/bundles/{digest}") as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > MAX_BUNDLE:
                    raise ValueError(f"a bundle over {MAX_BUNDLE} bytes")
        return bytes(data)

    def heartbeat(self, job: GradingJob) -> None:
        """Keep the lease. Raises LeaseLostError."""
        self._post(f"/grader/v1/jobs/{job.job_id}/heartbeat", {"lease_id": job.lease_id})

    def deliver(self, result: GradingResult) -> None:
        """Hand in the result, again and again while web is away: the same lease may deliver twice. Raises LeaseLostError."""
        for seconds in (*RETRY_SECONDS, None):
            try:
                return self._post(f"/grader/v1/jobs/{result.job_id}/result", result.model_dump(mode="json"))
            except httpx.HTTPStatusError as error:
                if seconds is None or error.response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise
            except httpx.TransportError:
                if seconds is None:
                    raise
            self._sleep(seconds)
        return None

    def _post(self, path: str, body: object) -> None:
        answer = self._http.post(path, json=body)
        if answer.status_code in {httpx.codes.CONFLICT, httpx.codes.NOT_FOUND}:
            raise LeaseLostError(path)
        answer.raise_for_status()
