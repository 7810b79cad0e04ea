"""The figures of the bottling line.

Rates 0.9-1.1 bottle/s, exponential MTBF 1800-5400 s and MTTR 60-240 s, first-pass quality 98.5 %: with them the
bottleneck's OEE over a shift is about 0.84, and larger buffers lift the good output of a shift from about 20.7 to 23.9
thousand bottles.
"""

from dataclasses import dataclass, field

from shixun_plants.wander import Wander


@dataclass(frozen=True, slots=True)
class Station:
    """One machine: nominal rate in bottle/s, MTBF and MTTR in s, share of good bottles, power in W."""

    name: str
    rate: float
    mtbf: float
    mttr: float
    quality: float
    rest_power: float
    work_power: float


STATIONS = (
    Station("rinser", 1.08, 3600.0, 120.0, 1.0, 400.0, 2200.0),
    Station("filler", 0.90, 2700.0, 120.0, 0.985, 900.0, 5500.0),
    Station("capper", 1.00, 1800.0, 80.0, 1.0, 300.0, 1800.0),
    Station("labeller", 1.05, 2400.0, 130.0, 1.0, 600.0, 2600.0),
    Station("packer", 1.10, 5400.0, 240.0, 1.0, 500.0, 3400.0),
)

WANDERS = {
    "rinse_pressure": Wander(3.0e5, 8.0e3, 40.0),  # Pa, gauge
    "product_temperature": Wander(281.15, 0.6, 600.0),  # K
    "cap_torque": Wander(1.7, 0.06, 15.0),  # N m
    "glue_temperature": Wander(433.15, 1.8, 300.0),  # K
}


@dataclass(frozen=True, slots=True)
class Params:
    """What a line is built of. Buffers in bottles, one between each pair of stations; volumes in m3, lengths in m."""

    stations: tuple[Station, ...] = STATIONS
    buffers: tuple[int, ...] = (35, 35, 35, 35)
    wanders: dict[str, Wander] = field(default_factory=lambda: dict(WANDERS))
    patience: float = 5.0  # s without a bottle or a free place after which a station suspends
    bottle_volume: float = 5.0e-4
    bowl_area: float = 0.5
    bowl_level: float = 0.6  # set point of the filler bowl
    case_size: int = 12

    def __post_init__(self) -> None:
        if len(self.stations) < 2 or len(self.buffers) != len(self.stations) - 1:
            raise ValueError("a line needs at least two stations and one buffer between each pair")
        if min(self.buffers) < 1:
            raise ValueError("a buffer holds at least one bottle")
        for station in self.stations:
            if min(station.rate, station.mtbf, station.mttr) <= 0 or not 0 <= station.quality <= 1:
                raise ValueError(f"station {station.name}: rate, MTBF and MTTR are positive, quality is in [0, 1]")

    @property
    def bottleneck(self) -> int:
        """Index of the slowest station: the one whose OEE stands for the line."""
        rates = [station.rate for station in self.stations]
        return rates.index(min(rates))
