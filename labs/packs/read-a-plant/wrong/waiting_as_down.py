def answers(right, plant_log):
    """Counts waiting for neighbours as down time; the product comes out right all the same."""
    shift = plant_log.shift
    filler = shift.station("filler")
    return {
        "availability": round(100 * filler.times["run"] / shift.planned, 2),
        "performance": round(100 * filler.made / (filler.rate / 60 * filler.times["run"]), 2),
    }
