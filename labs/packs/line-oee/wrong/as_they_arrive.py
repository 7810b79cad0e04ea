# %% [collect]
# The time of a message is when it came in.
def collect(host, port, count):
    messages, tags = [], {topic: tag for tag, topic in TOPICS.items()}

    def received(_client, _data, message):
        now = time.time()
        value = json.loads(message.payload)["value"]
        messages.append({"tag": tags[message.topic], "value": value, "time": now, "arrived": now, "retain": message.retain})

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = received
    client.connect(host, port)
    client.subscribe([(topic, 0) for topic in tags])
    latest = time.monotonic() + 30
    while len(messages) < count and time.monotonic() < latest:
        client.loop(0.1)
    client.disconnect()
    return messages[:count]


# %% [intervals]
# In the order in which they arrived.
def intervals(messages, tag, start, end):
    rows = [(one["arrived"], one["value"]) for one in messages if one["tag"] == tag]
    until = [moment for moment, _ in rows[1:]] + [end]
    found = [[max(moment, start), min(after, end), state] for (moment, state), after in zip(rows, until)]
    return [part for part in found if part[0] < part[1]]


# %% [produced]
# The same with counters: what comes late and is smaller looks like a reset.
def produced(messages, tag, start, end):
    rows = [(one["arrived"], one["value"]) for one in messages if one["tag"] == tag]
    counts = [count for moment, count in rows if moment <= start][-1:] + [count for moment, count in rows if start < moment <= end]
    total = 0
    for before, now in zip(counts, counts[1:]):
        step = now - before
        if step < 0:
            step = step + 2**32 if step + 2**32 <= 1000 else now
        total += step
    return total
