"""A quantity that wanders about a mean: supply, demand, ambient."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wander:
    """An Ornstein-Uhlenbeck process: mean and deviation in the quantity's SI unit, time constant in s."""

    mean: float
    deviation: float
    time_constant: float

    def next(self, value: float, dt: float, rng: random.Random) -> float:
        """The value `dt` s later: the process's exact step (Gillespie, Phys. Rev. E 54, 2084, 1996), so dt doesn't change it."""
        keep = math.exp(-dt / self.time_constant)
        return self.mean + (value - self.mean) * keep + self.deviation * math.sqrt(1.0 - keep * keep) * rng.gauss()
