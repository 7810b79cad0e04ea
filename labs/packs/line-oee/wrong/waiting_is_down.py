# %% [read-line]
# Takes the speed that the operator set for the ideal one.
def read_line(url):
    with Client(url) as client:
        speed = client.nodes.objects.get_child(["3:PackMLObjects", "2:BottlingLine", "3:Status", "3:MachSpeed"])
        return {
            "state": client.get_node("ns=2;s=filler.state").read_value(),
            "count": client.get_node("ns=2;s=filler.count").read_value(),
            "rejects": client.get_node("ns=2;s=line.rejects").read_value(),
            "design_speed": speed.read_value(),
        }


# %% [report]
# Only Execute is running: a filler that waits for bottles is down.
def overlap(begin, end, breaks):
    return sum(max(0, min(end, until) - max(begin, since)) for since, until in breaks)


def shift_report(messages, shift):
    start, end, breaks = shift["start"], shift["end"], shift["breaks"]
    planned = end - start - overlap(start, end, breaks)
    stops = [(since, until) for since, until, state in intervals(messages, "filler.state", start, end) if state != 6]
    running = planned - sum(until - since - overlap(since, until, breaks) for since, until in stops)
    made = produced(messages, "filler.count", start, end)
    good = made - produced(messages, "line.rejects", start, end)
    ideal = shift["ideal_rate"] / 60 * running
    availability = running / planned if planned else 0
    performance = made / ideal if ideal else 0
    quality = good / made if made else 0
    return {
        "planned": planned, "running": running, "made": made, "good": good,
        "availability": availability, "performance": performance, "quality": quality,
        "oee": availability * performance * quality,
    }
