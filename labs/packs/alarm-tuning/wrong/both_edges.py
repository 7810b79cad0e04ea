# %% [kpis]
# Counts an alarm when it comes and again when it goes.
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
    standing |= {name for name, time in since.items() if hours * 3600 - time >= 3600}
    return {
        "per_hour": len(log) / hours,
        "peak": max((sum(first <= time < first + 600 for time in times) for first in times), default=0),
        "chattering": sorted(chattering),
        "standing": sorted(standing),
    }
