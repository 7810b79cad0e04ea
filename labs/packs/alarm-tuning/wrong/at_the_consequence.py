# %% [config]
# The alarm comes when the damage is done.
def alarm(limit, deadband, on_delay, off_delay, priority):
    return {"limit": limit, "deadband": deadband, "on_delay": on_delay, "off_delay": off_delay, "priority": priority}


ALARMS = {
    "lit101.level:H": alarm(950.0, 40.0, 30, 60, 3),
    "lit101.level:L": alarm(430.0, 40.0, 20, 60, 1),
    "p101.current:H": alarm(27.0, 1.5, 60, 60, 2),
    "p101.bearing:H": alarm(75.0, 3.0, 60, 120, 3),
    "pit201.pressure:L": alarm(345.0, 20.0, 60, 60, 1),
    "ait201.turbidity:H": alarm(3.6, 0.6, 60, 60, 1),
    "ait202.chlorine:L": alarm(0.43, 0.04, 60, 120, 3),
    "p102.current:L": None,
}

CONSEQUENCE = {
    "lit101.level:H": 1600.0, "lit101.level:L": 250.0, "p101.current:H": 34.0, "p101.bearing:H": 95.0,
    "pit201.pressure:L": 250.0, "ait201.turbidity:H": 8.0, "ait202.chlorine:L": 0.2,
}
for name, limit in CONSEQUENCE.items():
    ALARMS[name]["limit"] = limit
