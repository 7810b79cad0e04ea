"""The kinds of evidence and the shape of each. A wrong row can never be mended, so shapes are checked before writing.

Ids are opaque and no names or free text about people belong in here: erasing a person must leave the chain whole.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def parse_instant(text: str) -> datetime:
    """An instant of the ledger (ISO-8601 in UTC, written with Z) as an aware datetime. Raises `ValueError`."""
    if not text.endswith("Z"):
        raise ValueError("an instant of the ledger is written in UTC with Z")
    return datetime.fromisoformat(text).astimezone(UTC)


def instant_text(value: datetime) -> str:
    """An aware datetime as the ledger writes it: ISO-8601, UTC, microseconds, Z."""
    if value.tzinfo is None:
        raise ValueError("a naive datetime can't be evidence")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _instant(text: str) -> str:
    parse_instant(text)
    return text


Instant = Annotated[str, AfterValidator(_instant)]
Id = Annotated[str, Field(min_length=1, max_length=80)]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """Base of the shapes: exact types; facts beyond the listed ones may ride along."""

    model_config = ConfigDict(strict=True, extra="allow")


class Text(Shape):
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class RunOpened(Shape):
    run_id: Id
    course: Id
    course_version: str
    title: Text
    planned_minutes: Annotated[int | float, Field(gt=0)]
    class_hour_minutes: Annotated[int | float, Field(gt=0)]
    pass_share: Annotated[int | float, Field(gt=0, le=1)]
    field: str
    audience: list[str]
    meetings: Count


class RunEnrolled(Shape):
    run_id: Id


class TimeInterval(Shape):
    run_id: Id
    item: str
    source: Literal["lesson", "lab", "quiz", "meeting", "contest"]
    start: Instant
    end: Instant
    proofs: Count

    @model_validator(mode="after")
    def _forward(self) -> "TimeInterval":
        if parse_instant(self.end) <= parse_instant(self.start):
            raise ValueError("an interval ends after its start")
        return self


class MeetingCheckin(Shape):
    run_id: Id
    meeting_id: Id


class QuizFinished(Shape):
    run_id: Id
    item: str
    points: int | float
    max_points: int | float


class LabGraded(Shape):
    run_id: Id
    item: str
    submission_id: Id
    verdict: Count
    points: int | float
    max_points: int | float


class ContestHeld(Shape):
    contest_id: Id
    title: Text
    field: str


class ContestTeam(Shape):
    contest_id: Id
    entry_id: Id
    division: str
    members: list[Id]


class CapacityPlaces(Shape):
    places: Count
    basis: str


class EntryReversed(Shape):
    entry: Id
    reason: Annotated[str, Field(min_length=1)]
    approved_by: Id


SHAPES: dict[str, type[Shape]] = {
    "run.opened": RunOpened,
    "run.enrolled": RunEnrolled,
    "time.interval": TimeInterval,
    "meeting.checkin": MeetingCheckin,
    "quiz.finished": QuizFinished,
    "lab.graded": LabGraded,
    "contest.held": ContestHeld,
    "contest.team": ContestTeam,
    "capacity.places": CapacityPlaces,
    "entry.reversed": EntryReversed,
}

# Kinds that are about one trainee; the others are about the center or one of its runs and contests.
OF_SUBJECT = frozenset({"run.enrolled", "time.interval", "meeting.checkin", "quiz.finished", "lab.graded"})


def check(kind: str, subject_id: str | None, data: dict[str, Any]) -> None:
    """Raise `ValueError` unless `data` has the shape of `kind` and names a subject where the kind is about one."""
    shape = SHAPES.get(kind)
    if shape is None:
        raise ValueError(f"the ledger knows no kind {kind!r}")
    shape.model_validate(data)  # a ValidationError is a ValueError
    if kind in OF_SUBJECT and not subject_id:
        raise ValueError(f"{kind} is about a trainee: it needs a subject")
