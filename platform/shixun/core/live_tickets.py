"""Leave to listen: a signed list of channels that a page hands to the live process, which has no database to ask."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

HUB_CHANNEL = "hub:"  # `hub:<user>`: the start progress of that person's lab, straight from the hub
LIFE = 12 * 3600  # seconds; a page may stay open for a day of training


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="shixun-live")


def events_url(*channels: str) -> str:
    """The address of an event stream with messages of these channels. The view has checked that the person may hear them."""
    settings = current_app.config["SETTINGS"]
    return f"{settings.live_url}/live/events?ticket={_serializer(settings.secret_key).dumps(list(channels))}"


def channels_of(secret: str, ticket: str) -> list[str] | None:
    """The channels that a ticket names; None if it is not ours or too old."""
    try:
        found: list[str] = _serializer(secret).loads(ticket, max_age=LIFE)
    except BadSignature:
        return None
    return found
