# %% [identify]
# Takes the time to 63 % for the time constant, dead time included.
def identify(t, u, y):
    """增益、时间常数、滞后 / Gain, time constant, dead time."""
    begin = next(k for k in range(1, len(u)) if u[k] != u[0])
    first = sum(y[:begin]) / begin
    tail = y[-max(5, len(y) // 10) :]
    rise = sum(tail) / len(tail) - first
    smooth = [sum(y[max(0, k - 1) : k + 2]) / len(y[max(0, k - 1) : k + 2]) for k in range(len(y))]

    def reached(share):
        for k in range(begin, len(y)):
            done = (smooth[k] - first) / rise
            if done >= share:
                before = (smooth[k - 1] - first) / rise
                return t[k] - (t[k] - t[k - 1]) * (done - share) / (done - before) - t[begin]

    t63 = reached(0.632)
    tau = t63
    return {"gain": rise / (u[-1] - u[0]), "tau": tau, "delay": 0.0}
