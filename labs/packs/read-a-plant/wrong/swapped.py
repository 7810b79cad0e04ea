def answers(right, plant_log):
    """Takes blocked for starved: looks for the bottleneck where waiting is longest, and for the buffer behind the stop."""
    import checks

    shift = plant_log.shift
    stop = checks.longest(shift)
    behind = checks.neighbour(shift, stop.station, 1)
    found = {
        "blocked_more": [station.name for station in shift.stations if station.times["starved"] > station.times["blocked"]],
        "bottleneck": max(shift.stations, key=checks.waiting).name,
    }
    if behind is not None:
        found["holdup"] = float(checks.wait_begins(behind, "starved", stop))
    return found
