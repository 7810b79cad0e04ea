"""Leave to start one lab, once, within two minutes: a compact JWS (HS256) that web signs and the spawner checks.

The hub lets whoever may start a server pass options; only what a ticket says counts, so a trainee can't choose an image, a limit or
a plant. A ticket is used by creating a file named after its id, which holds across restarts of the hub.
"""

import hashlib
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import object_session

LONGEST_LIFE = 120  # seconds between now and a ticket's end
_SEED = r"^[0-9a-f]{16,128}$"
_SLUG = r"^[a-z0-9][a-z0-9-]{0,63}$"


def _http_origin(value: str) -> str:
    parts = urlsplit(value)
    plain = (
        parts.scheme in ("http", "https")
        and parts.hostname
        and not parts.username
        and not parts.query
        and not parts.fragment
    )
    if not plain or any(character in value for character in " ;,'\"\r\n\\<>") or parts.path.rstrip("/"):
        raise ValueError("not an http(s) origin")
    return value.rstrip("/")


Origin = Annotated[str, AfterValidator(_http_origin)]


class TicketError(Exception):
    """A ticket that opens nothing. `zh` and `en` are for the person, str() for the log."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(reason)
        self.zh = zh
        self.en = en


class Plant(BaseModel):
    """The plant that stands beside the lab; seeds are hex, `speed` plant seconds per second.

    A `recorded` one is a screen with a finished shift, drawn from `map_seed`: nothing runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str = Field(pattern=_SLUG)
    protocols: tuple[Literal["modbus", "opcua", "mqtt"], ...] = Field(default=("modbus",), min_length=1, max_length=3)
    speed: float = Field(default=1.0, ge=0.1, le=100)
    map_seed: str = Field(pattern=_SEED, repr=False)
    process_seed: str = Field(pattern=_SEED, repr=False)
    recorded: bool = False


class Limits(BaseModel):
    """What one lab may use: memory in MiB (its files included: they live in memory), CPUs, processes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    memory_mb: int = Field(default=1024, ge=256, le=16384)
    cpu: float = Field(default=1.0, ge=0.1, le=16)
    pids: int = Field(default=256, ge=64, le=4096)


class Ticket(BaseModel):
    """The claims. `sub` is the hub user, `image` a name that the spawner maps, `exp` seconds since 1970."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    sub: str = Field(pattern=r"^[a-z0-9]{1,40}$")
    session: str = Field(min_length=1, max_length=64)
    lab: str = Field(pattern=_SLUG)
    image: str = Field(min_length=1, max_length=200)
    plant: Plant | None = None
    exchange_token: str = Field(min_length=16, max_length=500, pattern=r"^[!-~]+$", repr=False)
    exchange_url: Origin
    limits: Limits = Limits()
    counts: bool
    lang: Literal["zh", "en"] = "zh"
    page_origin: Origin
    exp: int
    jti: str = Field(min_length=8, max_length=64)


REFUSED = (
    "请从平台的实验页面打开实验：这次启动没有有效的许可。",
    "Open the lab from its page on the platform: this start carries no valid permission.",
)
LATE = (
    "启动许可已过期。请回到实验页面，再点一次“开始”。",
    "The permission to start has expired. Go back to the lab's page and press Start again.",
)


def verify(token: object, user: str, key: str, used: Path, now: float | None = None) -> Ticket:
    """The claims of `token` if it was signed with `key` for `user`, is not older than it may be, and was never used.

    `used` is a folder that remembers tickets until they end. Raises TicketError.
    """
    now = time.time() if now is None else now
    if len(key) < 32:
        raise TicketError("the ticket key is shorter than 32 characters", *REFUSED)
    if not isinstance(token, str) or len(token) > 16384:
        raise TicketError("no ticket", *REFUSED)
    try:
        payload = jws.deserialize_compact(token, OctKey.import_key(key), algorithms=["HS256"]).payload
        ticket = Ticket.model_validate_json(payload or b"")
    except (JoseError, ValidationError, ValueError) as error:
        raise TicketError(f"not a ticket of ours: {type(error).__name__}", *REFUSED) from error
    if ticket.sub != user:
        raise TicketError(f"the ticket is another user's: {ticket.sub}", *REFUSED)
    if ticket.exp <= now:
        raise TicketError("expired", *LATE)
    if ticket.exp > now + LONGEST_LIFE + 5:  # 5 s between two clocks
        raise TicketError("valid for longer than tickets are", *REFUSED)
    _use(ticket, used, now)
    return ticket


def forget_ticket(orm_spawner: Any, ticket: Ticket) -> dict[str, Any]:
    """Replaces the options that the hub keeps in its database, and returns what stays of them.

    The ticket holds the plant's seeds and the lab's token; the hub would show it to its owner, who must not see them.
    """
    kept = {"lab": ticket.lab, "session": ticket.session, "counts": ticket.counts}
    orm_spawner.user_options = kept
    session = object_session(orm_spawner)
    if session is not None:
        session.commit()
    return kept


def _use(ticket: Ticket, used: Path, now: float) -> None:
    used.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in used.iterdir():
        if path.stat().st_mtime < now - 2 * LONGEST_LIFE:
            path.unlink(missing_ok=True)
    mark = used / hashlib.sha256(ticket.jti.encode()).hexdigest()
    try:
        mark.touch(mode=0o600, exist_ok=False)
        os.utime(mark, (now, now))
    except FileExistsError:
        raise TicketError("used before", *LATE) from None
