"""What curriculum tells the features above it, within the same transaction."""

from dataclasses import dataclass
from pathlib import Path

from shixun.core.permissions import Actor
from shixun.curriculum.syncing import Synced


@dataclass(frozen=True)
class PacksSynced:
    """Courses and labs below `root` are stored; whoever keeps packs of its own there follows and adds to `synced`."""

    actor: Actor
    root: Path
    synced: list[Synced]
