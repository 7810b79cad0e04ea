"""Evidence for tests, written into a center's ledger through the same door as the platform's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.core.permissions import system_actor
from shixun.ledger.kinds import instant_text
from shixun.ledger.models import LedgerEntry
from shixun.ledger.operations import record
from shixun.ledger.tasks import seal_and_sign
from shixun.volume.operations import refresh_due

AT = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


class Evidence:
    """Writes evidence of one center; times are hours after `AT`."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self.actor = system_actor(center.id)
        self._keys = count()

    def put(
        self, kind: str, hour: float, data: dict[str, Any], subject: str | None = None, key: str = ""
    ) -> LedgerEntry:
        entry = record(
            self.actor,
            kind,
            subject_id=subject,
            key=key or f"k{next(self._keys)}",
            occurred_at=AT + timedelta(hours=hour),
            data=data,
        )
        assert entry is not None
        return entry

    def run(self, run_id: str, minutes: float = 60, meetings: int = 0, title: str = "") -> LedgerEntry:
        facts = {
            "run_id": run_id,
            "course": "industrial-networks",
            "course_version": "1.0.0",
            "title": {"zh": title or f"班期 {run_id}", "en": title or f"Run {run_id}"},
            "planned_minutes": minutes,
            "class_hour_minutes": 45,
            "pass_share": 0.8,
            "field": "industrial-internet",
            "audience": ["skilled-worker"],
            "meetings": meetings,
        }
        return self.put("run.opened", 0, facts, key=run_id)

    def enrol(self, subject: str, run_id: str) -> LedgerEntry:
        return self.put("run.enrolled", 0, {"run_id": run_id}, subject)

    def time(self, subject: str, run_id: str, start: float, end: float) -> LedgerEntry:
        data = {
            "run_id": run_id,
            "item": "modbus",
            "source": "lesson",
            "start": instant_text(AT + timedelta(hours=start)),
            "end": instant_text(AT + timedelta(hours=end)),
            "proofs": 5,
        }
        return self.put("time.interval", end, data, subject)

    def check_in(self, subject: str, run_id: str, hour: float = 0) -> LedgerEntry:
        return self.put("meeting.checkin", hour, {"run_id": run_id, "meeting_id": "m1"}, subject)

    def reverse(self, entry: LedgerEntry) -> LedgerEntry:
        data = {"entry": entry.id, "reason": "recorded in error", "approved_by": "s-second"}
        return self.put("entry.reversed", 1, data, entry.subject_id, key=entry.id)

    def contest(self, contest_id: str, teams: Sequence[str], hour: float = 5) -> LedgerEntry:
        title = {"zh": f"赛事 {contest_id}", "en": f"Contest {contest_id}"}
        held = self.put(
            "contest.held", hour, {"contest_id": contest_id, "title": title, "field": "industrial-internet"}
        )
        for team in teams:
            data = {"contest_id": contest_id, "entry_id": team, "division": "open", "members": ["s1", "s2"]}
            self.put("contest.team", hour, data, key=f"{contest_id}:{team}")
        return held

    def places(self, places: int, hour: float = 0) -> LedgerEntry:
        return self.put("capacity.places", hour, {"places": places, "basis": "thirty PCs in two rooms"})


def settle() -> None:
    """Commit, seal, sign and count, as the worker's ticks do."""
    db.session.commit()
    seal_and_sign(force_heads=True)
    refresh_due()
