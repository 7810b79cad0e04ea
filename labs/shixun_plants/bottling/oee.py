"""OEE = availability x performance x quality, at the bottleneck."""

from typing import NamedTuple

from shixun_plants.bottling.core import LineState


class Oee(NamedTuple):
    """Shares, 0 to 1."""

    availability: float
    performance: float
    quality: float

    @property
    def oee(self) -> float:
        """The product of the three."""
        return self.availability * self.performance * self.quality


def station_oee(line: LineState, index: int) -> Oee:
    """OEE of one machine since the counters began (Nakajima, *Introduction to TPM*, 1988; KPI names of ISO 22400-2).

    Availability = (planned - down) / planned; performance = bottles x ideal cycle / (planned - down); quality = good /
    bottles. Down is the machine's own failure or an operator's stop; waiting for neighbours is lost performance.
    """
    station, spec = line.stations[index], line.params.stations[index]
    running = line.planned - station.down
    return Oee(
        running / line.planned if line.planned > 0 else 0.0,
        min(1.0, station.made / (spec.rate * running)) if running > 0 else 0.0,
        station.good / station.made if station.made else 1.0,
    )


def line_oee(line: LineState) -> Oee:
    """OEE of the slowest machine, which stands for the line."""
    return station_oee(line, line.params.bottleneck)
