# %% [times]
# The longest period instead of the least common multiple.
def wire_ns(size, mbps):
    return math.ceil((max(64, size) + 20) * 8 * 1000 / mbps)


def hyperperiod(periods):
    return max(periods)
