# %% [gates]
# The guard band is added between rest and window instead of being taken from the rest: the rows add up to more than the cycle.
def gate_list(windows, cycle, guard):
    rows, now = [], 0
    for begin, end in sorted([begin % cycle, begin % cycle + end - begin] for begin, end in windows):
        if begin > now:
            rows.append([REST, begin - now])
        rows += [[CLOSED, guard], [CONTROL, end - begin]]
        now = end
    if cycle > now:
        rows.append([REST, cycle - now])
    return rows
