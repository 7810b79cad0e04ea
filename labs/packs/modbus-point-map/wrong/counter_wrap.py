# %% [oee]
def shift_report(points, start, end, planned, down, ideal_rate, limits):
    def value(tag, registers):
        point = points[tag]
        count = 1 if point["dtype"].endswith("16") else 2
        places = [(point["unit_id"], point["table"], point["address"] + k) for k in range(count)]
        return decode([registers[place] for place in places], point)

    filled = value("filler.count", end) - value("filler.count", start)
    good = value("line.good", end) - value("line.good", start)
    availability = (planned - down) / planned
    performance = filled / (ideal_rate / 60 * (planned - down))
    quality = good / filled
    alarms = sorted(tag for tag, (low, high) in limits.items() if not low <= value(tag, end) <= high)
    return {
        "availability": availability,
        "performance": performance,
        "quality": quality,
        "oee": availability * performance * quality,
        "alarms": alarms,
    }
