"""Volume's part of the worker's periodic tick."""

from shixun.volume.operations import refresh_due

TICKS = [refresh_due]
