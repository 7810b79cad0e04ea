"""What happens to learners, told within the same transaction. Features above emit the first, and may subscribe to both."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ItemScored:
    """A quiz was finished or a lab graded: the best score of the item as it stands now, which a regrade may have lowered."""

    enrolment_id: str
    item: str
    points: float
    max_points: float
    passed: bool


@dataclass(frozen=True)
class ItemDone:
    """An enrolment is through with an item for the first time."""

    enrolment_id: str
    item: str
