"""Which sandboxes there are, and which this machine gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shixun_graders.sandbox.base import Driver
from shixun_graders.sandbox.bubblewrap import Bubblewrap
from shixun_graders.sandbox.docker_engine import DockerEngine


class NoSandboxError(Exception):
    """No driver can make sandboxes here; the message says for each what is missing."""


def _docker(environ: Mapping[str, str]) -> Driver:
    images = {
        "student": environ.get("SHIXUN_SANDBOX_IMAGE"),
        "checker": environ.get("SHIXUN_SANDBOX_IMAGE"),
        "plant": environ.get("SHIXUN_PLANT_IMAGE"),
    }
    chosen = {role: image for role, image in images.items() if image}
    return DockerEngine(chosen, environ.get("SHIXUN_SANDBOX_RUNTIME"))  # type: ignore[arg-type]


# The best first.
DRIVERS: dict[str, Callable[[Mapping[str, str]], Driver]] = {
    "docker": _docker,
    "bubblewrap": lambda _environ: Bubblewrap(),
}


@dataclass(frozen=True)
class Report:
    """One driver on this machine: `missing` is None where it works, `sentence` says how well it isolates."""

    name: str
    missing: str | None
    sentence: str


def report(environ: Mapping[str, str] = os.environ) -> list[Report]:
    """All drivers, the best first (for `shixun doctor`)."""
    drivers = [make(environ) for make in DRIVERS.values()]
    return [Report(driver.name, driver.available(), driver.sentence()) for driver in drivers]


def choose(environ: Mapping[str, str] = os.environ) -> Driver:
    """The driver named by SHIXUN_SANDBOX, or the best that works here. Raises NoSandboxError."""
    wanted = environ.get("SHIXUN_SANDBOX") or "auto"
    if wanted != "auto" and wanted not in DRIVERS:
        raise NoSandboxError(f"SHIXUN_SANDBOX={wanted}: there are {', '.join(DRIVERS)}, and auto")
    reasons = []
    for name, make in DRIVERS.items():
        if wanted in {"auto", name}:
            driver = make(environ)
            missing = driver.available()
            if missing is None:
                return driver
            reasons.append(f"{name}: {missing}")
    raise NoSandboxError("; ".join(reasons))
