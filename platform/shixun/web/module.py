"""The frame of all pages."""

from shixun.core.module import Module
from shixun.web.views import bp

MODULE = Module(name="shixun.web", web=[bp], imports=["shixun.core.audit", "shixun.core.blobs", "shixun.core.outbox"])
