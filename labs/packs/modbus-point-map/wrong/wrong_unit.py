# %% [point-table]
# Takes the whole line for one device.
POINTS = find_points()
_unit = POINTS["filler.temperature"]["unit_id"]
POINTS = {tag: {**point, "unit_id": _unit} for tag, point in POINTS.items()}
