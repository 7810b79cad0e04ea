# %% [kpis]
# Counts in fixed ten minutes, and forgets what still stands.
def alarm_kpis(log, hours):
    times = [time for time, _, on in log if on]
    chattering, standing, came, since = set(), set(), {}, {}
    for time, name, on in log:
        if on:
            since[name] = time
            came.setdefault(name, []).append(time)
            if len(came[name]) >= 3 and time - came[name][-3] <= 60:
                chattering.add(name)
        elif time - since.pop(name, time) >= 3600:
            standing.add(name)
    return {
        "per_hour": len(times) / hours,
        "peak": max(sum(start <= time < start + 600 for time in times) for start in range(0, int(hours * 3600), 600)),
        "chattering": sorted(chattering),
        "standing": sorted(standing),
    }
