# %% [collect]
# Retained messages are old news.
def collect(host, port, count):
    messages, tags = [], {topic: tag for tag, topic in TOPICS.items()}

    def received(_client, _data, message):
        if not message.retain:
            body = json.loads(message.payload)
            moment = datetime.fromisoformat(body["timestamp"]).timestamp()
            messages.append({
                "tag": tags[message.topic], "value": body["value"], "time": moment, "arrived": time.time(), "retain": False,
            })

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = received
    client.connect(host, port)
    client.subscribe([(topic, 1) for topic in tags])
    latest = time.monotonic() + 4
    while len(messages) < count and time.monotonic() < latest:
        client.loop(0.1)
    client.disconnect()
    return messages[:count]


# %% [intervals]
# Without the retained ones.
def intervals(messages, tag, start, end):
    rows = sorted({(one["time"], one["value"]) for one in messages if one["tag"] == tag and not one["retain"]})
    until = [moment for moment, _ in rows[1:]] + [end]
    found = [[max(moment, start), min(after, end), state] for (moment, state), after in zip(rows, until)]
    return [part for part in found if part[0] < part[1]]


# %% [publish]
# Neither retained nor with the shift's end.
def publish(host, port, report, end):
    body = {name: report[name] for name in ("availability", "performance", "quality", "oee")}
    body["timestamp"] = datetime.now(UTC).isoformat()
    mqtt_publish.single(KPI_TOPIC, json.dumps(body), qos=1, hostname=host, port=port)
