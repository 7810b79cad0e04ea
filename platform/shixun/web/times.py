"""Instants as people of the center read them: in the center's zone, never the browser's."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import format_date, format_datetime

from shixun.core.i18n import ngettext

DEFAULT_ZONE = "Asia/Shanghai"


def zone() -> ZoneInfo:
    """The zone of the center at hand."""
    center = g.get("center") if g else None
    return ZoneInfo(center.timezone if center is not None else DEFAULT_ZONE)


def date_text(value: datetime | None) -> str:
    """A day, like 2026年11月23日."""
    return "" if value is None else format_date(value.astimezone(zone()), "medium", rebase=False)


def time_text(value: datetime | None, style: str = "yyyy-MM-dd HH:mm") -> str:
    """An instant to the minute (or by a CLDR pattern)."""
    return "" if value is None else format_datetime(value.astimezone(zone()), style, rebase=False)


def minutes_text(seconds: float | int | None) -> str:
    """Seconds as whole minutes, rounded down: we never show more time than there was."""
    count = int((seconds or 0) // 60)
    return str(ngettext("%(num)d minute", "%(num)d minutes", count))
