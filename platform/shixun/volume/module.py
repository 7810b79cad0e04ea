"""The volume feature."""

from shixun.core.module import Module

MODULE = Module(name="shixun.volume")
