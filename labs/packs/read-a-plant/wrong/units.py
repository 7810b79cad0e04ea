def answers(right, plant_log):
    """Writes hours, seconds and kilowatt hours into fields with other units."""
    return {
        "planned": round(right["planned"] / 60, 2),
        "stop_minutes": float(round(right["stop_minutes"] * 60)),
        "holdup": round(right["holdup"] / 60, 1),
        "energy": round(right["energy"] / 1000, 5),
    }
