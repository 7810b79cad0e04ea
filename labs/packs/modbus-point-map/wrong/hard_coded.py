# %% [read-tags]
_SEEN = hmi()["values"]


def read_tags(host, port, tags):
    return {tag: _SEEN[tag] for tag in tags}
