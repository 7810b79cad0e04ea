def answers(right, plant_log):
    """Writes shares where per cent are asked for."""
    return {name: round(right[name] / 100, 3) for name in ("availability", "performance", "quality", "oee")}
