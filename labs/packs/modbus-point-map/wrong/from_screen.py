# %% [read-tags]
def read_tags(host, port, tags):
    values = hmi()["values"]
    return {tag: values[tag] for tag in tags}
