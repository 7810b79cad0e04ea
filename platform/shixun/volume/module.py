"""Volume: person-times, class hours and measured time, counted from the ledger alone."""

from shixun.core.module import Module

MODULE = Module(name="shixun.volume", imports=["shixun.volume.models", "shixun.volume.tasks"])
