"""Digests and bundles. A bundle is a plain ustar archive of which only one spelling is accepted.

The same files give the same bytes on every machine: sorted paths, no folders, no owners, times or modes. `read_bundle`
takes nothing but these bytes, so links, devices, sparse files, long-name records and whatever else a hostile archive
may hold have no way in, and Python's `tarfile` never parses foreign data. The digest of a pack is `bundle_digest`.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shixun_packs.paths import pack_files, path_fault
from shixun_packs.problems import PackError, Problem

BLOCK = 512
END = bytes(2 * BLOCK)


@dataclass(frozen=True)
class Limits:
    """What one bundle may hold: number of files, bytes of one file, bytes of all files together."""

    files: int = 2000
    file_bytes: int = 32 * 1024 * 1024
    total_bytes: int = 64 * 1024 * 1024


DEFAULT_LIMITS = Limits()


def tree_digest(folder: Path) -> str:
    """`sha256:<hex>` over path, length and content of every file below `folder`, in path order."""
    digest = hashlib.sha256()
    for path in pack_files(folder):
        data = (folder / path).read_bytes()
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return f"sha256:{digest.hexdigest()}"


def bundle_digest(data: bytes) -> str:
    """`sha256:<hex>` of a bundle's bytes: the digest of a pack or submission everywhere."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def bundle(folder: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Bundle the files of a pack folder (dotfiles and `__pycache__` stay out). Raises PackError."""
    paths = pack_files(folder)
    sizes = [(folder / path).stat().st_size for path in paths]
    _within_limits(folder.as_posix(), sizes, limits)
    return bundle_files({path: (folder / path).read_bytes() for path in paths}, limits)


def bundle_files(files: Mapping[str, bytes], limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Bundle files held in memory, `{relative posix path: content}`. Raises PackError for bad paths and sizes."""
    _within_limits("bundle", [len(data) for data in files.values()], limits)
    paths = _checked_paths(sorted(files))
    parts: list[bytes] = []
    for path in paths:
        data = files[path]
        parts += [_header(path, len(data)), data, bytes(-len(data) % BLOCK)]
    return b"".join([*parts, END])


def read_bundle(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Read a bundle into `{path: content}`.

    Raises PackError for anything that `bundle` would not have written, and for what exceeds `limits`.
    """
    files: dict[str, bytes] = {}
    position = 0
    while data[position : position + 2 * BLOCK] != END:
        path, size = _parse_header(data[position : position + BLOCK])
        _within_limits("bundle", [*map(len, files.values()), size], limits)
        start = position + BLOCK
        position = start + size + (-size % BLOCK)
        if position > len(data):
            raise _refusal(f"{path} is cut off")
        if any(data[start + size : position]):
            raise _refusal(f"{path} is followed by hidden bytes")
        if files and path <= next(reversed(files)):
            raise _refusal(f"{path} is there twice or out of order")
        files[path] = data[start : start + size]
    if position + len(END) != len(data):
        raise _refusal("there is something after the end")
    _checked_paths(list(files))
    return files


def unbundle(data: bytes, dest: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write a bundle's files below `dest`, a new or empty folder; a refused bundle writes nothing."""
    files = read_bundle(data, limits)
    dest.mkdir(parents=True, exist_ok=True)
    if any(dest.iterdir()):
        raise PackError([Problem(dest.as_posix(), None, "the folder to unpack into is not empty")])
    for path, content in files.items():
        target = dest / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)


def _header(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size = size
    member.mode = 0o644
    try:
        return member.tobuf(format=tarfile.USTAR_FORMAT, encoding="utf-8", errors="strict")
    except ValueError:
        raise _refusal(f"{path} is too long a path for an archive") from None


def _parse_header(header: bytes) -> tuple[str, int]:
    if len(header) < BLOCK:
        raise _refusal("it is cut off, or no bundle at all")
    if header[156:157] in b"12":
        raise _refusal("it holds a link")
    if header[156:157] != b"0":
        raise _refusal("it holds something that is not a plain file")
    try:
        name = header[:100].rstrip(b"\0").decode("utf-8")
        prefix = header[345:500].rstrip(b"\0").decode("utf-8")
        size = int(header[124:135].decode("ascii"), 8)
    except ValueError:
        raise _refusal("a header can't be read") from None
    path = f"{prefix}/{name}" if prefix else name
    if (fault := path_fault(path)) is not None:
        raise _refusal(f"{path!r}: {fault}")
    if size < 0 or header != _header(path, size):
        raise _refusal(f"{path} is not a plain file as `bundle` writes it")
    return path, size


def _checked_paths(paths: list[str]) -> list[str]:
    for path in paths:
        if (fault := path_fault(path)) is not None:
            raise _refusal(f"{path!r}: {fault}")
    names = set(paths)
    for path in paths:
        for parent in PurePosixPath(path).parents:
            if parent.as_posix() in names:
                raise _refusal(f"{parent} is a file and a folder at once")
    return paths


def _within_limits(where: str, sizes: list[int], limits: Limits) -> None:
    if len(sizes) > limits.files:
        raise PackError([Problem(where, None, f"has more than {limits.files} files")])
    if any(size > limits.file_bytes for size in sizes):
        raise PackError([Problem(where, None, f"has a file over {limits.file_bytes} bytes")])
    if sum(sizes) > limits.total_bytes:
        raise PackError([Problem(where, None, f"holds more than {limits.total_bytes} bytes")])


def _refusal(message: str) -> PackError:
    return PackError([Problem("bundle", None, f"refused: {message}")])
