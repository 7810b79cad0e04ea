def answers(right, plant_log):
    """Takes all eight hours as planned, so that the break counts as lost."""
    shift = plant_log.shift
    running = shift.planned - shift.station("filler").times["down"]
    availability = round(100 * running / shift.seconds, 1)
    return {
        "planned": 480.0,
        "availability": availability,
        "oee": round(availability * right["performance"] * right["quality"] / 1e4, 1),
    }
