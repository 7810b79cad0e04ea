# %% [point-table]
# Counts addresses from 1, as manuals do (40001 is register 0).
POINTS = {tag: {**point, "address": point["address"] + 1} for tag, point in find_points().items()}
