# %% [read-line]
# What the screen showed.
def read_line(url):
    return {"state": 6, "count": 1507, "rejects": 25, "design_speed": 54.0}


# %% [produced]
# A counter that becomes smaller has wrapped around.
def produced(messages, tag, start, end):
    rows = sorted({(one["time"], one["value"]) for one in messages if one["tag"] == tag})
    counts = [count for moment, count in rows if moment <= start][-1:] + [count for moment, count in rows if start < moment <= end]
    return sum((now - before) % 2**32 for before, now in zip(counts, counts[1:]))


# %% [report]
# Bottles per minute over seconds, and the share of bad bottles.
UP = {5, 6, 13, 14}


def overlap(begin, end, breaks):
    return sum(max(0, min(end, until) - max(begin, since)) for since, until in breaks)


def shift_report(messages, shift):
    start, end, breaks = shift["start"], shift["end"], shift["breaks"]
    planned = end - start - overlap(start, end, breaks)
    stops = [(since, until) for since, until, state in intervals(messages, "filler.state", start, end) if state not in UP]
    running = planned - sum(until - since - overlap(since, until, breaks) for since, until in stops)
    made = produced(messages, "filler.count", start, end)
    rejects = produced(messages, "line.rejects", start, end)
    availability = running / planned if planned else 0
    performance = made / (shift["ideal_rate"] * running) if running else 0
    quality = rejects / made if made else 0
    return {
        "planned": planned, "running": running, "made": made, "good": made - rejects,
        "availability": availability, "performance": performance, "quality": quality,
        "oee": availability * performance * quality,
    }


# %% [publish]
# To the topic of the line's own figure.
def publish(host, port, report, end):
    mqtt_publish.single(BASE + "line/oee", json.dumps({"oee": report["oee"]}), qos=1, retain=True, hostname=host, port=port)
