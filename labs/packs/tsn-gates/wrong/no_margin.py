# %% [journey]
# Windows exactly as long as the frame: clocks are never quite the same.
def journey(network, stream, offset):
    start, found = offset, []
    for port in ports(stream["route"]):
        size = wire_ns(stream["bytes"], network["mbps"][port])
        found.append([port, start, start + size])
        start += size + network["cable_ns"] + network["switch_ns"]
    return found
