"""`shixun worker`: does the outbox's work and the periodic ticks. Any number may run; the outbox's leases keep them apart."""

import signal
import time
from collections.abc import Callable
from importlib import import_module

import click
import structlog

from shixun.commands.database import application
from shixun.core import outbox
from shixun.core.logs import configure
from shixun.core.module import Registry
from shixun.core.unit_of_work import unit_of_work
from shixun.core.wakeup import wait

log = structlog.get_logger(__name__)
TICK = 20.0  # seconds between the periodic functions of the features
NAP = 2.0  # seconds between looks at the outbox when no bell rings


def ticks(registry: Registry) -> list[Callable[[], None]]:
    """The `TICKS` of every feature's `tasks` module, in the order of the features. Each is idempotent and short."""
    found: list[Callable[[], None]] = []
    for module in registry.modules:
        for dotted in module.imports:
            found.extend(getattr(import_module(dotted), "TICKS", []))
    return found


def run_ticks(functions: list[Callable[[], None]]) -> None:
    """Each in a unit of work of its own: one that fails does not hold the others up."""
    for function in functions:
        try:
            with unit_of_work():
                function()
        except Exception:
            log.exception("tick failed", function=f"{function.__module__}.{function.__name__}")


@click.command()
def worker() -> None:
    """Work until told to stop (SIGTERM); the piece at hand is finished first."""
    configure("worker")
    app = application()
    going = True

    def stop(_number: int, _frame: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    functions = ticks(app.extensions["shixun-registry"])
    next_tick = 0.0
    while going:
        with app.app_context():
            if time.monotonic() >= next_tick:
                run_ticks(functions)
                next_tick = time.monotonic() + TICK
            leased = outbox.lease_next()
            if leased is not None:
                structlog.contextvars.bind_contextvars(request_id=leased.id)
                outbox.run(leased)
            elif not wait("outbox", NAP):
                time.sleep(0.2)
