# %% [control]
# A push at the time at which the practice tank is disturbed.
def control(setpoint, level, auto, output, memory):
    """回路 1 的控制器 / The controller of loop 1."""
    gain, reset = 0.85, 50.0  # V/cm, s
    error = setpoint - level
    if not auto or "integral" not in memory:
        memory["integral"] = output - gain * error
    growth = gain * error * DT / reset
    memory["n"] = memory.get("n", -1) + 1
    wish = (1.4 if memory["n"] >= 110 else 0.0) + gain * error + memory["integral"] + growth
    if 0.0 < wish < 10.0 or (wish >= 10.0 and growth < 0) or (wish <= 0.0 and growth > 0):
        memory["integral"] += growth
    return min(max(wish, 0.0), 10.0)
