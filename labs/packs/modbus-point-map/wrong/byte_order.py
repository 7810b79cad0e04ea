# %% [decode]
def decode(registers, point):
    formats = {"int16": "<h", "uint16": "<H", "int32": "<i", "uint32": "<I", "float32": "<f"}
    ordered = registers if point["word_order"] == "little" else registers[::-1]
    data = b"".join(register.to_bytes(2, "big") for register in ordered)
    (raw,) = struct.unpack(formats[point["dtype"]], data)
    return raw * point["scale"] + point["offset"]

# %% [point-table]
POINTS = find_points(patience=0)
