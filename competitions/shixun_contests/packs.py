"""Contest packs in the database: synced with the others, read back when an answer comes in."""

import tempfile
from pathlib import Path

from sqlalchemy import select, update

from shixun.core import blobs
from shixun.core.db import db
from shixun.core.events import subscribe
from shixun.curriculum.events import PacksSynced
from shixun.curriculum.syncing import Synced
from shixun_contests.models import ContestPack
from shixun_packs.contest import Contest as Pack
from shixun_packs.contest import load_contest
from shixun_packs.digest import bundle, unbundle

PACKS = "competitions/packs"


def sync_contest(folder: Path) -> Synced:
    """Store a contest pack as it is now; raises `PackError`. Contests that were made from an earlier state keep it."""
    pack = load_contest(folder)
    digest = blobs.put(bundle(folder))
    found = db.session.scalar(select(ContestPack).where(ContestPack.digest == digest))
    db.session.execute(update(ContestPack).where(ContestPack.slug == pack.slug).values(current=False))
    if found is None:
        db.session.add(ContestPack(slug=pack.slug, digest=digest, title=pack.info.title.model_dump()))
    else:
        found.current = True
    db.session.flush()
    return Synced("contest", pack.slug, pack.info.version, digest, found is None)


@subscribe(PacksSynced)
def on_packs_synced(event: PacksSynced) -> None:
    """Contest packs follow when courses and labs are synced."""
    folder = event.root / PACKS
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if (path / "contest.toml").is_file():
                event.synced.append(sync_contest(path))


def pack_of(digest: str) -> Pack:
    """The pack of a contest. Kept in memory per process: a digest never means anything else."""
    found = _packs.get(digest)
    if found is None:
        slug = db.session.scalars(select(ContestPack.slug).where(ContestPack.digest == digest)).one()
        with tempfile.TemporaryDirectory() as folder:
            unbundle(blobs.get(digest), Path(folder) / slug)
            found = load_contest(Path(folder) / slug)
        _packs[digest] = found
    return found


_packs: dict[str, Pack] = {}
