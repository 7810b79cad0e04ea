"""Handing in and grading by hand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from shixun.assessment import grading
from shixun.assessment.models import ManualGrade, Submission
from shixun.assessment.scores import in_force
from shixun.core import audit, blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, DomainError, Invalid
from shixun.core.i18n import _l
from shixun.core.ids import new_id
from shixun.core.permissions import Actor, Permission
from shixun_packs.digest import Limits, bundle_files
from shixun_packs.problems import PackError

LIMITS = Limits(files=32, file_bytes=8 * 2**20, total_bytes=16 * 2**20)
PER_HOUR = 30  # submissions of one owner for one item; each costs seconds of a grader


class TooLarge(DomainError):
    """More than a submission may hold."""

    status = 413
    code = "too-large"


@dataclass(frozen=True)
class Place:
    """Where a submission belongs: which item of which run (or challenge of which contest), whose score, which lab version."""

    center_id: str
    context: str  # "run" | "contest" | "trial"
    context_id: str
    item: str
    owner_id: str
    lab: str
    pack_digest: str
    max_points: float
    counts: bool
    map_seed: str  # 64 hex digits


def submit(actor: Actor, place: Place, files: Mapping[str, bytes], key: str) -> tuple[Submission, bool]:
    """Take files in; returns the submission and whether it is new. The same key of the same person is the same submission.

    What the files hold is judged by the grader's intake, in a sandbox of its own; here only sizes and paths are checked.
    Raises `TooLarge`, `Invalid`, or `Conflict` after too many in an hour.
    """
    actor.require(Permission.SUBMIT, place.center_id)
    assert actor.person_id is not None
    if not 8 <= len(key) <= 64:
        raise Invalid(_l("The submission carries no usable key."), code="key")
    earlier = _by_key(actor.person_id, key)
    if earlier is not None:
        return earlier, False
    if not files:
        raise Invalid(_l("There is no file in this submission."), code="empty")
    if (
        len(files) > LIMITS.files
        or sum(map(len, files.values())) > LIMITS.total_bytes
        or any(len(data) > LIMITS.file_bytes for data in files.values())
    ):
        raise TooLarge(
            _l("A submission holds at most 32 files, 8 MB each and 16 MB together. Clear the outputs and submit again.")
        )
    try:
        bundle = bundle_files(files, LIMITS)
    except PackError as error:
        raise Invalid(
            _l("A file name of this submission is not allowed: %(problem)s", problem=str(error)), code="path"
        ) from error
    _check_rate(place)
    submission = _received(place, actor.person_id, key, bundle)
    try:
        with db.session.begin_nested():
            db.session.add(submission)
    except IntegrityError:  # the same request twice at once: the other one was first
        earlier = _by_key(actor.person_id, key)
        if earlier is None:
            raise
        return earlier, False
    grading.queue(submission)
    audit.record(actor, "assessment.submission.received", submission.id, files=submission.files_digest)
    return submission, True


def _received(place: Place, person_id: str, key: str, bundle: bytes) -> Submission:
    return Submission(
        center_id=place.center_id,
        context=place.context,
        context_id=place.context_id,
        item=place.item,
        owner_id=place.owner_id,
        person_id=person_id,
        key=key,
        lab=place.lab,
        pack_digest=place.pack_digest,
        files_digest=blobs.put(bundle),
        max_points=place.max_points,
        counts=place.counts,
        map_seed=place.map_seed,
    )


def try_out(actor: Actor, place: Place, files: Mapping[str, bytes]) -> Submission:
    """Let a solution of a lab that is being written be graded like any other. It counts nowhere, and only its author sees it.

    `place.item` is the number of the solution in its pack, 0 for the reference: a form lab's answers are made from it.
    """
    actor.require(Permission.COURSE_AUTHOR, place.center_id)
    assert actor.person_id is not None
    assert place.context == "trial"
    assert not place.counts
    submission = _received(place, actor.person_id, new_id(), bundle_files(files, LIMITS))
    db.session.add(submission)
    grading.queue(submission, "trial")
    return submission


def _by_key(person_id: str, key: str) -> Submission | None:
    return db.session.scalar(select(Submission).where(Submission.person_id == person_id, Submission.key == key))


def _check_rate(place: Place) -> None:
    recent = db.session.scalar(
        select(func.count()).where(
            Submission.center_id == place.center_id,
            Submission.context_id == place.context_id,
            Submission.item == place.item,
            Submission.owner_id == place.owner_id,
            Submission.created_at > now() - timedelta(hours=1),
        )
    )
    if (recent or 0) >= PER_HOUR:
        raise Conflict(
            _l("That is many submissions within an hour. Work on the notebook for a while, then submit again."),
            code="rate",
        )


def grade_by_hand(actor: Actor, submission: Submission, grade_id: str, points: float, comment: str) -> ManualGrade:
    """Give points for a manual cell. Raises `Invalid` (field `points`) outside 0…maximum, `Conflict` before the first verdict."""
    actor.require(Permission.GRADE, submission.center_id)
    assert actor.person_id is not None
    verdict = in_force(submission)
    if verdict is None or verdict.outcome != "graded":
        raise Conflict(_l("There is nothing to grade by hand yet: wait for the automatic result."))
    cell = next((c for c in verdict.cells if c["grade_id"] == grade_id and c.get("manual")), None)
    if cell is None:
        raise Invalid(_l("This lab has no such part to be graded by hand."))
    if not math.isfinite(points) or not 0 <= points <= cell["max_points"]:
        message = _l("Give 0 to %(most)g points.", most=cell["max_points"])
        raise Invalid(message, {"points": message})
    grade = ManualGrade(
        submission=submission,
        grade_id=grade_id,
        points=points,
        comment=comment.strip()[:2000],
        person_id=actor.person_id,
    )
    db.session.add(grade)
    db.session.flush()
    audit.record(actor, "assessment.manual.graded", submission.id, grade_id=grade_id, points=points)
    grading.announce(submission)
    return grade
