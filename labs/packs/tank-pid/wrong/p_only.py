# %% [control]
# Proportional only: the offset stays.
def control(setpoint, level, auto, output, memory):
    return min(max(3.0 + 0.85 * (setpoint - level), 0.0), 10.0)
