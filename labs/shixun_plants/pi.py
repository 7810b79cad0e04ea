"""The PI controller that the process plants have built in."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pi:
    """u = bias + gain (e + integral of e / reset), held within its limits; `reset` 0 means no integral action.

    The ideal (non-interacting) form (Åström and Hägglund, *Advanced PID Control*, 2006, ch. 3). While the output is at a limit
    the integral moves only away from it (anti-windup by conditional integration). `gain` is output units per unit of error
    and may be negative; `reset` in s.
    """

    gain: float
    reset: float
    low: float
    high: float
    bias: float = 0.0
    _sum: float = 0.0

    def output(self, setpoint: float, value: float, dt: float, forward: float = 0.0) -> float:
        """The output for one scan that comes `dt` s after the last; `forward` is added before the limits."""
        error = setpoint - value
        growth = self.gain * error * dt / self.reset if self.reset > 0 else 0.0
        wish = self.bias + forward + self.gain * error + self._sum + growth
        if (wish < self.high or growth < 0) and (wish > self.low or growth > 0):
            self._sum += growth
        return min(max(wish, self.low), self.high)

    def follow(self, setpoint: float, value: float, output: float, forward: float = 0.0) -> None:
        """Take over from a hand without a bump: the next output is about the present one."""
        self._sum = output - self.bias - forward - self.gain * (setpoint - value)
