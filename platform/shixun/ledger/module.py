"""The ledger: append-only, sealed evidence of what happened in a center."""

from shixun.core.module import Module

MODULE = Module(
    name="shixun.ledger", imports=["shixun.ledger.models", "shixun.ledger.protection", "shixun.ledger.tasks"]
)
