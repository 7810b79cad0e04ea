"""Days and years of a center's time zone, on instants that are whole microseconds since 1970 (UTC)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
MINUTE = 60_000_000  # microseconds


def micros(value: datetime) -> int:
    """An aware instant as microseconds since 1970."""
    return (value - _EPOCH) // _MICRO


def instant(value: int) -> datetime:
    """Microseconds since 1970 as an aware instant in UTC."""
    return _EPOCH + value * _MICRO


class Calendar:
    """Where days begin and end in a zone; remembers the ends it has computed."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._ends: dict[date, int] = {}

    def day(self, value: int) -> tuple[date, int]:
        """The local day of an instant, and the instant at which that day ends."""
        day = instant(value).astimezone(self._zone).date()
        end = self._ends.get(day)
        if end is None:
            following = day + timedelta(days=1)
            midnight = datetime(following.year, following.month, following.day, tzinfo=self._zone)
            end = self._ends[day] = micros(midnight.astimezone(UTC))
        return day, end

    def year(self, value: int) -> int:
        """The local year of an instant."""
        return instant(value).astimezone(self._zone).year

    def year_end(self, year: int) -> int:
        """The instant at which a local year ends."""
        return micros(datetime(year + 1, 1, 1, tzinfo=self._zone).astimezone(UTC))
