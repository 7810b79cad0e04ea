# %% [journey]
# The next gate opens as soon as the frame has been sent: no cable, no time in the switch.
def journey(network, stream, offset):
    start, margin, found = offset, network["margin_ns"], []
    for port in ports(stream["route"]):
        size = wire_ns(stream["bytes"], network["mbps"][port])
        found.append([port, start - margin, start + size + margin])
        start += size
    return found
