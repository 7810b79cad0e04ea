"""A driver that takes note of what its sandboxes need."""

from __future__ import annotations

from shixun_graders.sandbox.base import Driver, Network, Role, Sandbox, SandboxSpec


class Measured:
    """Another driver's sandboxes, with the most memory (MB) that any of them held since `take` was last called."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._peak: float | None = None
        self.name = driver.name

    def take(self) -> float | None:
        """The peak since the last call; None where the driver can't tell."""
        found, self._peak = self._peak, None
        return found

    def available(self) -> str | None:
        """See `Driver`."""
        return self._driver.available()

    def sentence(self) -> str:
        """See `Driver`."""
        return self._driver.sentence()

    def image(self, role: Role) -> str:
        """See `Driver`."""
        return self._driver.image(role)

    def network(self) -> Network:
        """See `Driver`."""
        return self._driver.network()

    def start(self, spec: SandboxSpec, network: Network | None = None) -> Sandbox:
        """See `Driver`."""
        sandbox = self._driver.start(spec, network)
        if spec.role != "plant":  # the plant is ours; what counts is what the pack's code needs
            sandbox.on_close = self._note
        return sandbox

    def _note(self, peak: float | None) -> None:
        if peak is not None:
            self._peak = max(peak, self._peak or 0.0)
