"""What the unit's hours cost and earn: load, time-of-use tariff (峰谷电价), fuel and CO2, all of it data.

Figures are synthetic but of a usual size, so that a shift in the valley loses money and one at the peak earns it.
"""

from dataclasses import dataclass
from typing import NamedTuple

VALLEY, FLAT, PEAK, SHARP = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Economy:
    """Prices in CNY, heat in MW at a fully open fuel valve, `co2` in kg per MJ of fuel, hours from midnight.

    `periods` has the tariff's period of each hour, `prices` the price per kWh of valley, flat, peak and sharp; `load` the
    dispatched power in MW at each full hour, linear in between. CO2 of bituminous coal: 94.6 kg/GJ (IPCC Guidelines 2006,
    vol. 2, table 1.4); its heat of 20.9 MJ/kg is the raw coal of GB/T 2589. `heat` gives the unit 35 % at the nominal point.
    """

    prices: tuple[float, float, float, float] = (0.35, 0.70, 1.05, 1.26)
    periods: tuple[int, ...] = (*(0,) * 7, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3, 2, 1, 0)
    load: tuple[float, ...] = (
        52.0, 50.0, 48.0, 48.0, 50.0, 54.0, 60.0, 66.0, 72.0, 78.0, 80.0, 78.0,
        74.0, 72.0, 72.0, 74.0, 76.0, 78.0, 84.0, 88.0, 86.0, 78.0, 66.0, 58.0,
    )  # fmt: skip
    heat: float = 560.0
    fuel_heat: float = 20.9
    fuel_price: float = 0.75
    co2: float = 0.0946

    def __post_init__(self) -> None:
        if len(self.periods) != 24 or len(self.load) != 24 or len(self.prices) != 4:
            raise ValueError("periods and load have 24 hours, prices four periods")
        if not set(self.periods) <= {VALLEY, FLAT, PEAK, SHARP}:
            raise ValueError("a period is 0 (valley), 1 (flat), 2 (peak) or 3 (sharp)")
        if (
            min(*self.load, *self.prices, self.heat, self.fuel_heat, self.fuel_price, self.co2) < 0
            or not self.fuel_heat
        ):
            raise ValueError("loads, prices and factors are not negative")

    def period(self, hour: float) -> int:
        """The tariff's period at an hour of the day."""
        return self.periods[int(hour) % 24]

    def price(self, hour: float) -> float:
        """CNY per kWh."""
        return self.prices[self.period(hour)]

    def demand(self, hour: float) -> float:
        """Dispatched power in MW."""
        first = int(hour) % 24
        share = hour % 1.0
        return (1.0 - share) * self.load[first] + share * self.load[(first + 1) % 24]


class Account(NamedTuple):
    """Sums since the start: MWh, CNY, t; `short` is MWh that were dispatched and not delivered."""

    energy: float = 0.0
    revenue: float = 0.0
    fuel_cost: float = 0.0
    coal: float = 0.0
    co2: float = 0.0
    short: float = 0.0

    def after(self, economy: Economy, hour: float, power: float, fuel: float, demand: float, dt: float) -> "Account":
        """The sums `dt` s later, at `power` and `demand` in MW and the share `fuel` of a fully open fuel valve's flow."""
        energy = power * dt / 3600.0
        heat = economy.heat * fuel * dt  # MJ
        coal = heat / economy.fuel_heat
        return Account(
            self.energy + energy,
            self.revenue + 1000.0 * energy * economy.price(hour),
            self.fuel_cost + coal * economy.fuel_price,
            self.coal + coal / 1000.0,
            self.co2 + heat * economy.co2 / 1000.0,
            self.short + max(0.0, demand - power) * dt / 3600.0,
        )
