"""Enrolment: runs, who takes part, class meetings, progress, learning time."""

from shixun.core.module import Module

MODULE = Module(name="shixun.enrolment", imports=["shixun.enrolment.models", "shixun.enrolment.attention_models"])
