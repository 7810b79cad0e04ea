"""How valves, pumps and drives move, and what their faults do to them."""

from collections.abc import Mapping

from shixun_plants.faults import Fault

Upsets = Mapping[str, Fault]
NONE: Upsets = {}


def travel(position: float, wanted: float, dt: float, seconds: float, fault: Fault | None = None) -> float:
    """The position (a share, 0 to 1) after `dt` s of an actuator that takes `seconds` s for its whole way."""
    if fault is not None and fault.kind == "stuck":
        return position
    if fault is not None and fault.kind == "sluggish":
        seconds *= max(1.0, fault.size)
    reach = dt / seconds
    return min(max(wanted, position - reach), position + reach)


def passing(fault: Fault | None) -> float:
    """The share of its flow that an actuator lets through: less than 1 where it is fouled."""
    return 1.0 - min(max(fault.size, 0.0), 1.0) if fault is not None and fault.kind == "fouled" else 1.0
