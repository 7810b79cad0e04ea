def answers(right, plant_log):
    """Reads the line of the table below."""
    import checks

    figures = checks.station_figures(plant_log.shift, "capper")
    return {name: round(value, 2) for name, value in figures.items()}
