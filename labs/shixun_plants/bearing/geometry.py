"""The frequencies at which a rolling bearing's faults knock."""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Place(IntEnum):
    """Where the fault is."""

    OUTER = 0
    INNER = 1
    BALL = 2
    CAGE = 3


class Orders(NamedTuple):
    """Fault frequencies in multiples of the shaft's: outer race, inner race, twice the ball's spin, cage."""

    bpfo: float
    bpfi: float
    ball: float
    ftf: float


@dataclass(frozen=True, slots=True)
class Geometry:
    """`balls` of diameter `ball` on a circle of diameter `pitch` (one unit), at a contact angle in rad. By default a 6205.

    The 6205's diameters in inches are those of the drive end bearing of Case Western Reserve University's test stand.
    """

    balls: int = 9
    ball: float = 0.3126
    pitch: float = 1.537
    angle: float = 0.0

    def __post_init__(self) -> None:
        if self.balls < 3 or not 0 < self.ball < self.pitch or not 0 <= self.angle < math.pi / 2:
            raise ValueError("a bearing has at least 3 balls, smaller than their circle, and an angle below 90 degrees")

    @property
    def orders(self) -> Orders:
        """Kinematics without slip (Randall and Antoni, *Mech. Syst. Signal Process.* 25, 2011, eq. 1-4).

        A fault of a ball strikes both races in each turn, so twice the ball's spin frequency is what is heard.
        """
        ratio = self.ball / self.pitch * math.cos(self.angle)
        return Orders(
            self.balls / 2 * (1 - ratio), self.balls / 2 * (1 + ratio), self.pitch / self.ball * (1 - ratio**2), (1 - ratio) / 2
        )  # fmt: skip
