"""Valkey/Redis as a wake-up bell and a loudspeaker. Everything that passes through may be lost: the database is asked again anyway."""

import json
from typing import Any

import redis
import structlog
from flask import current_app

log = structlog.get_logger(__name__)
_PREFIX = "shixun:"


def _client() -> "redis.Redis | None":
    url = current_app.config["SETTINGS"].redis_url
    if not url:
        return None
    if "shixun-redis" not in current_app.extensions:
        current_app.extensions["shixun-redis"] = redis.Redis.from_url(
            url, socket_timeout=30, socket_connect_timeout=1, decode_responses=True
        )
    client: redis.Redis = current_app.extensions["shixun-redis"]
    return client


def wake(bell: str) -> None:
    """Wake one sleeper at `bell`. Silent when nobody listens or Valkey is away."""
    client = _client()
    if client is None:
        return
    try:
        client.lpush(_PREFIX + bell, "1")
        client.ltrim(_PREFIX + bell, 0, 63)
    except redis.RedisError as error:
        log.warning("wake-up lost; the sweep will find the work", bell=bell, error=str(error))


def wait(bell: str, seconds: float) -> bool:
    """Sleep at `bell` for at most `seconds`; True if woken. Without Valkey it returns False at once: the caller sleeps itself."""
    client = _client()
    if client is None:
        return False
    try:
        return client.brpop([_PREFIX + bell], timeout=seconds) is not None
    except redis.RedisError:
        return False


def publish(channel: str, event: str, data: dict[str, Any]) -> None:
    """Tell an event to whoever listens to `channel` through the live process. Pages ask web for the truth by themselves, too."""
    client = _client()
    if client is None:
        return
    try:
        client.publish(_PREFIX + "live:" + channel, json.dumps({"event": event, "data": data}, ensure_ascii=False))
    except redis.RedisError as error:
        log.warning("live message lost", channel=channel, error=str(error))


def publish_board(name: str, version: int, data: dict[str, Any]) -> None:
    """Hand a board file to the live process. The database has it too: what is lost here is published again."""
    client = _client()
    if client is None:
        return
    try:
        client.hset(
            _PREFIX + "board:" + name, mapping={"version": version, "json": json.dumps(data, ensure_ascii=False)}
        )
    except redis.RedisError as error:
        log.warning("board lost; it is published again with the next change", board=name, error=str(error))
