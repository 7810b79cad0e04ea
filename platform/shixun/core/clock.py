"""The server's clock: the only one that evidence is measured with. Nothing can set it while the platform runs."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC, aware."""
    return datetime.now(UTC)
