# %% [schedule]
# Streams in the order of the list: the urgent ones find their times taken.
def schedule(network, streams):
    cycle = hyperperiod([stream["period"] for stream in streams])
    taken, offsets = {port: [] for port in network["mbps"]}, {}
    for stream in streams:
        turns = [k * stream["period"] for k in range(cycle // stream["period"])]
        for offset in range(0, stream["period"], 1000):
            way = journey(network, stream, offset)
            if way[-1][2] + network["cable_ns"] > stream["deadline"]:
                break
            wanted = [(port, [begin + turn, end + turn]) for port, begin, end in way for turn in turns]
            if not any(overlap(window, other, cycle) for port, window in wanted for other in taken[port]):
                offsets[stream["id"]] = offset
                for port, window in wanted:
                    taken[port].append(window)
                break
    gates = {}
    for stream in streams:
        for port in ports(stream["route"])[1:]:
            gates[port] = gate_list(taken[port], cycle, wire_ns(network["largest"], network["mbps"][port]))
    return {"cycle": cycle, "offsets": offsets, "gates": gates}
