"""Files as content-addressed blobs. They live in the database, so a row, its blob and its outbox entry commit together."""

import hashlib
from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shixun.core.clock import now
from shixun.core.db import Model, db
from shixun.core.errors import NotFound
from shixun.core.i18n import _l


class Blob(Model):
    """Bytes under their own digest, `sha256:<hex>`."""

    __tablename__ = "blob"

    digest: Mapped[str] = mapped_column(String(71), primary_key=True)
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


def digest_of(data: bytes) -> str:
    """The name of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put(data: bytes) -> str:
    """Keep `data`; returns its digest. The same bytes are kept once."""
    digest = digest_of(data)
    if db.session.get(Blob, digest) is None:
        db.session.add(Blob(digest=digest, size=len(data), data=data))
        db.session.flush()
    return digest


def get(digest: str) -> bytes:
    """The bytes under `digest`, or `NotFound`."""
    blob = db.session.get(Blob, digest)
    if blob is None:
        raise NotFound(_l("This file is no longer stored."))
    return blob.data
