# %% [times]
# Preamble and gap left out: each frame is 20 bytes short.
def wire_ns(size, mbps):
    return math.ceil(max(64, size) * 8 * 1000 / mbps)


def hyperperiod(periods):
    return math.lcm(*periods)
