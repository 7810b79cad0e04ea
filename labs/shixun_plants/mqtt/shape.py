"""Whether a packet from a client has the shape that MQTT 3.1.1 gives it.

amqtt 0.12 answers a malformed packet by reading on in its middle, and one of a server's own kinds with a task that fails; the standard
closes the connection ([MQTT-4.8.0-1]). What passes here amqtt can read to its last byte.
"""

CONNECT, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = (
    1,
    3,
    4,
    5,
    6,
    7,
    8,
    10,
    12,
    14,
)
_FLAGS = {PUBACK: 0, PUBREC: 0, PUBREL: 2, PUBCOMP: 0, SUBSCRIBE: 2, UNSUBSCRIBE: 2, PINGREQ: 0, DISCONNECT: 0}
_LENGTH = {PUBACK: 2, PUBREC: 2, PUBREL: 2, PUBCOMP: 2, PINGREQ: 0, DISCONNECT: 0}


def wellformed(first: int, body: bytes) -> bool:
    """`first` is the packet's first byte, `body` what follows its length. CONNECT is not judged: amqtt closes bad ones."""
    kind, flags = first >> 4, first & 15
    if kind == CONNECT:
        return flags == 0
    if kind == PUBLISH:
        return _publish(flags, body)
    if flags != _FLAGS.get(kind) or len(body) != _LENGTH.get(kind, len(body)):
        return False
    if kind in (SUBSCRIBE, UNSUBSCRIBE):
        return _filters(body, 1 if kind == SUBSCRIBE else 0)
    return _LENGTH[kind] == 0 or body != b"\0\0"


def _publish(flags: int, body: bytes) -> bool:
    qos = flags >> 1 & 3
    topic, at = _text(body, 0)
    if not topic or qos == 3 or topic.startswith("$") or any(sign in topic for sign in "#+"):
        return False
    return not qos or (len(body) >= at + 2 and body[at : at + 2] != b"\0\0")


def _filters(body: bytes, options: int) -> bool:
    """An id, then at least one filter, each with `options` bytes (the quality of service) behind it."""
    at = 2
    while True:
        wish, at = _text(body, at)
        if not wish or at + options > len(body) or (options and body[at] > 2):
            return False
        at += options
        if at == len(body):
            return body[:2] != b"\0\0"


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends; empty where there is none that the standard allows."""
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    try:
        found = body[at + 2 : end].decode() if end <= len(body) else ""
    except UnicodeDecodeError:
        return "", end
    return ("" if "\0" in found else found), end
