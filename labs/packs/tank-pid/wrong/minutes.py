# %% [control]
# The reset time in minutes, the sample time in seconds.
def control(setpoint, level, auto, output, memory):
    """回路 1 的控制器 / The controller of loop 1."""
    gain, reset = 0.85, 50.0 / 60.0  # V/cm, s
    error = setpoint - level
    if not auto or "integral" not in memory:
        memory["integral"] = output - gain * error
    growth = gain * error * DT / reset
    wish = gain * error + memory["integral"] + growth
    if 0.0 < wish < 10.0 or (wish >= 10.0 and growth < 0) or (wish <= 0.0 and growth > 0):
        memory["integral"] += growth
    return min(max(wish, 0.0), 10.0)
