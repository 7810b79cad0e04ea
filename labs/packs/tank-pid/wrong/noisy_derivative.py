# %% [control]
# Derivative action on the raw measurement.
def control(setpoint, level, auto, output, memory):
    """回路 1 的控制器 / The controller of loop 1."""
    gain, reset = 0.85, 50.0  # V/cm, s
    error = setpoint - level
    if not auto or "integral" not in memory:
        memory["integral"] = output - gain * error
    growth = gain * error * DT / reset
    slope = (level - memory.get("level", level)) / DT
    memory["level"] = level
    wish = gain * error + memory["integral"] + growth - gain * 40.0 * slope
    if 0.0 < wish < 10.0 or (wish >= 10.0 and growth < 0) or (wish <= 0.0 and growth > 0):
        memory["integral"] += growth
    return min(max(wish, 0.0), 10.0)
