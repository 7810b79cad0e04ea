"""What assessment tells the features above it, within the same transaction."""

from dataclasses import dataclass

from shixun.assessment.models import Submission, Verdict


@dataclass(frozen=True)
class SubmissionGraded:
    """A verdict came in (first or regrade), or an instructor's grade changed the score. `verdict` is the one in force."""

    submission: Submission
    verdict: Verdict
    points: float  # automatic and manual together
    complete: bool  # False while a manual cell waits for its instructor
