"""The grading queue: leases, results, regrades. Graders have no database; this is all they reach, over HTTP."""

import hashlib
import hmac
from datetime import timedelta

import structlog
from sqlalchemy import select, update

from shixun.assessment.events import SubmissionGraded
from shixun.assessment.models import GradingJob, Submission, Verdict
from shixun.assessment.scores import score
from shixun.core import audit, blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, NotFound
from shixun.core.events import emit
from shixun.core.i18n import _l
from shixun.core.ids import new_id
from shixun.core.permissions import Actor, Permission
from shixun.core.unit_of_work import after_commit
from shixun.core.wakeup import publish, wake
from shixun_graders.protocol import TRIAL_SEED, GradingResult, Reason
from shixun_graders.protocol import GradingJob as JobMessage

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=60)
_AUTHORS_FAULT = {Reason.CHECKS_FAILED, Reason.PACK_INVALID}
GIVE_UP_AFTER = 5  # leases; by then it is our fault and an operator must look


def grading_channel(owner_id: str) -> str:
    """The live channel that says when the state of one of an owner's submissions changes."""
    return f"graded:{owner_id}"


def queue(submission: Submission, why: str = "submitted") -> GradingJob:
    """Add a job in the present unit of work; a grader is woken after the commit."""
    job = GradingJob(submission=submission, why=why)
    db.session.add(job)
    db.session.flush()
    after_commit(lambda: wake("grading"))
    return job


def lease(worker: str, secret: str) -> JobMessage | None:
    """Lease the job that has been due longest. `secret` keys the seed, so that nobody outside can foresee it."""
    job = db.session.scalar(
        select(GradingJob)
        .where(GradingJob.done_at.is_(None), GradingJob.given_up_at.is_(None), GradingJob.available_at <= now())
        .order_by(GradingJob.available_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if job is None:
        return None
    job.attempts += 1
    if job.attempts > GIVE_UP_AFTER:
        job.given_up_at = now()
        db.session.flush()
        log.error("grading given up", job=job.id, submission=job.submission_id, last_failure=job.last_failure)
        _tell(job.submission)
        return lease(worker, secret)
    job.lease_id = new_id()
    job.worker = worker[:80]
    job.started_at = now()
    job.available_at = now() + LEASE
    db.session.flush()
    submission = job.submission
    _tell(submission)
    seed = hmac.new(secret.encode(), submission.id.encode(), hashlib.sha256).hexdigest()
    solution = None
    if submission.context == "trial":  # the pack's own solutions: nothing to foresee, and each trial is the same
        seed, solution = TRIAL_SEED.hex(), int(submission.item)
    return JobMessage(
        job_id=job.id,
        lease_id=job.lease_id,
        lease_seconds=LEASE.total_seconds(),
        kind="contest" if submission.context == "contest" else "lab",
        submission_id=submission.id,
        lab=submission.lab,
        submission_digest=submission.files_digest,
        pack_digest=submission.pack_digest,
        seed=seed,
        map_seed=submission.map_seed,
        submitted_at=submission.created_at,
        solution=solution,
    )


def heartbeat(job_id: str, lease_id: str) -> None:
    """Extend a lease. Raises `Conflict` if it is no longer this grader's."""
    extended = db.session.scalar(
        update(GradingJob)
        .where(GradingJob.id == job_id, GradingJob.lease_id == lease_id, GradingJob.done_at.is_(None))
        .values(available_at=now() + LEASE)
        .returning(GradingJob.id)
    )
    if extended is None:
        raise Conflict(_l("This lease has run out."), code="stale-lease")


def finish(result: GradingResult) -> None:
    """Take a result. The same result again changes nothing; one under a lease that ran out is refused with `Conflict`."""
    job = db.session.scalar(select(GradingJob).where(GradingJob.id == result.job_id).with_for_update())
    if job is None:
        raise NotFound(_l("There is no such grading job."))
    if job.lease_id != result.lease_id:
        raise Conflict(_l("This lease has run out."), code="stale-lease")
    if job.done_at is not None:
        return
    if result.outcome == "failed":
        job.lease_id = None
        job.last_failure = str(result.reason)
        if job.why == "trial":
            job.last_detail = result.detail
            if result.reason in _AUTHORS_FAULT:  # trying again gives the same
                job.given_up_at = now()
        job.available_at = now() + timedelta(seconds=min(5 * 2**job.attempts, 600))
        log.error("grading failed", job=job.id, reason=str(result.reason), detail=result.detail, attempts=job.attempts)
        return
    submission = job.submission
    _check_cells(submission, result)
    verdict = Verdict(
        submission=submission,
        job_id=job.id,
        number=len(submission.verdicts) + 1,
        outcome=result.outcome,
        reason=str(result.reason) if result.reason else None,
        detail=result.detail,
        notes=[str(note) for note in result.notes],
        cells=[cell.model_dump() for cell in result.cells],
        points=sum(cell.points or 0.0 for cell in result.cells),
        feedback_digest=blobs.put(result.feedback_html.encode()) if result.feedback_html else None,
        environment=result.environment.model_dump() if result.environment else {},
        seconds=result.seconds.model_dump(),
        plant_log_digest=result.plant_log_digest,
    )
    db.session.add(verdict)
    job.done_at = now()
    db.session.flush()
    announce(submission)


def _check_cells(submission: Submission, result: GradingResult) -> None:
    """A grader can't give more than the lab has: it is trusted with verdicts, not with the size of the scale."""
    if sum(cell.max_points for cell in result.cells) > submission.max_points + 1e-6:
        raise Conflict(_l("The result has more points than the lab."), code="points")


def announce(submission: Submission) -> None:
    """Tell the features and the open pages that the submission's score is another now."""
    found = score(submission)
    if found is None:
        return
    emit(SubmissionGraded(submission, submission.verdicts[-1], found.points, found.complete))
    _tell(submission)


def _tell(submission: Submission) -> None:
    channel, message = grading_channel(submission.owner_id), {"submission": submission.id}
    after_commit(lambda: publish(channel, "graded", message))


def regrade(actor: Actor, submission: Submission) -> GradingJob:
    """Grade again, with the same pack and seeds; the earlier verdict stays readable."""
    actor.require(Permission.GRADE, submission.center_id)
    if any(job.done_at is None and job.given_up_at is None for job in submission.jobs):
        raise Conflict(_l("This submission is being graded at this moment. Wait for the result first."))
    audit.record(actor, "assessment.submission.regraded", submission.id)
    return queue(submission, "regrade")
