# %% [gates]
# No guard band: other queues stay open right up to the window.
def gate_list(windows, cycle, guard):
    edges = {0, cycle}
    for begin, end in windows:
        edges |= {begin % cycle, end % cycle}
    edges, rows = sorted(edges), []
    for time, after in zip(edges, edges[1:]):
        gates = CONTROL if any(inside(time, begin, end, cycle) for begin, end in windows) else REST
        if rows and rows[-1][0] == gates:
            rows[-1][1] += after - time
        else:
            rows.append([gates, after - time])
    return rows
