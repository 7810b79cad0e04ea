"""Why a submission can't be graded."""

from __future__ import annotations

from shixun_graders.protocol import Reason


class RefusalError(Exception):
    """The submission is refused; `detail` is a grade id or file name, or None."""

    def __init__(self, reason: Reason, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = None if detail is None else detail[:200]
