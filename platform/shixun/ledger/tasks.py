"""The ledger's part of the worker's periodic tick: seal, sign, publish."""

from dataclasses import dataclass

import structlog
from flask import current_app

from shixun.config import Settings
from shixun.core.db import reading
from shixun.core.unit_of_work import unit_of_work
from shixun.ledger import heads, keys, sealing

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a run did: entries sealed, the number of the head list signed (None: none was due), files written."""

    sealed: int
    head_list: int | None
    published: int


def seal_and_sign(*, force_heads: bool = False) -> Outcome:
    """Seal what waits, sign the heads when that is due (`force_heads`: now), publish the lists.

    Runs units of work of its own. Several processes may run it at once, and any may be killed at any moment.
    """
    settings: Settings = current_app.config["SETTINGS"]
    with reading(), unit_of_work():
        centers = sealing.waiting_centers()
    sealed = sum(sealing.seal_pending(center) for center in centers)
    number, published = None, 0
    if settings.ledger_key_file is not None:
        key = keys.ensure_key(settings.ledger_key_file)
        with unit_of_work():
            issued = heads.issue(key, force=force_heads)
            number = issued.number if issued is not None else None
        with reading(), unit_of_work():
            published = heads.publish(settings.var / "heads")
    elif sealed:
        log.warning("ledger heads are not signed: SHIXUN_LEDGER_KEY_FILE is not set")
    return Outcome(sealed, number, published)


def tick() -> None:
    """For the worker."""
    seal_and_sign()


TICKS = [tick]
