# %% [report]
# The shift is eight hours: the break is lost time like any other.
def shift_report(messages, shift):
    start, end = shift["start"], shift["end"]
    planned = end - start
    parts = intervals(messages, "filler.state", start, end)
    running = planned - sum(until - since for since, until, state in parts if state not in (5, 6, 13, 14))
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


# %% [total]
# The mean of the shifts' shares.
def total(reports, ideal_rate):
    names = ("availability", "performance", "quality", "oee")
    return {name: sum(report.get(name, 0) for report in reports) / len(reports) for name in names}
