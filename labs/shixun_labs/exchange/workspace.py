"""The trainee's folder, read and written without following links: the kernel can put anything into it at any time."""

import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

SKIPPED_FOLDERS = {"__pycache__", "feedback"}
MAX_ENTRIES = 4000  # files and folders looked at in one walk; a trainee can make millions


class UnsafePath(ValueError):
    """A path from outside that would leave the folder, or that no file system should see."""


@dataclass(frozen=True)
class Found:
    """A regular file below the folder: posix path, size in bytes, modification time in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


def safe_relative(path: str) -> PurePosixPath:
    """`path` if it is a plain relative posix path without hidden parts; otherwise UnsafePath."""
    parts = path.split("/")
    if not path or len(path) > 512 or len(parts) > 12:
        raise UnsafePath(path)
    for part in parts:
        control = any(ord(character) < 32 for character in part)
        if not part or part.startswith(".") or "\\" in part or control or len(part.encode()) > 240:
            raise UnsafePath(path)
    return PurePosixPath(path)


def walk(root: Path, below: str = "") -> Iterator[Found]:
    """Regular files below root/below, without links, hidden names, caches and fetched feedback; at most MAX_ENTRIES looked at."""
    pending = [below.strip("/")]
    looked_at = 0
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError:
            continue  # gone or closed to us meanwhile
        for entry in entries:
            looked_at += 1
            if looked_at > MAX_ENTRIES:
                return
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                safe_relative(path)
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED_FOLDERS:
                        pending.append(path)
                    continue
                status = entry.stat(follow_symlinks=False)
            except (UnsafePath, UnicodeError, OSError):
                continue
            if stat.S_ISREG(status.st_mode):
                yield Found(path, status.st_size, status.st_mtime_ns)


def read(root: Path, path: str, limit: int) -> bytes | None:
    """The bytes of a regular file of at most `limit` bytes; None for anything else (a link, a pipe, gone, larger)."""
    safe_relative(path)
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def write(root: Path, path: str, data: bytes) -> None:
    """Writes one file in one step: readers see the old or the new one whole. Raises UnsafePath or OSError."""
    relative = safe_relative(path)
    target = root / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise UnsafePath(path)
    write_whole(target, data)


def write_whole(target: Path, data: bytes) -> None:
    """Writes `target` through a temporary neighbour, so that a crash or a full disk leaves the old file."""
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".shixun-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
