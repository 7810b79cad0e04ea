# %% [gates]
# What lies across the end of the cycle is cut off: windows and their guard bands.
def gate_list(windows, cycle, guard):
    rows, now = [], 0
    merged = []
    for begin, end in sorted((max(0, begin), min(cycle, end)) for begin, end in windows):
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        elif begin < end:
            merged.append([begin, end])
    for begin, end in merged:
        closed = max(now, begin - guard)
        rows += [[REST, closed - now], [CLOSED, begin - closed], [CONTROL, end - begin]]
        now = end
    rows.append([REST, cycle - now])
    return [row for row in rows if row[1] > 0]
