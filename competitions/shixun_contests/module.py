"""Contests."""

from shixun.core.module import Module

MODULE = Module(name="shixun_contests", translations="messages")
