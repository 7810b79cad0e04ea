# %% [schedule]
# Only control traffic may ever pass: no guard band is needed, and nobody else gets through.
def schedule(network, streams):
    cycle = hyperperiod([stream["period"] for stream in streams])
    taken, offsets = {port: [] for port in network["mbps"]}, {}
    for stream in sorted(streams, key=lambda stream: stream["deadline"]):
        turns = [k * stream["period"] for k in range(cycle // stream["period"])]
        for offset in range(0, stream["period"], 1000):
            way = journey(network, stream, offset)
            wanted = [(port, [begin + turn, end + turn]) for port, begin, end in way for turn in turns]
            if not any(overlap(window, other, cycle) for port, window in wanted for other in taken[port]):
                offsets[stream["id"]] = offset
                for port, window in wanted:
                    taken[port].append(window)
                break
    gates = {port: [[CONTROL, cycle]] for stream in streams for port in ports(stream["route"])[1:]}
    return {"cycle": cycle, "offsets": offsets, "gates": gates}
