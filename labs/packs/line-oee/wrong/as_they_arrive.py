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
def readings(messages, tag):
    return [(one["arrived"], one["value"]) for one in messages if one["tag"] == tag]


def intervals(messages, tag, start, end):
    rows = readings(messages, tag)
    until = [moment for moment, _ in rows[1:]] + [end]
    found = [[max(moment, start), min(after, end), state] for (moment, state), after in zip(rows, until)]
    return [part for part in found if part[0] < part[1]]
