"""What the worker does every 20 seconds, each in a transaction of its own."""

from shixun.enrolment.attention import close_stale
from shixun.enrolment.meetings import close_meetings, sweep_failures

TICKS = [close_stale, close_meetings, sweep_failures]
