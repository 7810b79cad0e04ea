def answers(right, plant_log):
    """Counts every bottle as good."""
    shift = plant_log.shift
    return {
        "quality": 100.0,
        "oee": round(right["availability"] * right["performance"] / 100, 2),
        "energy": round(shift.energy / 3600 / shift.stations[0].made, 3),
    }
