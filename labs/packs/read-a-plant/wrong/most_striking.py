def answers(right, plant_log):
    """Goes by what strikes the eye: the machine that stood longest, the planned stop, the fastest machine."""
    import checks

    shift = plant_log.shift
    return {
        "bottleneck": checks.longest(shift).station,
        "stop_minutes": round((shift.seconds - shift.planned) / 60, 1),
        "improvement": "faster",
    }
